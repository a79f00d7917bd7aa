"""Gen 1 OU behind game's protocols."""

from collections.abc import Mapping
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

from psro.game.battles import Outcome
from psro.game.policies import Policy
from psro.game.protocols import Arena
from psro.game.spec import ObservationSpec
from psro.machine.errors import UserError
from psro.pokemon.arena import NO_VIEW, STATE_VIEW, ArenaSettings, SimulatorArena
from psro.pokemon.choices import NUM_ACTIONS
from psro.pokemon.config import Gen1OUConfig
from psro.pokemon.heuristics.registry import HEURISTICS, make_heuristic
from psro.pokemon.observations import OBSERVATIONS, make_observation
from psro.pokemon.replays.write import write_replays
from psro.pokemon.rewards import make_reward
from psro.pokemon.simulator.node import find_node
from psro.pokemon.teams.sets import TeamSet, team_set
from psro.pokemon.teams.validator import require_legal

PACKAGED_TEAMS = frozenset({"competitive", "variety"})
PACKAGED_FORMAT = "gen1ou"
"""In which the tests check the packaged sets; so not again every run."""


class Gen1OU:
    """psro.game.protocols.Game. Cheap to make: teams are read and Node looked for when they are needed."""

    name = "gen1ou"
    num_actions = NUM_ACTIONS
    views = frozenset({*OBSERVATIONS, STATE_VIEW, NO_VIEW})

    def __init__(self, config: Gen1OUConfig):
        """Raises UserError for an unknown reward."""
        self.config = config
        try:
            self.reward = make_reward(config.reward.name, config.reward.arguments)
        except ValueError as error:
            raise UserError(f"config: game.reward: {error}") from error

    @cached_property
    def teams(self) -> TeamSet:
        """The configured team set. Raises UserError naming what is wrong with it."""
        return team_set(self.config.teams.name, self.config.teams.held_out_fraction)

    @property
    def pools(self) -> tuple[str, ...]:
        """The pools that have teams: a directory may leave none to hold out."""
        held_out = ("held_out",) if self.teams.held_out else ()
        return ("training", *held_out)

    def check(self) -> None:
        """Raises UserError where battles could not be played: no Node, no simulator, no such format, no or illegal teams."""
        node = find_node()
        teams = self.teams
        teams.pool("training")
        packaged = self.config.teams.name in PACKAGED_TEAMS
        if not (packaged and self.config.format == PACKAGED_FORMAT):
            require_legal(teams.teams, node, self.config.format)

    def observation_spec(self, view: str) -> ObservationSpec:
        """The arrays of an array view. Raises ValueError for any other, listing the choices."""
        return make_observation(view).spec

    def policy_kinds(self) -> Mapping[str, str]:
        """The heuristics: kind → the view it needs."""
        return {kind: heuristic.view for kind, heuristic in HEURISTICS.items()}

    def make_policy(self, name: str, kind: str, arguments: Mapping[str, Any]) -> Policy:
        """A heuristic. Raises ValueError for an unknown kind or argument, listing the choices."""
        return make_heuristic(name, kind, arguments)

    def make_arena(self) -> Arena:
        """An arena with a Node process of its own; the caller closes it."""
        settings = ArenaSettings(
            self.config.format,
            self.config.lanes,
            self.config.max_turns,
            self.config.max_failures_fraction,
        )
        observations = {view: make_observation(view) for view in OBSERVATIONS}
        return SimulatorArena(settings, self.teams, observations, self.reward)

    def write_replays(
        self, directory: Path, battles: Mapping[str, tuple[Outcome, Any]]
    ) -> list[tuple[Path, str]]:
        """psro.game.replays.Watchable: protocol logs and pages of battles that an arena kept the logs of. Needs Node."""
        return write_replays(directory, battles)

    def exact_score(self, first: Policy, second: Policy) -> float | None:
        """None: nobody can tell."""
        return None

    def fingerprint(self) -> dict[str, str]:
        """What the battles depend on beyond the config."""
        return {
            "pokemon-showdown": find_node().version,
            "poke-env": version("poke-env"),
            "teams": self.teams.fingerprint,
        }
