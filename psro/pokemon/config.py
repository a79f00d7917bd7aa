"""Schema of `game=gen1ou`."""

from dataclasses import dataclass, field
from typing import Any

MAX_TURNS = 1000
"""Where the simulator itself ends a battle as a tie (`maybeTriggerEndlessBattleClause` of sim/battle.js)."""


@dataclass
class TeamsConfig:
    """Where both sides' teams are drawn from."""

    name: str = "competitive"
    """competitive, variety, or a directory of *.gen1ou_team files (searched recursively)."""
    held_out_fraction: float = 0.25
    """Of a directory's teams: how many are never trained on. The packaged sets have their own split."""

    def __post_init__(self) -> None:
        if not 0 <= self.held_out_fraction < 1:
            raise ValueError(
                f"game.teams.held_out_fraction {self.held_out_fraction} must be at least 0 and below 1"
            )


@dataclass
class RewardConfig:
    """What trajectories are rewarded with."""

    name: str = "hp_margin"
    """hp_margin, potential, metamon_shaped, metamon_aggressive or metamon_binary."""
    arguments: dict[str, Any] = field(default_factory=dict)
    """What the reward takes: potential takes gamma."""


@dataclass
class Gen1OUConfig:
    """Gen 1 OU battles on Pokemon Showdown's simulator."""

    name: str = "gen1ou"
    format: str = "gen1ou"
    """The simulator's format: its rules apply, and the teams must be legal in it. A Gen 1 format with teams of one's
    own and without team preview: gen1ou, gen1ubers, gen1uu, ..."""
    teams: TeamsConfig = field(default_factory=TeamsConfig)
    reward: RewardConfig = field(default_factory=RewardConfig)
    lanes: int = 48
    """Battles played side by side in one arena. Part of the results: who shares a forward pass depends on it."""
    max_turns: int = 300
    """A battle that lasts longer is a tie."""
    max_failures_fraction: float = field(default=0.01, metadata={"operational": True})
    """Of a unit's battles: when more of them break (each is named and logged), the unit fails."""

    def __post_init__(self) -> None:
        if not self.format.startswith("gen1"):
            raise ValueError(f"game.format {self.format!r} is no Gen 1 format")
        if self.lanes < 1:
            raise ValueError(f"game.lanes {self.lanes} must be at least 1")
        if not 1 <= self.max_turns < MAX_TURNS:
            raise ValueError(
                f"game.max_turns {self.max_turns} must be at least 1 and below {MAX_TURNS}"
            )
        if not 0 <= self.max_failures_fraction < 1:
            raise ValueError(
                f"game.max_failures_fraction {self.max_failures_fraction} must be at least 0 and below 1"
            )
