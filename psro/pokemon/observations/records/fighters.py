"""The twelve Pokémon of a record in the terms of the damage formulas: psro/pokemon/observations/sighting.py, compiled.

Fighters 0 … 5 are the own team in a record's order, 6 … 11 the foe's. What is computed of a record lies in Scratch arrays,
which a kernel makes once for all of its records.
"""

from typing import Any

import numpy as np

from psro.pokemon.damage import MAX_STAT
from psro.pokemon.observations.records import record as r
from psro.pokemon.observations.records import tables as t
from psro.pokemon.observations.records.compiled import rule, whole
from psro.pokemon.observations.records.record import TEAM_SIZE

NUM_FIGHTERS = 2 * TEAM_SIZE
FIRST_FOE = TEAM_SIZE

# Columns of fighters, int64 [NUM_FIGHTERS, NUM_COLUMNS].
(
    SPECIES,
    ALIVE,
    IS_OUT,
    LEVEL,
    HP,
    MAX_HP,
    STATUS,
    COUNTER,
    TYPE_1,
    TYPE_2,
    SPEED,
    CRITICAL,
    CRITICAL_HIGH,
    ATTACK,
    ATTACK_IN_CRITICAL,
    SPECIAL_ATTACK,
    SPECIAL_IN_CRITICAL,
    DEFENSE,
    DEFENSE_IN_CRITICAL,
    SPECIAL_DEFENSE,
    NUM_KNOWN,
    NUM_CARRIED,
    CARRIED,
) = range(23)
MAX_CARRIED = r.MOVES_PER_POKEMON + t.MAX_LIKELY
NUM_COLUMNS = CARRIED + MAX_CARRIED
"""CARRIED: NUM_KNOWN moves that are known, then those likely of a foe; the latter count into NUM_CARRIED."""

# Columns of shares, float64 [NUM_FIGHTERS, NUM_SHARES].
FRACTION = 0
THREATS = 1
"""How likely a move is carried that puts to sleep, paralyses for sure, heals by half or more, explodes."""
CHANCES = THREATS + t.NUM_THREATS
"""How likely each of CARRIED is there."""
NUM_SHARES = CHANCES + MAX_CARRIED

_ATTACK, _DEFENSE, _SPECIAL, _SPEED = range(4)
_BOOST_ATTACK, _BOOST_DEFENSE, _BOOST_SPECIAL, _BOOST_SPECIAL_DEFENSE, _BOOST_SPEED = range(5)
BOOST_ACCURACY, BOOST_EVASION = 5, 6


@rule
def boosted(value: int, stage: int) -> int:
    """damage.boosted"""
    return max(1, min(MAX_STAT, value * t.STAGE_PERCENT[stage + 6] // 100))


@rule
def _fill_health(row: Any, at: int, k: int, fighters: Any, shares: Any, species: Any) -> None:
    hp = whole(row[at + r.HP])
    full = whole(row[at + r.MAX_HP])
    status = whole(row[at + r.STATUS])
    level = whole(row[at + r.LEVEL])
    fraction = hp / full if full > 0 else 0.0
    if k >= FIRST_FOE:
        full = species[row[at + r.SPECIES], t.GROWTH_HP] * level // 100 + level + 10
        hp = whole(fraction * full + 0.5)
    alive = fraction > 0 and status != r.FAINTED
    if alive:
        hp = max(1, hp)
    elif status == r.FAINTED:
        status = r.HEALTHY
    fighters[k, ALIVE] = alive
    fighters[k, IS_OUT] = alive and (status == r.ASLEEP or status == r.FROZEN)
    fighters[k, LEVEL] = level
    fighters[k, HP] = hp
    fighters[k, MAX_HP] = full
    fighters[k, STATUS] = status
    fighters[k, COUNTER] = row[at + r.COUNTER]
    shares[k, FRACTION] = fraction


@rule
def _fill_formula(
    row: Any, active: int, number: int, stats: Any, fighter: Any, species: Any
) -> None:
    """What the damage formula reads, boosts, burn and screens counted in. `active`: where its active's block is, or −1."""
    attack, defense, special, speed = stats[0], stats[1], stats[2], stats[3]
    fighter[ATTACK_IN_CRITICAL] = attack
    fighter[DEFENSE_IN_CRITICAL] = defense
    fighter[SPECIAL_IN_CRITICAL] = special
    fighter[TYPE_1] = species[number, t.FIRST_TYPE]
    fighter[TYPE_2] = species[number, t.SECOND_TYPE]
    stage_attack = stage_defense = stage_special = stage_special_defense = stage_speed = 0
    conditions = 0
    if active >= 0:
        fighter[TYPE_1] = row[active + r.TYPES_AT]
        fighter[TYPE_2] = row[active + r.TYPES_AT + 1]
        boosts = active + r.BOOSTS_AT
        stage_attack = whole(row[boosts + _BOOST_ATTACK])
        stage_defense = whole(row[boosts + _BOOST_DEFENSE])
        stage_special = whole(row[boosts + _BOOST_SPECIAL])
        stage_special_defense = whole(row[boosts + _BOOST_SPECIAL_DEFENSE])
        stage_speed = whole(row[boosts + _BOOST_SPEED])
        conditions = whole(row[active + r.CONDITIONS])
    attack = boosted(attack, stage_attack)
    if fighter[STATUS] == r.BURNED:
        attack = max(1, attack // 2)
    defense = boosted(defense, stage_defense)
    if conditions & r.REFLECT:
        defense *= 2
    special_defense = boosted(special, stage_special_defense)
    if conditions & r.LIGHT_SCREEN:
        special_defense *= 2
    speed = boosted(speed, stage_speed)
    if fighter[STATUS] == r.PARALYZED:
        speed = max(1, speed // 4)
    fighter[ATTACK] = attack
    fighter[DEFENSE] = defense
    fighter[SPECIAL_ATTACK] = boosted(special, stage_special)
    fighter[SPECIAL_DEFENSE] = special_defense
    fighter[SPEED] = speed
    focused = (conditions & r.FOCUS_ENERGY) != 0
    fighter[CRITICAL] = species[number, t.CRITICAL_FOCUSED if focused else t.CRITICAL]
    fighter[CRITICAL_HIGH] = species[
        number, t.CRITICAL_HIGH_FOCUSED if focused else t.CRITICAL_HIGH
    ]


@rule
def fill_fighter(row: Any, k: int, stats: Any, fighters: Any, shares: Any, species: Any) -> None:
    """Everything of one of them but its moves; an empty block gets SPECIES 0 and ALIVE 0. `stats` [4] is room to count in."""
    at = r.OWN + k * r.POKEMON_WIDTH
    number = whole(row[at + r.SPECIES])
    fighters[k, SPECIES] = number
    if number == 0:
        fighters[k, ALIVE] = 0
        return
    active = -1
    if k == row[r.OWN_ACTIVE + r.SLOT]:
        active = r.OWN_ACTIVE
    elif k == FIRST_FOE + row[r.FOE_ACTIVE + r.SLOT]:
        active = r.FOE_ACTIVE
    form = number
    if active >= 0:
        form = whole(row[active + r.FORM])
    _fill_health(row, at, k, fighters, shares, species)
    level = whole(row[at + r.LEVEL])
    if k >= FIRST_FOE or (active >= 0 and row[active + r.CONDITIONS] & r.TRANSFORMED):
        stats[_ATTACK] = species[form, t.GROWTH_ATTACK] * level // 100 + 5
        stats[_DEFENSE] = species[form, t.GROWTH_DEFENSE] * level // 100 + 5
        stats[_SPECIAL] = species[form, t.GROWTH_SPECIAL] * level // 100 + 5
        stats[_SPEED] = species[form, t.GROWTH_SPEED] * level // 100 + 5
    else:
        for s in range(4):
            stats[s] = row[at + r.STATS + s]
    _fill_formula(row, active, number, stats, fighters[k], species)


@rule
def fill_fighters(row: Any, fighters: Any, shares: Any, species: Any) -> None:
    """Everything of all twelve but their moves."""
    stats = np.empty(4, np.int64)
    for k in range(NUM_FIGHTERS):
        fill_fighter(row, k, stats, fighters, shares, species)


@rule
def _fill_likely(
    number: int, num_known: int, fighter: Any, share: Any, species: Any, likely: Any
) -> int:
    """Appends the moves not seen yet that a foe's species often carries; returns how many there are then."""
    num = num_known
    total = 0.0
    for s in range(species[number, t.NUM_LIKELY]):
        move = species[number, t.LIKELY + s]
        seen = False
        for known in range(num_known):
            seen |= fighter[CARRIED + known] == move
        if not seen:
            fighter[CARRIED + num] = move
            share[CHANCES + num] = likely[number, s]
            total += likely[number, s]
            num += 1
    # A surprising move seen makes room for one fewer of the usual ones.
    scale = 1.0
    if total != 0:
        scale = min(1.0, (r.MOVES_PER_POKEMON - num_known) / total)
    for s in range(num_known, num):
        share[CHANCES + s] *= scale
    return num


@rule
def fill_carried(
    row: Any, fighters: Any, shares: Any, move_shares: Any, species: Any, likely: Any
) -> None:
    """The moves that each is known to carry or may carry, and how likely: sighting.Moves."""
    for k in range(NUM_FIGHTERS):
        number = fighters[k, SPECIES]
        if number == 0:
            continue
        at = r.OWN + k * r.POKEMON_WIDTH
        num = 0
        for s in range(r.MOVES_PER_POKEMON):
            move = whole(row[at + r.MOVES + s])
            # What of a foe has no PP left is no threat; an own Pokémon's PP stand in its actions.
            if move != 0 and (k < FIRST_FOE or row[at + r.PP + s] > 0):
                fighters[k, CARRIED + num] = move
                shares[k, CHANCES + num] = 1.0
                num += 1
        fighters[k, NUM_KNOWN] = num
        if k >= FIRST_FOE and num < r.MOVES_PER_POKEMON:
            num = _fill_likely(number, num, fighters[k], shares[k], species, likely)
        fighters[k, NUM_CARRIED] = num
        for threat in range(t.NUM_THREATS):
            chance = 0.0
            for s in range(num):
                if move_shares[fighters[k, CARRIED + s], t.SLEEP_THREAT + threat] != 0:
                    chance = max(chance, shares[k, CHANCES + s])
            shares[k, THREATS + threat] = chance
