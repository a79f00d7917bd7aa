"""The closed registries: a name in the config → its schema, and what builds it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psro.config import Config
from psro.game.protocols import Game, Oracle
from psro.game.trajectories import Trajectories
from psro.machine.errors import UserError
from psro.metagame.alpha_rank import AlphaRankSolver
from psro.metagame.baselines import FictitiousSelfPlaySolver, FoundingSolver, LastIterateSolver
from psro.metagame.fictitious_play import FictitiousPlaySolver
from psro.metagame.nash import MetaSolver, NashSolver, UniformSolver
from psro.metagame.prioritized import PrioritizedSolver
from psro.metagame.projected_replicator import ProjectedReplicatorSolver
from psro.metagame.robust_nash import PosteriorNashSolver, RobustNashSolver
from psro.oracle.amago.config import AmagoConfig
from psro.oracle.config import OracleConfig
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

if TYPE_CHECKING:
    from psro.oracle.data import Recording


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
    from psro.oracle.offline import OfflineOracle

    spec = game.observation_spec(config.view)
    return OfflineOracle(config, config.model, spec, _recording(game, config.view))


def _amago(config: AmagoConfig, game: Game) -> Oracle:
    from psro.oracle.amago.oracle import AmagoOracle
    from psro.pokemon.game import Gen1OU
    from psro.pokemon.observations.metamon_reader import MetamonReader, read_words, table_of

    assert isinstance(game, Gen1OU), "check_config knows the game"
    return AmagoOracle(
        config,
        _recording(game, config.view),
        read_words(None if config.tokenizer is None else Path(config.tokenizer)),
        table_of,
        MetamonReader.view,
        game.config.reward.name,
    )


def _recording(game: Game, view: str) -> "Recording":
    from psro.oracle.data import Recording

    def expand(recorded: Trajectories) -> Trajectories:
        return game.expand(recorded, view)

    recorded = game.observation_spec(game.recorded_view(view))
    return Recording(recorded, expand, game.observation_spec(view))


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


def make_game(config: Config) -> Game:
    """The configured game."""
    game: Game = GAMES[config.game.name].build(config.game)
    return game


def make_oracle(config: Config, game: Game) -> Oracle:
    """The configured oracle, for `game`."""
    oracle: Oracle = ORACLES[config.oracle.name].build(config.oracle, game)
    return oracle


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
