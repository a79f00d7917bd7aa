"""The closed registry of heuristics: kind → class, made as class(name, **arguments)."""

import inspect
from collections.abc import Mapping
from typing import Any

from psro.game.policies import Policy
from psro.pokemon.heuristics.basic_switcher import BasicSwitcher
from psro.pokemon.heuristics.gen1_boss import Gen1Boss, Gen1Trainer
from psro.pokemon.heuristics.grunt import BugCatcher, Grunt
from psro.pokemon.heuristics.gym_leader import GymLeader
from psro.pokemon.heuristics.max_base_power import MaxBasePower
from psro.pokemon.heuristics.poke_env_heuristic import PokeEnvHeuristic
from psro.pokemon.heuristics.random_policy import RandomPolicy
from psro.pokemon.heuristics.record_policy import RecordPolicy
from psro.pokemon.heuristics.reference.state_policy import StatePolicy

Heuristic = type[RandomPolicy] | type[RecordPolicy] | type[StatePolicy]

HEURISTICS: Mapping[str, Heuristic] = {
    "random": RandomPolicy,
    "max_base_power": MaxBasePower,
    "poke_env_heuristic": PokeEnvHeuristic,
    "gen1_boss": Gen1Boss,
    "gym_leader": GymLeader,
    "gen1_trainer": Gen1Trainer,
    "grunt": Grunt,
    "bug_catcher": BugCatcher,
    "basic_switcher": BasicSwitcher,
}


def heuristic_class(kind: str) -> Heuristic:
    """The class of that kind; its `view` says what it must be shown. Raises ValueError listing the choices."""
    if kind not in HEURISTICS:
        raise ValueError(f"no heuristic {kind!r}; there are {', '.join(HEURISTICS)}")
    return HEURISTICS[kind]


def make_heuristic(name: str, kind: str, arguments: Mapping[str, Any]) -> Policy:
    """A policy of that kind. Raises ValueError for an unknown kind or argument, listing what there is."""
    cls = heuristic_class(kind)
    accepted = list(inspect.signature(cls).parameters)[1:]
    unknown = sorted(set(arguments) - set(accepted))
    if unknown:
        raise ValueError(
            f"policy {name}: {kind} takes no argument {', '.join(unknown)}; "
            f"it takes {', '.join(accepted) or 'none'}"
        )
    return cls(name, **arguments)
