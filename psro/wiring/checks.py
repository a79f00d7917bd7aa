"""What can be refused before the first battle."""

import shutil
from pathlib import Path

from psro.config import Config, unknown_choice
from psro.game import taken
from psro.game.protocols import Game
from psro.machine.errors import UserError
from psro.machine.executors.slurm.config import SlurmConfig
from psro.oracle.config import STAGES, OracleConfig
from psro.phases.config import MemberConfig
from psro.phases.exploiters import check_certificate
from psro.phases.worker import UNIT_KINDS
from psro.pokemon.config import Gen1OUConfig
from psro.pokemon.remote_policy import REMOTE_KIND
from psro.wiring.executors import EXECUTORS
from psro.wiring.policies import (
    METAMON,
    checkpoint_entry,
    checkpoint_files,
    make_game_policy,
    tell_unknown_words,
)
from psro.wiring.registries import make_game, make_oracle
from psro.wiring.workbench import replay_data_of

SLURM_PROGRAMS = ("sbatch", "srun", "squeue", "scancel", "scontrol")
STRONGEST = "strongest"
"""A start (psro.start) that may be any trained policy."""
TRAINED_WITH = frozenset({"dropout", "masked_words"})
"""Fields of metamon's models that say how they are trained alone, so that a start may have others."""
MATCHES_AGAINST_SIGMA = (
    ("psro", "select_battles"),
    ("psro", "measure_battles"),
    ("certificate", "measure_battles"),
    ("certificate", "curve_battles"),
)


def check_config(config: Config) -> None:
    """Everything that can be refused before the first battle. Raises UserError naming the key."""
    # First what takes no game: Pokémon's may compile for a minute before it can be asked.
    if config.executor.name not in EXECUTORS:
        raise unknown_choice("executor.name", config.executor.name, EXECUTORS)
    if not config.population.members and not config.population.base:
        raise UserError("config: population is empty; name at least one of population.members")
    _check_learner(config)
    _check_battles(config)
    _check_bases(config)
    game = make_game(config)
    game.check()
    _check_oracle(config, game)
    replay_data_of(config)
    if config.executor.name == "slurm":
        check_cluster(config.executor.slurm)
    _check_members(config, game)
    _check_showcase(config, game)


def check_cluster(config: SlurmConfig) -> None:
    """What executor=slurm needs. Raises UserError naming the key or the missing program."""
    for kind in config.kinds:
        if kind not in UNIT_KINDS:
            raise unknown_choice("executor.slurm.kinds", kind, UNIT_KINDS)
    missing = [program for program in SLURM_PROGRAMS if shutil.which(program) is None]
    if config.cluster == "slurm" and missing:
        raise UserError(
            f"config: executor=slurm needs SLURM's {missing[0]}, which this machine has not: start the run "
            "on the cluster, or try it here with executor.slurm.cluster=local"
        )


def _check_oracle(config: Config, game: Game) -> None:
    """Without building it (that takes torch). Raises UserError where oracle and game do not fit."""
    if config.oracle.name == "exact":
        make_oracle(config, game)
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
    _check_lookahead(config)
    _check_device(config.oracle.device)
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


def _check_lookahead(config: Config) -> None:
    """Raises UserError where battles cannot be played on in copies, or a position alone has no value."""
    assert isinstance(config.oracle, OracleConfig)
    looking = [s for s in STAGES if config.oracle.stage(s).weighting == "lookahead"]
    if not looking:
        return
    game = config.game
    because = ""
    if not isinstance(game, Gen1OUConfig) or game.arena.name != "engine":
        because = "can only be done where arena=engine plays"
    elif config.oracle.model.kind != "mlp":
        because = (
            f"takes a model without memory (model@oracle.model=mlp), not {config.oracle.model.kind}"
        )
    if because:
        instead = " ".join(f"oracle.{stage}.weighting=exponential" for stage in looking)
        raise UserError(
            f"config: oracle.{looking[0]}.weighting: lookahead {because}; or set {instead}"
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
    if config.oracle.tokenizer is not None:
        tell_unknown_words("oracle.tokenizer", Path(config.oracle.tokenizer))
    _check_device(config.oracle.device)


def _check_device(device: str) -> None:
    if device == "cuda":
        import torch

        if not torch.cuda.is_available():
            raise UserError("config: oracle.device=cuda, but torch sees no GPU; use cpu or auto")


def _check_members(config: Config, game: Game) -> None:
    from psro.pokemon.arenas.settings import STATE_VIEW

    for name, member in config.population.members.items():
        if member.kind == METAMON:
            _check_import(config, name, member)
            continue
        if member.kind == taken.TAKEN:
            taken.check(name, member.arguments)
            continue
        policy = make_game_policy(game, name, member)
        if policy.view not in game.views:
            instead = "; take arena=simulator" if policy.view == STATE_VIEW else ""
            raise UserError(
                f"config: policy {name} needs the view {policy.view!r}; game {game.name} supplies "
                f"{sorted(game.views)}{instead}"
            )
    _check_remotes(config)


def _check_remotes(config: Config) -> None:
    """Raises UserError for battles of remote policies that cannot be played or recorded (psro/pokemon/arenas/server.py)."""
    population = config.population
    remotes = [name for name, member in population.members.items() if member.kind == REMOTE_KIND]
    if len(remotes) > 1:
        raise UserError(
            f"config: population.members: {', '.join(remotes)} are all remote, and nobody here can bring two remote bots "
            "together; keep one of them"
        )
    replayed = [name for name in remotes if name in population.replay.policies]
    if population.replay.num_battles and replayed:
        raise UserError(
            f"config: population.replay.policies: {replayed[0]} is remote, and its side cannot be recorded, since nobody here "
            "sees what it sees; take it out of there"
        )


def _check_import(config: Config, name: str, member: MemberConfig) -> None:
    """Raises UserError where a metamon checkpoint cannot become a member: no such file, no words, no such game or reward."""
    from psro.pokemon.rewards import make_reward

    if not isinstance(config.game, Gen1OUConfig):
        raise UserError(
            f"config: policy {name}: metamon's agents play gen1ou, not {config.game.name}"
        )
    checkpoint_files(name, member)
    try:
        make_reward(checkpoint_entry(name, member)[0].reward)
    except ValueError as error:
        raise UserError(f"config: policy {name}: {error}") from None


def _check_showcase(config: Config, game: Game) -> None:
    for kind in config.certificate.showcase:
        if kind not in game.policy_kinds():
            raise unknown_choice("certificate.showcase", kind, tuple(sorted(game.policy_kinds())))
        make_game_policy(game, f"certificate.showcase={kind}", MemberConfig(kind))


def _startable(config: Config) -> list[str]:
    """Whose weights a response can start from."""
    population = config.population
    imported = [
        name for name, member in population.members.items() if member.kind in (METAMON, taken.TAKEN)
    ]
    return [base.name for base in population.base] + imported


def _check_learner(config: Config) -> None:
    """Raises UserError where a response has nobody to start from."""
    startable = _startable(config)
    if config.psro.base is not None and config.psro.base not in startable:
        raise unknown_choice("psro.base", config.psro.base, tuple(startable))
    founder = config.population.members.get(config.psro.base or "")
    if founder is not None and founder.kind == METAMON and config.oracle.name == "offline":
        raise UserError(
            f"config: psro.base is {config.psro.base}, one of metamon's agents, which oracle=offline cannot train on; use "
            "oracle=amago (+experiment=phase1_metamon), or another base"
        )
    if config.oracle.name == "amago":
        _check_metamon_starts(config)
    trains = config.psro.num_iterations > 0 or config.certificate.enabled
    if config.oracle.name != "exact" and trains and config.psro.base is None:
        raise UserError(
            "config: psro.base is null, but a learner must play to collect its data; choose an experiment "
            "(+experiment=phase1 is the usual one), or name one of "
            f"population.base: {', '.join(startable) or '(there is none)'}; or train nothing: "
            "psro.num_iterations=0 certificate.enabled=false"
        )
    if config.oracle.name != "exact" and config.certificate.enabled:
        check_certificate(config.certificate, config.psro, startable)


def _check_metamon_starts(config: Config) -> None:
    """Raises UserError where a checkpoint that a response may start from is of another shape or reward than what is trained."""
    starts = {config.psro.start, *(config.certificate.starts or [])}
    members = {n: m for n, m in config.population.members.items() if m.kind == METAMON}
    trained = vars(config.oracle.model)
    for name, member in members.items():
        if not (name == config.psro.base or name in starts or STRONGEST in starts):
            continue
        entry, model = checkpoint_entry(name, member)
        differing = [
            f"oracle.model.{key}={value}"
            for key, value in vars(model).items()
            if key not in TRAINED_WITH and value != trained[key]
        ]
        if differing:
            raise UserError(
                f"config: policy {name} may be trained on, but is of another model than oracle.model: give "
                f"{' '.join(differing)}, or start from another (psro.base, psro.start)"
            )
        if entry.reward != config.game.reward.name:
            raise UserError(
                f"config: policy {name} may be trained on, but was trained with the reward {entry.reward}, which it is shown; set "
                f"game.reward.name to that (it is {config.game.reward.name})"
            )


def _check_battles(config: Config) -> None:
    if config.psro.replay_weight > 0 and not config.population.replay.num_battles:
        raise UserError("config: psro.replay_weight > 0 needs population.replay.num_battles")
    founding = len(config.population.members) + len(config.population.base)
    largest = founding + config.psro.num_iterations
    for section, key in MATCHES_AGAINST_SIGMA:
        # certificate.curve_battles: null as psro.measure_battles, 0 for none.
        if 0 < (getattr(getattr(config, section), key) or 0) < largest:
            raise UserError(
                f"config: {section}.{key} must be at least {largest}, one battle per policy that the "
                "final σ may use"
            )


def _check_bases(config: Config) -> None:
    for base in config.population.base:
        if config.oracle.name != "exact" and base.stage not in STAGES:
            raise unknown_choice(f"population.base.{base.name}.stage", base.stage, STAGES)
        if base.rounds and base.start is None:
            raise UserError(
                f"config: population.base.{base.name}.rounds > 0 needs a start: its learner must "
                "play to collect its data"
            )
