"""Gen 1 OU behind game's protocols."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

from psro.game.battles import Outcome
from psro.game.policies import Policy
from psro.game.protocols import Arena
from psro.game.spec import ObservationSpec
from psro.game.trajectories import Trajectories
from psro.machine.errors import UserError
from psro.pokemon.arenas.routed import RoutedArena
from psro.pokemon.arenas.settings import ARRAY_VIEWS, NO_VIEW, STATE_VIEW, ArenaSettings
from psro.pokemon.choices import NUM_ACTIONS
from psro.pokemon.config import Gen1OUConfig
from psro.pokemon.heuristics.registry import HEURISTICS, make_heuristic
from psro.pokemon.observations.records.ranges import check_records
from psro.pokemon.observations.records.spec import RECORD_VIEW
from psro.pokemon.observations.views import spec_of, write_view
from psro.pokemon.remote_policy import REMOTE_KIND, REMOTE_VIEW, RemotePolicy
from psro.pokemon.replays.write import write_replays
from psro.pokemon.rewards import make_reward
from psro.pokemon.server.address import parse_address
from psro.pokemon.server.config import DEFAULT_ADDRESS
from psro.pokemon.simulator.node import find_node
from psro.pokemon.teams.sets import TeamSet, team_set
from psro.pokemon.teams.validator import require_legal, told, without_illegal

log = logging.getLogger(__name__)

PACKAGED_TEAMS = frozenset({"competitive", "variety"})
PACKAGED_FORMAT = "gen1ou"
"""In which the tests check the packaged sets; so not again every run."""


class Gen1OU:
    """psro.game.protocols.Game. Cheap to make: teams are read and Node looked for when they are needed."""

    name = "gen1ou"
    num_actions = NUM_ACTIONS

    def __init__(self, config: Gen1OUConfig):
        """Raises UserError for an unknown reward."""
        self.config = config
        try:
            self.reward = make_reward(config.reward.name, config.reward.arguments)
        except ValueError as error:
            raise UserError(f"config: game.reward: {error}") from error

    @property
    def views(self) -> frozenset[str]:
        """The array views; the arenas of the simulator and of a server have state objects as well, a server remote policies."""
        engine = self.config.arena.name == "engine"
        views = ARRAY_VIEWS | ({NO_VIEW} if engine else {NO_VIEW, STATE_VIEW})
        return views | {REMOTE_VIEW} if self.has_server else views

    @property
    def has_server(self) -> bool:
        """Whether there is a server to play on: for all battles, or for remote policies' alone."""
        return self.config.arena.name == "server" or self.config.server.address is not None

    @cached_property
    def teams(self) -> TeamSet:
        """The teams that are played. Raises UserError naming what is wrong with the configured set."""
        return self._teams[0]

    @cached_property
    def _teams(self) -> tuple[TeamSet, dict[str, list[str]]]:
        """The teams that are played, and what is wrong with each that is left out (nobody, unless the config says so)."""
        teams = team_set(self.config.teams.name, self.config.teams.held_out_fraction)
        if self.config.teams.illegal == "refuse" or self._are_known_legal:
            return teams, {}
        return without_illegal(teams, find_node(), self.config.format)

    @property
    def _are_known_legal(self) -> bool:
        """The packaged sets in the format that they are made for."""
        return self.config.teams.name in PACKAGED_TEAMS and self.config.format == PACKAGED_FORMAT

    @property
    def pools(self) -> tuple[str, ...]:
        """The pools that have teams: a directory may leave none to hold out."""
        held_out = ("held_out",) if self.teams.held_out else ()
        return ("training", *held_out)

    def check(self) -> None:
        """Raises UserError where battles could not be played: no such format, no or illegal teams; no Node where it is needed.

        The engine needs Node for teams alone that are not packaged. It is compiled here, the first time.
        """
        teams, left_out = self._teams
        if left_out:
            log.warning(told(teams, left_out, find_node()))
        teams.pool("training")
        if self.has_server:
            self._check_server()
        if self.config.arena.name == "server":
            return
        if self.config.arena.name == "simulator" or not self._are_known_legal:
            node = find_node()
            if self.config.teams.illegal == "refuse" and not self._are_known_legal:
                require_legal(teams.teams, node, self.config.format)
        if self.config.arena.name == "engine":
            # Compiled here, if it must be, and not by every worker.
            import_module("psro.pokemon.arenas.engine")

    def _check_server(self) -> None:
        from psro.pokemon.server.check import check_server

        server = self.config.server
        address = parse_address(server.address or DEFAULT_ADDRESS)
        check_server(address, self.teams.teams, self.config.format, server.any_version)

    def observation_spec(self, view: str) -> ObservationSpec:
        """The arrays of an array view. Raises ValueError for any other, listing the choices."""
        return spec_of(view)

    def recorded_view(self, view: str) -> str:
        """Every array view is recorded as sighting records, a tenth of its size."""
        spec_of(view)
        return RECORD_VIEW

    def expand(self, recorded: Trajectories, view: str) -> Trajectories:
        """The trajectories in an array view, computed from their records.

        Raises ValueError for those that were recorded otherwise, BadDecision for a record that no side can have seen.
        """
        if recorded.spec.name == view != RECORD_VIEW:
            return recorded
        if not spec_of(RECORD_VIEW).reads(recorded.spec):
            raise ValueError(
                f"trajectories of {recorded.spec.name} cannot be expanded to {view}: they are not this program's records"
            )
        records = recorded.observations[RECORD_VIEW]
        check_records(records)
        observations = write_view(view, records)
        return replace(recorded, spec=spec_of(view), observations=observations)

    def policy_kinds(self) -> Mapping[str, str]:
        """The heuristics, and where there is a server who plays on it: kind → the view it needs."""
        kinds = {kind: heuristic.view for kind, heuristic in HEURISTICS.items()}
        return kinds | {REMOTE_KIND: REMOTE_VIEW} if self.has_server else kinds

    def make_policy(self, name: str, kind: str, arguments: Mapping[str, Any]) -> Policy:
        """A heuristic, or a remote policy. Raises ValueError for an unknown kind or argument, listing the choices."""
        if kind == REMOTE_KIND:
            if set(arguments) != {"username"}:
                raise ValueError(
                    f"{kind} takes username, its name on the server, not {dict(arguments)}"
                )
            return RemotePolicy(name, **arguments)
        return make_heuristic(name, kind, arguments)

    def make_arena(self, evidence: Path = Path("audit")) -> Arena:
        """An arena of its own; the caller closes it. Takes Node or compiled code only where they play."""
        settings = ArenaSettings(
            self.config.format,
            self.config.arena.lanes,
            self.config.max_turns,
            self.config.max_failures_fraction,
            self.config.arena.audit_fraction,
        )
        if not self.has_server:
            return self._local_arena(settings, evidence)
        from psro.pokemon.arenas.server import ServerArena

        server = ServerArena(settings, self.config.server, self.teams, self.reward)
        if self.config.arena.name == "server":
            return server
        return RoutedArena(self._local_arena(settings, evidence), server)

    def _local_arena(self, settings: ArenaSettings, evidence: Path) -> Arena:
        if self.config.arena.name == "simulator":
            from psro.pokemon.arenas.simulator import SimulatorArena

            return SimulatorArena(settings, self.teams, self.reward)
        from psro.pokemon.arenas.engine import EngineArena

        return EngineArena(settings, self.teams, self.reward, evidence)

    def write_replays(
        self, directory: Path, battles: Mapping[str, tuple[Outcome, Any]]
    ) -> list[tuple[Path, str]]:
        """psro.game.replays.Watchable: protocol logs and pages of battles that an arena kept the logs of. Needs Node."""
        return write_replays(directory, battles)

    def exact_score(self, first: Policy, second: Policy) -> float | None:
        """None: nobody can tell."""
        return None

    def fingerprint(self) -> dict[str, str]:
        """What the battles depend on beyond the config. The engine is part of the code, whose version a run knows."""
        played, left_out = self._teams
        teams = {"teams": played.fingerprint}
        if left_out:
            teams["illegal teams left out"] = (
                f"{len(left_out)} of {len(played.teams) + len(left_out)}"
            )
        if self.config.arena.name == "engine":
            return teams
        if self.config.arena.name == "server":
            return {"poke-env": version("poke-env"), **teams}
        return {
            "pokemon-showdown": find_node().version,
            "poke-env": version("poke-env"),
            **teams,
        }
