"""Team sets: who a battle's two sides draw their teams from, split once and for all into training and held out."""

import hashlib
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from psro.machine.errors import UserError
from psro.machine.seeds import seed_from
from psro.pokemon.teams.export import Team, pack, read_team
from psro.pokemon.teams.variety import variety_teams

Pool = Literal["training", "held_out"]
POOLS: tuple[Pool, ...] = ("training", "held_out")
TEAM_SUFFIX = ".gen1ou_team"
DEFAULT_HELD_OUT_FRACTION = 0.25
METAMON_CACHE = "METAMON_CACHE_DIR"
"""metamon's environment variable: its sets lie in <cache>/teams/<set>/gen1ou."""
METAMON_PREFIX = "metamon/"
METAMON_SETS = (
    "competitive",
    "paper_variety",
    "paper_replays",
    "modern_replays",
    "modern_replays_v2",
)
COMPETITIVE = Path(__file__).with_name("competitive")
# One of each archetype, so that held-out figures are about unseen teams, not about one unseen style.
COMPETITIVE_HELD_OUT = frozenset(
    {
        "balance-alakazam_lead_rhydon",
        "electric-jolteon_lead",
        "explosion-gengar_lead_golem",
        "jynx-lead_zapdos",
        "offence-persian",
        "stall-lapras_lead",
        "water-cloyster_lead",
        "wrap-moltres_cloyster",
    }
)


@dataclass(frozen=True)
class TeamSet:
    """Teams under a name, in two pools that share no team. The order within a pool is fixed: draws are by index."""

    name: str
    training: tuple[Team, ...]
    held_out: tuple[Team, ...]

    @property
    def teams(self) -> tuple[Team, ...]:
        return self.training + self.held_out

    def pool(self, pool: Pool) -> tuple[Team, ...]:
        """The teams of one pool.

        Raises: UserError when the set has none there, ValueError for an unknown pool.
        """
        if pool not in POOLS:
            raise ValueError(f"unknown team pool {pool!r}; choose from {', '.join(POOLS)}")
        teams = self.training if pool == "training" else self.held_out
        if not teams:
            raise UserError(
                f"team set {self.name} has no {pool} teams; give it more teams or another held-out fraction"
            )
        return teams

    def draw(self, pool: Pool, *seed_parts: str | int) -> Team:
        """One team, uniform over the pool, keyed by `seed_parts` (say run seed, battle, side)."""
        teams = self.pool(pool)
        return teams[seed_from("team", *seed_parts) % len(teams)]

    def draw_pair(self, pool: Pool, *seed_parts: str | int) -> tuple[Team, Team]:
        """The two sides' teams of one battle, drawn independently (they may be the same team)."""
        return self.draw(pool, *seed_parts, 0), self.draw(pool, *seed_parts, 1)

    @cached_property
    def fingerprint(self) -> str:
        """Hex sha256 over pools, names and packed teams in order: equal exactly when every draw is."""
        digest = hashlib.sha256()
        for pool, teams in (("training", self.training), ("held_out", self.held_out)):
            for team in teams:
                digest.update(f"{pool}\n{team.name}\n{pack(team)}\n".encode())
        return digest.hexdigest()


def team_set(
    name_or_directory: str, held_out_fraction: float = DEFAULT_HELD_OUT_FRACTION
) -> TeamSet:
    """A packaged set by its name, one of metamon's by its name, or the set of a directory of `*.gen1ou_team` files.

    metamon's are read from its cache: `modern_replays_v2`, or `metamon/competitive`, since `competitive` alone is the packaged
    one. A name wins over a directory of that name (write ./competitive for yours). `held_out_fraction` is
    for directories only; the packaged sets are split for good.

    Raises: UserError naming the choices, the directory or the file that is wrong.
    """
    if name_or_directory == "competitive":
        return _competitive()
    if name_or_directory == "variety":
        return TeamSet("variety", *variety_teams())
    if name_or_directory.removeprefix(METAMON_PREFIX) in METAMON_SETS:
        return _from_directory(_metamon_directory(name_or_directory), held_out_fraction)
    directory = Path(name_or_directory).expanduser()
    if not directory.exists():
        raise UserError(
            f"team set {name_or_directory!r} is neither competitive nor variety nor one of metamon's "
            f"({', '.join(METAMON_SETS[1:])}, {METAMON_PREFIX}competitive) nor a directory that exists; give one of them or a "
            f"directory of *{TEAM_SUFFIX} files"
        )
    return _from_directory(directory, held_out_fraction)


def _metamon_directory(name: str) -> Path:
    """Where metamon's cache has the set. Raises UserError where there is no cache, or not this set in it."""
    cache = os.environ.get(METAMON_CACHE)
    if not cache:
        raise UserError(
            f"team set {name} is metamon's, but {METAMON_CACHE} is not set; set it to metamon's cache, which holds teams/, or "
            "give the directory of the set"
        )
    directory = Path(cache, "teams", name.removeprefix(METAMON_PREFIX)).expanduser()
    if not directory.is_dir():
        raise UserError(
            f"team set {name} is not in metamon's cache: there is no {directory}; fetch it where there is a network (`python -m "
            "metamon.data.download teams`), or give the directory of a set"
        )
    return directory


def _competitive() -> TeamSet:
    teams = tuple(
        read_team(path, name=path.stem, archetype=path.stem.partition("-")[0])
        for path in sorted(COMPETITIVE.glob(f"*{TEAM_SUFFIX}"))
    )
    training = tuple(team for team in teams if team.name not in COMPETITIVE_HELD_OUT)
    held_out = tuple(team for team in teams if team.name in COMPETITIVE_HELD_OUT)
    assert len(held_out) == len(COMPETITIVE_HELD_OUT), (
        "a held-out team's file is gone from the package"
    )
    return TeamSet("competitive", training, held_out)


def _from_directory(directory: Path, held_out_fraction: float) -> TeamSet:
    """Every `*.gen1ou_team` below `directory`, so metamon's `<teams>/<set>/gen1ou/` is understood at each level.

    A team's pool depends on its file's name alone, so teams may be added, moved or taken away without
    moving any other across the split.
    """
    if not 0 <= held_out_fraction < 1:
        raise UserError(f"held_out_fraction must be in [0, 1), not {held_out_fraction}")
    if not directory.is_dir():
        raise UserError(
            f"team directory {directory} is not a directory; give the directory that holds the team files"
        )
    paths = sorted(
        directory.rglob(f"*{TEAM_SUFFIX}"), key=lambda path: path.relative_to(directory).parts
    )
    if not paths:
        raise UserError(
            f"team directory {directory} holds no *{TEAM_SUFFIX} files; put teams there or name another"
        )
    pools: dict[Pool, list[Team]] = {"training": [], "held_out": []}
    pool_of_content: dict[object, Pool] = {}
    for path in paths:
        relative = path.relative_to(directory)
        team = read_team(path, name=relative.as_posix().removesuffix(TEAM_SUFFIX))
        held_out = seed_from("held out", path.name) < held_out_fraction * 2**63
        # The same team under two names must not stand on both sides: its first file decides.
        pool = pool_of_content.setdefault(team.content, "held_out" if held_out else "training")
        pools[pool].append(team)
    for pool in POOLS:
        if not pools[pool] and not (pool == "held_out" and held_out_fraction == 0):
            raise UserError(
                f"team directory {directory}: none of its {len(paths)} teams fell into the {pool} pool; "
                "give more teams or set held_out_fraction (0 holds none out)"
            )
    return TeamSet(str(directory), tuple(pools["training"]), tuple(pools["held_out"]))
