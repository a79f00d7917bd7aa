"""Names in the config → classes: the closed registries, and the run built from them.

The only importer of pokemon, toys and oracle. What is heavy (torch) is imported where it is built, so
that a matrix game starts at once.
"""

import gc
import hashlib
import json
import shlex
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psro
from psro.config import Config, parse_config, semantic_fields, to_plain
from psro.game import taken
from psro.game.mixture import MIXTURE, MixturePolicy
from psro.game.policies import Policy, PolicyRecord
from psro.game.protocols import Game, Oracle
from psro.game.replay_data import ReplayData, read_replay_data, reward_key
from psro.game.trajectories import Trajectories
from psro.machine import environment
from psro.machine.canonical import digest
from psro.machine.durable import sha256_of
from psro.machine.errors import UserError
from psro.machine.executors import Executor, ProcessExecutor, SerialExecutor
from psro.machine.executors.slurm.config import SlurmConfig
from psro.machine.executors.slurm.leftovers import EndsLeftovers
from psro.machine.units import Unit
from psro.metagame.alpha_rank import AlphaRankSolver
from psro.metagame.baselines import FictitiousSelfPlaySolver, FoundingSolver, LastIterateSolver
from psro.metagame.fictitious_play import FictitiousPlaySolver
from psro.metagame.nash import MetaSolver, NashSolver, UniformSolver
from psro.metagame.prioritized import PrioritizedSolver
from psro.metagame.projected_replicator import ProjectedReplicatorSolver
from psro.metagame.robust_nash import PosteriorNashSolver, RobustNashSolver
from psro.oracle.amago.config import AmagoConfig
from psro.oracle.config import STAGES, OracleConfig
from psro.phases.config import MemberConfig
from psro.phases.workbench import PlayMode, Settings, Workbench
from psro.phases.worker import UNIT_KINDS, Worker
from psro.pokemon.config import Gen1OUConfig
from psro.toys.exact import ExactGame, ExactOracle, ExactOracleConfig
from psro.toys.generated import (
    DiscConfig,
    RandomSymmetricConfig,
    RandomSymmetrisedConfig,
    SpinningTopConfig,
    generated_game,
)
from psro.toys.matrix import MatrixConfig, MatrixGame
from psro.toys.tree_game import PokerConfig, TreeGame


@dataclass(frozen=True)
class Entry:
    """A choice of a registry: its config's schema, and what builds it."""

    schema: type
    build: Callable[..., Any]


def _gen1ou(config: Gen1OUConfig) -> Game:
    from psro.pokemon.game import Gen1OU

    return Gen1OU(config)


def _exact(config: ExactOracleConfig, game: Game) -> Oracle:
    if not isinstance(game, ExactGame):
        raise UserError(
            "config: oracle=exact needs a game that knows its best responses: matrix and its kin, poker"
        )
    return ExactOracle(game)


def _offline(config: OracleConfig, game: Game) -> Oracle:
    from psro.oracle.data import Recording
    from psro.oracle.offline import OfflineOracle

    def expand(recorded: Trajectories) -> Trajectories:
        return game.expand(recorded, config.view)

    recorded = game.observation_spec(game.recorded_view(config.view))
    spec = game.observation_spec(config.view)
    return OfflineOracle(config, config.model, spec, Recording(recorded, expand, spec))


def _amago(config: AmagoConfig, game: Game) -> Oracle:
    from psro.oracle.amago.oracle import AmagoOracle
    from psro.oracle.data import Recording
    from psro.pokemon.game import Gen1OU
    from psro.pokemon.observations.metamon_reader import MetamonReader, read_words, table_of

    assert isinstance(game, Gen1OU), "check_config knows the game"
    recorded = game.observation_spec(game.recorded_view(config.view))
    return AmagoOracle(
        config,
        Recording(
            recorded,
            lambda seen: game.expand(seen, config.view),
            game.observation_spec(config.view),
        ),
        read_words(None if config.tokenizer is None else Path(config.tokenizer)),
        table_of,
        MetamonReader.view,
        game.config.reward.name,
    )


GAMES = {
    "matrix": Entry(MatrixConfig, MatrixGame),
    "random_symmetric": Entry(RandomSymmetricConfig, generated_game),
    "random_symmetrised": Entry(RandomSymmetrisedConfig, generated_game),
    "disc": Entry(DiscConfig, generated_game),
    "spinning_top": Entry(SpinningTopConfig, generated_game),
    "poker": Entry(PokerConfig, TreeGame),
    "gen1ou": Entry(Gen1OUConfig, _gen1ou),
}
ORACLES = {
    "exact": Entry(ExactOracleConfig, _exact),
    "offline": Entry(OracleConfig, _offline),
    "amago": Entry(AmagoConfig, _amago),
}
META_SOLVERS: dict[str, type] = {
    "nash": NashSolver,
    "posterior_nash": PosteriorNashSolver,
    "robust_nash": RobustNashSolver,
    "uniform": UniformSolver,
    "fictitious_play": FictitiousPlaySolver,
    "prioritized": PrioritizedSolver,
    "projected_replicator": ProjectedReplicatorSolver,
    "alpha_rank": AlphaRankSolver,
    "last_iterate": LastIterateSolver,
    "fictitious_self_play": FictitiousSelfPlaySolver,
    "founding": FoundingSolver,
}
"""Solvers are their own schemas."""
SCHEMAS = {
    "game": {name: entry.schema for name, entry in GAMES.items()},
    "oracle": {name: entry.schema for name, entry in ORACLES.items()},
    "meta_solver": META_SOLVERS,
}
MATCHES_AGAINST_SIGMA = (
    ("psro", "select_battles"),
    ("psro", "measure_battles"),
    ("certificate", "measure_battles"),
)
PLAY_THREADS = 1
"""torch's threads while battles are played; workers share the cores. Training has its own setting."""
PACKAGES = (
    "numpy", "torch", "lightning", "poke-env", "highspy", "pulp", "safetensors", "orjson", "zstandard"
)  # fmt: skip
"""Libraries that make the bytes of results. (The simulator's version is in the config: see Game.fingerprint.)"""
METAMON = "metamon"
"""The kind of a policy that is one of metamon's agents: a founding member by its checkpoint, or trained by oracle=amago."""
EXECUTORS = ("serial", "processes", "slurm")
SLURM_PROGRAMS = ("sbatch", "srun", "squeue", "scancel", "scontrol")


def run_directory(config: Config) -> Path:
    """Where the run lies, absolute."""
    return Path(config.runs_directory).resolve() / config.name / f"seed_{config.seed}"


def make_game(config: Config) -> Game:
    """The configured game."""
    game: Game = GAMES[config.game.name].build(config.game)
    return game


def make_workbench(config: Config, directory: Path) -> Workbench:
    """Everything a unit needs, in this process."""
    game = make_game(config)
    oracle: Oracle = ORACLES[config.oracle.name].build(config.oracle, game)
    settings = Settings(
        config.seed,
        config.psro,
        config.population,
        config.tournament,
        config.certificate,
        config.replay_data,
    )

    device = config.oracle.device if isinstance(config.oracle, AmagoConfig) else "cpu"

    def load(path: Path, mode: PlayMode) -> Policy:
        return load_policy(game, path, mode, device)

    def bring(name: str, member: MemberConfig) -> tuple[PolicyRecord, dict[str, bytes]]:
        if member.kind == taken.TAKEN:
            return taken.take(name, member.arguments, game)
        return import_policy(name, member)

    return Workbench(directory, settings, game, oracle, load, bring, replay_data_of(config))


def replay_data_of(config: Config) -> ReplayData | None:
    """The recorded battles that the config names. Raises UserError where they are not there, or not of this run's view and reward."""
    if config.replay_data is None:
        return None
    if config.oracle.name == "exact" or not isinstance(config.game, Gen1OUConfig):
        raise UserError(
            "config: replay_data needs game=gen1ou and oracle=offline, which trains on battles"
        )
    if not config.replay_data.directory:
        raise UserError(
            "config: replay_data.directory is empty; name what `python -m psro.import_replays` made"
        )
    found = read_replay_data(Path(config.replay_data.directory).expanduser())
    reward = reward_key(config.game.reward.name, config.game.reward.arguments)
    if found.view != config.oracle.view:
        raise UserError(
            f"config: the replay data of {found.directory} are in the view {found.view}, but oracle.view is "
            f"{config.oracle.view}: parsed replays hold words and numbers, no PP, stats or requests, which {config.oracle.view} "
            f"is made of; give oracle.view={found.view}"
        )
    if found.reward != reward:
        raise UserError(
            f"config: the replay data of {found.directory} have the reward {found.reward!r}, but game.reward is {reward!r}; "
            "import them anew with --reward, or give the same game.reward.name"
        )
    return found


def make_worker(config_payload: Any) -> Worker:
    """machine's WorkerFactory: takes what `worker_payload` gave."""
    config = parse_config(config_payload["config"], SCHEMAS)
    worker = Worker(make_workbench(config, Path(config_payload["directory"])))
    # What is loaded by now lives as long as the worker: spare the garbage collector going through it.
    gc.freeze()
    return worker


def worker_payload(config: Config, directory: Path) -> dict[str, Any]:
    """What a worker process is started with: plain data."""
    return {"config": to_plain(config), "directory": str(directory)}


def make_executor(config: Config, directory: Path) -> Executor:
    """The configured executor. Raises UserError for an unknown one."""
    payload = worker_payload(config, directory)

    def hint(unit: Unit) -> str:
        command = shlex.join(["python", "-m", "psro.unit", str(directory), unit.key])
        return f"{command} (its random numbers are keyed by run seed {config.seed} and its name)"

    if config.executor.name == "serial":
        serial = SerialExecutor(directory, make_worker, payload, alone_hint=hint)
        return EndsLeftovers(serial, directory)
    if config.executor.name not in EXECUTORS:
        raise _unknown("executor.name", config.executor.name, EXECUTORS)
    own = ProcessExecutor(
        directory,
        make_worker,
        payload,
        num_workers=config.executor.num_workers,
        drain_s=config.executor.drain_s,
        hang_s=config.executor.hang_s or None,
        alone_hint=hint,
    )
    if config.executor.name == "processes":
        return EndsLeftovers(own, directory)
    # submitit is for those who need it.
    from psro.machine.executors.slurm.executor import SlurmExecutor

    return SlurmExecutor(
        directory,
        make_worker,
        payload,
        config.executor.slurm,
        inner=own,
        stamp=digest([code_version(), semantic_fields(config)])[:12],
        hang_s=config.executor.hang_s or None,
        alone_hint=hint,
    )


def make_meta_solver(config: Config) -> MetaSolver:
    """The configured meta-solver."""
    solver: MetaSolver = config.meta_solver
    if isinstance(solver, LastIterateSolver | FictitiousSelfPlaySolver | FoundingSolver):
        size = len(config.population.members) + len(config.population.base)
        if solver.num_founding not in (None, size):
            raise UserError(
                f"config: meta_solver.num_founding is {solver.num_founding}, the founding population has {size}"
            )
        return replace(solver, num_founding=size)
    return solver


def load_policy(game: Game, directory: Path, mode: PlayMode, device: str = "cpu") -> Policy:
    """The policy that policy.json in `directory` names. `device`: cpu, cuda or auto, of metamon's agents.

    Raises: UserError naming the file when it is missing, torn, or does not fit.
    """
    path = directory / "policy.json"
    try:
        record = PolicyRecord.from_json(json.loads(path.read_bytes()))
    except FileNotFoundError as error:
        raise UserError(f"no policy in {directory}: {path.name} is missing") from error
    except (ValueError, TypeError) as error:
        raise UserError(f"{path} is no policy record ({error}); restore it") from error
    if record.kind == MIXTURE:
        weights = record.arguments["weights"]
        members = {
            name: load_policy(game, directory.parent / name, mode, device) for name in weights
        }
        return MixturePolicy(record.name, members, weights)
    if record.kind == "neural":
        import torch

        from psro.oracle.policy import load_neural_policy

        # A row's bits depend on the number of threads, which must not depend on the machine's cores.
        torch.set_num_threads(PLAY_THREADS)
        return load_neural_policy(directory, record, mode.temperature, mode.epsilon)
    if record.kind == METAMON:
        import torch

        torch.set_num_threads(PLAY_THREADS)
        return _load_metamon_policy(directory, record, mode, device)
    return make_game_policy(game, record.name, MemberConfig(record.kind, record.arguments))


def _load_metamon_policy(
    directory: Path, record: PolicyRecord, mode: PlayMode, device: str
) -> Policy:
    from psro.oracle.device import choose_device
    from psro.oracle.metamon.policy import MetamonPolicy
    from psro.oracle.metamon.weights import shared_agent
    from psro.pokemon.observations.metamon_reader import MetamonReader
    from psro.pokemon.rewards import make_reward

    agent, words = shared_agent(directory, record)
    reader = MetamonReader(words, make_reward(record.arguments["reward"]))
    return MetamonPolicy(
        record.name, agent, reader, mode.temperature, mode.epsilon, choose_device(device)
    )


def import_policy(name: str, member: MemberConfig) -> tuple[PolicyRecord, dict[str, bytes]]:
    """What a founding member becomes that is no policy of the game's: its record, and its files by name.

    Raises: UserError where it cannot be had.
    """
    assert member.kind == METAMON, "check_config knows the kinds"
    from psro.oracle.metamon.entry import import_checkpoint, parse, words_of
    from psro.pokemon.observations.metamon_reader import MetamonReader, read_words

    entry = parse(name, member.arguments)
    return import_checkpoint(name, entry, MetamonReader.view, read_words(words_of(entry)))


def _check_import(config: Config, name: str, member: MemberConfig) -> None:
    """Raises UserError where a metamon checkpoint cannot become a member: no such file, no words, no such game or reward."""
    from psro.oracle.metamon.entry import parse, words_of
    from psro.pokemon.observations.metamon_reader import read_words
    from psro.pokemon.rewards import make_reward

    if not isinstance(config.game, Gen1OUConfig):
        raise UserError(
            f"config: policy {name}: metamon's agents play gen1ou, not {config.game.name}"
        )
    entry = parse(name, member.arguments)
    read_words(words_of(entry))
    try:
        make_reward(entry.reward)
    except ValueError as error:
        raise UserError(f"config: policy {name}: {error}") from None


def make_game_policy(game: Game, name: str, member: MemberConfig) -> Policy:
    """One of the game's own policies. Raises UserError for an unknown kind or bad arguments."""
    if member.kind == "remote" and member.kind not in game.policy_kinds():
        raise UserError(
            f"config: policy {name} is remote: say on which server it plays, game.server.address=<host:port>"
        )
    if member.kind not in game.policy_kinds():
        raise _unknown(f"policy {name}: kind", member.kind, tuple(sorted(game.policy_kinds())))
    try:
        return game.make_policy(name, member.kind, member.arguments)
    except (TypeError, ValueError) as error:
        raise UserError(f"config: policy {name}: {error}") from error


def check_oracle(config: Config, game: Game) -> None:
    """Without building it (that takes torch). Raises UserError where oracle and game do not fit."""
    if config.oracle.name == "exact":
        _exact(config.oracle, game)
        return
    if config.oracle.name == "amago":
        _check_amago(config)
        return
    try:
        game.observation_spec(config.oracle.view)
    except ValueError as error:
        raise UserError(f"config: oracle.view: {error}") from error
    for stage in STAGES:
        for key in ("reward_scale", "discount"):
            if getattr(config.oracle.stage(stage), key) != getattr(config.oracle.response, key):
                raise UserError(
                    f"config: oracle.{stage}.{key} must equal oracle.response.{key}: the critic is carried "
                    "over from stage to stage"
                )
    if config.oracle.device == "cuda":
        import torch

        if not torch.cuda.is_available():
            raise UserError("config: oracle.device=cuda, but torch sees no GPU; use cpu or auto")
    if config.psro.anchor != (config.oracle.response.anchor_coefficient > 0):
        raise UserError(
            f"config: psro.anchor is {config.psro.anchor}, but oracle.response.anchor_coefficient is "
            f"{config.oracle.response.anchor_coefficient}; set both or neither"
        )
    if isinstance(config.game, Gen1OUConfig) and config.game.reward.name == "potential":
        gamma, discount = config.game.reward.arguments.get("gamma"), config.oracle.response.discount
        if gamma is not None and gamma != discount:
            raise UserError(
                f"config: game.reward.arguments.gamma {gamma} must equal oracle.response.discount "
                f"{discount}, or the reward is not potential-based"
            )


def _check_amago(config: Config) -> None:
    if not isinstance(config.game, Gen1OUConfig):
        raise UserError(
            f"config: oracle=amago trains metamon's agents for gen1ou, not {config.game.name}"
        )
    if config.psro.anchor:
        raise UserError(
            "config: psro.anchor is true, but oracle=amago knows no anchor; set it to false"
        )
    if config.oracle.device == "cuda":
        import torch

        if not torch.cuda.is_available():
            raise UserError("config: oracle.device=cuda, but torch sees no GPU; use cpu or auto")


def check_cluster(config: SlurmConfig) -> None:
    """What executor=slurm needs. Raises UserError naming the key or the missing program."""
    for kind in config.kinds:
        if kind not in UNIT_KINDS:
            raise _unknown("executor.slurm.kinds", kind, UNIT_KINDS)
    missing = [program for program in SLURM_PROGRAMS if shutil.which(program) is None]
    if config.cluster == "slurm" and missing:
        raise UserError(
            f"config: executor=slurm needs SLURM's {missing[0]}, which this machine has not: start the run "
            "on the cluster, or try it here with executor.slurm.cluster=local"
        )


def check_config(config: Config) -> None:
    """Everything that can be refused before the first battle. Raises UserError naming the key."""
    game = make_game(config)
    game.check()
    check_oracle(config, game)
    replay_data_of(config)
    if config.executor.name not in EXECUTORS:
        raise _unknown("executor.name", config.executor.name, EXECUTORS)
    if config.executor.name == "slurm":
        check_cluster(config.executor.slurm)
    if not config.population.members and not config.population.base:
        raise UserError("config: population is empty; name at least one of population.members")
    imported = []
    for name, member in config.population.members.items():
        if member.kind == METAMON:
            _check_import(config, name, member)
            imported.append(name)
            continue
        if member.kind == taken.TAKEN:
            taken.check(name, member.arguments)
            imported.append(name)
            continue
        policy = make_game_policy(game, name, member)
        if policy.view not in game.views:
            raise UserError(
                f"config: policy {name} needs the view {policy.view!r}; game {game.name} supplies "
                f"{sorted(game.views)}"
            )
    for kind in config.certificate.showcase:
        if kind not in game.policy_kinds():
            raise _unknown("certificate.showcase", kind, tuple(sorted(game.policy_kinds())))
        make_game_policy(game, f"certificate.showcase={kind}", MemberConfig(kind))
    trained = [base.name for base in config.population.base]
    startable = trained + imported
    if config.psro.base is not None and config.psro.base not in startable:
        raise _unknown("psro.base", config.psro.base, tuple(startable))
    needs_data = config.oracle.name != "exact"
    trains = config.psro.num_iterations > 0 or config.certificate.enabled
    if needs_data and trains and config.psro.base is None:
        raise UserError(
            "config: psro.base is null, but a learner must play to collect its data; choose an experiment "
            "(+experiment=phase1 is the usual one), or name one of "
            f"population.base: {', '.join(startable) or '(there is none)'}; or train nothing: "
            "psro.num_iterations=0 certificate.enabled=false"
        )
    if config.psro.replay_weight > 0 and not config.population.replay.num_battles:
        raise UserError("config: psro.replay_weight > 0 needs population.replay.num_battles")
    largest = len(config.population.members) + len(trained) + config.psro.num_iterations
    for section, key in MATCHES_AGAINST_SIGMA:
        if getattr(getattr(config, section), key) < largest:
            raise UserError(
                f"config: {section}.{key} must be at least {largest}, one battle per policy that the "
                "final σ may use"
            )
    for base in config.population.base:
        if needs_data and base.stage not in STAGES:
            raise _unknown(f"population.base.{base.name}.stage", base.stage, STAGES)
        if base.rounds and base.start is None:
            raise UserError(
                f"config: population.base.{base.name}.rounds > 0 needs a start: its learner must "
                "play to collect its data"
            )


def versions() -> dict[str, str]:
    """What results may depend on besides config and code, whatever is played: see machine/environment.py."""
    return environment.here(PACKAGES)


def environment_of(config: Config) -> dict[str, str]:
    """The versions, and what the configured game and oracle run on. Takes torch only where they do."""
    found = versions()
    if isinstance(config.game, Gen1OUConfig) and config.game.arena.name == "simulator":
        from psro.pokemon.simulator.node import find_node

        found["node"] = find_node().node_version
    if isinstance(config.oracle, OracleConfig):
        from psro.oracle.device import described

        found |= described(config.oracle.device)
        found["torch threads"] = f"{config.oracle.threads} in training, {PLAY_THREADS} in play"
    return found


def code_version() -> str:
    """Of this package, and of its very files: <version>+<12 hex digits>."""
    root = Path(psro.__file__).parent
    files = sorted(p for p in root.rglob("*") if p.suffix in (".py", ".js", ".json"))
    listing = "".join(f"{p.relative_to(root)} {sha256_of(p)}\n" for p in files)
    return f"{psro.__version__}+{hashlib.sha256(listing.encode()).hexdigest()[:12]}"


def _unknown(key: str, value: str, choices: tuple[str, ...]) -> UserError:
    return UserError(
        f"config: {key}: no {value!r}; choose one of: {', '.join(choices) or '(none)'}"
    )
