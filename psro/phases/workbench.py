"""What phases and workers are handed: game, oracle, config, and policies by their directories."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from psro.game.policies import Policy
from psro.game.protocols import Arena, Game, Oracle
from psro.phases.config import (
    CertificateConfig,
    PopulationConfig,
    PSROConfig,
    TournamentConfig,
)


@dataclass(frozen=True)
class PlayMode:
    """How a neural policy turns its logits into actions; the game's own policies ignore it."""

    temperature: float = 0.0
    """0: greedy."""
    epsilon: float = 0.0
    """Probability of a uniform action instead."""


MAX_LOADED = 64
"""Policies a process keeps: more than a population, fewer than all candidates of a long run."""
LoadPolicy = Callable[[Path, PlayMode], Policy]
"""Reads policy.json in a directory and builds the policy. Raises UserError naming what is wrong."""


@dataclass(frozen=True)
class Settings:
    """The part of the config that phases read."""

    seed: int
    psro: PSROConfig
    population: PopulationConfig
    tournament: TournamentConfig
    certificate: CertificateConfig


@dataclass
class Workbench:
    """Everything a unit needs, built once per process from the frozen config."""

    directory: Path
    """The run directory."""
    settings: Settings
    game: Game
    oracle: Oracle
    load_policy: LoadPolicy
    _arena: Arena | None = field(default=None, init=False)
    _policies: dict[tuple[str, PlayMode], Policy] = field(default_factory=dict, init=False)

    @property
    def arena(self) -> Arena:
        """This process's arena, opened at first use."""
        if self._arena is None:
            self._arena = self.game.make_arena(self.directory / "audit")
        return self._arena

    def play_on(self, arena: Arena) -> None:
        """Units are played on `arena` from now on, which this bench closes; not the one that was open."""
        self._arena = arena

    def policy(self, relative: str, mode: PlayMode) -> Policy:
        """The policy in a directory of the run; the MAX_LOADED used last stay loaded."""
        key = (relative, mode)
        policy = self._policies.pop(key, None) or self.load_policy(self.directory / relative, mode)
        self._policies[key] = policy
        if len(self._policies) > MAX_LOADED:
            del self._policies[next(iter(self._policies))]
        return policy

    def close(self) -> None:
        """Closes the arena."""
        if self._arena is not None:
            self._arena.close()
            self._arena = None
