"""How far the own side is ahead in each of many records: psro.pokemon.rewards.margin, compiled."""

from typing import Any

from psro.pokemon.observations.records import record as r
from psro.pokemon.observations.records.compiled import kernel, rule


@rule
def _write(records: Any, margins: Any) -> None:
    for n in range(len(records)):
        hp = 0.0
        alive = statused = 0
        num_unrevealed = records[n, r.FOE_TEAM_SIZE] + 0
        for k in range(2 * r.TEAM_SIZE):
            at = r.OWN + k * r.POKEMON_WIDTH
            if records[n, at + r.SPECIES] == 0:
                continue
            sign = 1
            if k >= r.TEAM_SIZE:
                sign = -1
                num_unrevealed -= 1
            status = records[n, at + r.STATUS]
            if status == r.FAINTED:
                continue
            alive += sign
            hp += sign * (records[n, at + r.HP] / max(records[n, at + r.MAX_HP], 1))
            if status != r.HEALTHY:
                statused += sign
        # 6 even for smaller teams: a Pokémon is worth the same in every battle.
        margins[n] = (
            0.5 * (hp - num_unrevealed) + 0.5 * (alive - num_unrevealed) - 0.1 * statused
        ) / r.TEAM_SIZE


@kernel("void(int16[:, ::1], float64[::1])")
def write_margins(records: Any, margins: Any) -> None:
    """Writes Φ of each record [N, WIDTH] to `margins` [N]."""
    _write(records, margins)


@kernel("void(float64[:, ::1], float64[::1])")
def write_margins_of_fractions(records: Any, margins: Any) -> None:
    """The same of records whose HP are fractions of 1, as parsed replays have them (psro.pokemon.parsed_replays)."""
    _write(records, margins)
