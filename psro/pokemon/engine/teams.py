"""Teams as the engine takes them: Showdown's packed teams written into a lane (sim/teams.js, unpack; sim/pokemon.js, the constructor)."""

from dataclasses import dataclass

import numpy as np

from psro.pokemon.engine.layout import (
    HP,
    LANE_SIZE,
    MAX_HP,
    MON_PP,
    MON_SIZE,
    MONS,
    SEED,
    SET_LEVEL,
    SET_MOVES,
    SET_SIZE,
    SET_SPECIES,
    SET_SPEED_DV,
    SET_STATS,
    SET_TYPES,
    SIDE,
    SIDE_SIZE,
    TEAM,
    TEAM_SIDE_SIZE,
    TEAM_SIZE,
    Lane,
)
from psro.pokemon.engine.tables import (
    MAX_PP,
    MOVE_NUMBERS,
    MOVE_TABLE,
    SPECIES_BASE,
    SPECIES_NUMBERS,
    SPECIES_TYPES,
)

_STATS = ("hp", "atk", "def", "spa", "spd", "spe")
"""The order of EVs and IVs in a packed team."""


@dataclass(frozen=True)
class PokemonSet:
    """A Pokémon of a team: numbers as in the games, stats hp, atk, def, spe, spa."""

    species: int
    moves: tuple[int, ...]
    level: int
    stats: tuple[int, ...]
    speed_dv: int


def _id(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _spread(text: str, default: int) -> dict[str, int]:
    """EVs or IVs of a packed set; the host fills in what is left out as a Showdown server does (simulator/unpack.js)."""
    if not text:
        return dict.fromkeys(_STATS, default)
    values = [int(value) if value else default for value in text.split(",")]
    return dict(zip(_STATS, values, strict=True))


def unpack_set(packed: str) -> PokemonSet:
    """One set of a packed team. ValueError for a species or a move that Gen 1 does not have."""
    fields = packed.split("|")
    if len(fields) < 11:
        raise ValueError(f"not a packed set: {packed!r}")
    species_id = _id(fields[1] or fields[0])
    if species_id not in SPECIES_NUMBERS:
        raise ValueError(f"no Gen 1 species {species_id!r} in {packed!r}")
    moves = [_id(move) for move in fields[4].split(",")]
    for move in moves:
        if move not in MOVE_NUMBERS:
            raise ValueError(f"no Gen 1 move {move!r} in {packed!r}")
    species = SPECIES_NUMBERS[species_id]
    level = int(fields[10]) if fields[10] else 100
    evs = _spread(fields[6], 252 if not fields[6] else 0)
    ivs = {stat: iv & 30 for stat, iv in _spread(fields[8], 31).items()}
    base = SPECIES_BASE[species]
    stats = []
    for place, stat in enumerate(("hp", "atk", "def", "spe", "spa")):
        # battle.statModify; natures do not exist.
        inner = 2 * int(base[place]) + ivs[stat] + evs[stat] // 4
        if stat == "hp":
            stats.append((inner + 100) * level // 100 + 10)
        else:
            stats.append(inner * level // 100 + 5)
    return PokemonSet(
        species=species,
        moves=tuple(MOVE_NUMBERS[move] for move in moves),
        level=level,
        stats=tuple(stats),
        speed_dv=ivs["spe"] + evs["spe"] // 4,
    )


def unpack_team(packed: str) -> tuple[PokemonSet, ...]:
    """The sets of a packed team of one to six."""
    team = tuple(unpack_set(one) for one in packed.split("]"))
    if not 1 <= len(team) <= 6:
        raise ValueError(f"a team has one to six Pokémon, this one {len(team)}: {packed!r}")
    return team


def write_team(lane: Lane, side: int, team: tuple[PokemonSet, ...]) -> None:
    """Puts a team into a lane, with all its HP and PP."""
    start = SIDE + side * SIDE_SIZE
    lane[start + TEAM_SIZE] = len(team)
    for slot, one in enumerate(team):
        own = TEAM + side * TEAM_SIDE_SIZE + slot * SET_SIZE
        lane[own + SET_SPECIES] = one.species
        lane[own + SET_TYPES : own + SET_TYPES + 2] = SPECIES_TYPES[one.species]
        lane[own + SET_LEVEL] = one.level
        lane[own + SET_SPEED_DV] = one.speed_dv
        lane[own + SET_STATS : own + SET_STATS + 4] = one.stats[1:]
        lane[own + SET_MOVES : own + SET_MOVES + len(one.moves)] = one.moves
        mon = start + MONS + slot * MON_SIZE
        lane[mon + HP] = lane[mon + MAX_HP] = one.stats[0]
        for place, move in enumerate(one.moves):
            lane[mon + MON_PP + place] = MOVE_TABLE[move, MAX_PP]


def write_seed(lane: Lane, seed: str) -> None:
    """Puts a seed into a lane: Showdown's `gen5,` and sixteen hex digits."""
    digits = seed.removeprefix("gen5,")
    if digits == seed or len(digits) != 16:
        raise ValueError(f"a seed is 'gen5,' and sixteen hex digits, not {seed!r}")
    lane[SEED : SEED + 4] = np.frombuffer(bytes.fromhex(digits), ">u2").astype(np.int16)


def new_lane(seed: str, team0: str, team1: str) -> Lane:
    """int16[LANE_SIZE] of a battle that `kernels.start` can start."""
    lane = np.zeros(LANE_SIZE, np.int16)
    write_seed(lane, seed)
    write_team(lane, 0, unpack_team(team0))
    write_team(lane, 1, unpack_team(team1))
    return lane
