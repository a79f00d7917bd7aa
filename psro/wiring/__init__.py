"""Names in the config → classes: the only importer of pokemon, toys and oracle, and all that the front doors need of it.

    registries.py   the closed registries: games, oracles, meta-solvers
    policies.py     a policy's directory, or a member of the config → who plays
    workbench.py    a run's directory, its workbench and its workers
    executors.py    who runs the units
    provenance.py   what results may depend on besides the config: versions of code, libraries and machine
    checks.py       what can be refused before the first battle

What is heavy (torch) is imported where it is built, so that a matrix game starts at once.
"""

from psro.wiring.checks import check_cluster, check_config
from psro.wiring.executors import EXECUTORS, make_executor
from psro.wiring.policies import checkpoint_files, import_policy, load_policy, make_game_policy
from psro.wiring.provenance import code_version, environment_of, versions
from psro.wiring.registries import (
    GAMES,
    META_SOLVERS,
    ORACLES,
    SCHEMAS,
    Entry,
    make_game,
    make_meta_solver,
)
from psro.wiring.workbench import (
    make_workbench,
    make_worker,
    replay_data_of,
    run_directory,
    worker_payload,
)

__all__ = [
    "EXECUTORS",
    "GAMES",
    "META_SOLVERS",
    "ORACLES",
    "SCHEMAS",
    "Entry",
    "check_cluster",
    "check_config",
    "checkpoint_files",
    "code_version",
    "environment_of",
    "import_policy",
    "load_policy",
    "make_executor",
    "make_game",
    "make_game_policy",
    "make_meta_solver",
    "make_workbench",
    "make_worker",
    "replay_data_of",
    "run_directory",
    "versions",
    "worker_payload",
]
