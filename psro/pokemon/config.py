"""Schema of `game=gen1ou`."""

from dataclasses import dataclass, field
from typing import Any

from psro.pokemon.server.config import ServerConfig

MAX_TURNS = 1000
"""Where the simulator itself ends a battle as a tie (`maybeTriggerEndlessBattleClause` of sim/battle.js)."""


ILLEGAL_TEAMS = ("refuse", "leave_out")


@dataclass
class TeamsConfig:
    """Where both sides' teams are drawn from."""

    name: str = "competitive"
    """competitive, variety, one of metamon's where METAMON_CACHE_DIR has it (modern_replays_v2, modern_replays, paper_replays,
    paper_variety, metamon/competitive), or a directory of *.gen1ou_team files (searched recursively)."""
    held_out_fraction: float = 0.25
    """Of a directory's teams: how many are never trained on. The packaged sets have their own split."""
    illegal: str = "refuse"
    """What becomes of teams that break the format's rules: refuse (nothing is played), or leave_out (they are named, and the
    others played; which they are is part of the run). A file that holds no team is refused."""

    def __post_init__(self) -> None:
        if self.illegal not in ILLEGAL_TEAMS:
            raise ValueError(
                f"game.teams.illegal is {self.illegal!r}; choose one of {', '.join(ILLEGAL_TEAMS)}"
            )
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


ENGINE_FORMATS = ("gen1ou", "gen1ubers", "gen1uu", "gen1nu", "gen1pu", "gen1zu")
"""Those whose rules are gen1ou's, with other Pokemon."""


@dataclass
class ArenaConfig:
    """What plays the battles."""

    name: str = "engine"
    """engine (this project's own, compiled), simulator (Pokemon Showdown's, in Node: some 100 times slower), which play the same
    battles, or server (a Showdown server, whose battles are its own: see game.server)."""
    lanes: int = 512
    """Battles played side by side. Part of the results: who shares a forward pass depends on it."""
    audit_fraction: float = field(default=0.001, metadata={"operational": True})
    """engine: this share of the battles is replayed in Showdown's simulator, where there is Node; a difference stops the run."""

    def __post_init__(self) -> None:
        if self.name not in ("engine", "simulator", "server"):
            raise ValueError(
                f"game.arena.name: no {self.name!r}; choose engine, simulator or server"
            )
        if self.lanes < 1:
            raise ValueError(f"game.arena.lanes {self.lanes} must be at least 1")
        if not 0 <= self.audit_fraction <= 1:
            raise ValueError(
                f"game.arena.audit_fraction {self.audit_fraction} must be between 0 and 1"
            )


@dataclass
class Gen1OUConfig:
    """Gen 1 OU battles."""

    name: str = "gen1ou"
    format: str = "gen1ou"
    """Showdown's format: its rules apply, and the teams must be legal in it. A Gen 1 format with teams of one's
    own and without team preview: gen1ou, gen1ubers, gen1uu, ..."""
    arena: ArenaConfig = field(default_factory=ArenaConfig)
    teams: TeamsConfig = field(default_factory=TeamsConfig)
    reward: RewardConfig = field(default_factory=RewardConfig)
    server: ServerConfig = field(default_factory=ServerConfig)
    max_turns: int = 300
    """A battle that lasts longer is a tie."""
    max_failures_fraction: float = field(default=0.01, metadata={"operational": True})
    """Of a unit's battles: when more of them break (each is named and logged), the unit fails."""

    def __post_init__(self) -> None:
        if not self.format.startswith("gen1"):
            raise ValueError(f"game.format {self.format!r} is no Gen 1 format")
        if self.arena.name == "engine" and self.format not in ENGINE_FORMATS:
            raise ValueError(
                f"game.format {self.format} is not the engine's: it plays {', '.join(ENGINE_FORMATS)}; "
                "take arena=simulator or arena=server"
            )
        if not 1 <= self.max_turns < MAX_TURNS:
            raise ValueError(
                f"game.max_turns {self.max_turns} must be at least 1 and below {MAX_TURNS}"
            )
        if not 0 <= self.max_failures_fraction < 1:
            raise ValueError(
                f"game.max_failures_fraction {self.max_failures_fraction} must be at least 0 and below 1"
            )
