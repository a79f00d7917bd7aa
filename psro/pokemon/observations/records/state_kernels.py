"""The features of a battle apart from any action: psro/pokemon/observations/state_features.py, compiled."""

from typing import Any

from psro.pokemon.gen1_battle import MAX_TEAM_SIZE
from psro.pokemon.observations.facts import NUM_SPECIES
from psro.pokemon.observations.layout import (
    ACTIVE_FEATURES,
    FOE_BENCH_FEATURES,
    GLOBAL_FEATURES,
    NUM_FOE_BENCH,
    NUM_FOE_MOVES,
    NUM_SWITCHES,
    STATUSES,
    TYPES,
)
from psro.pokemon.observations.records import fighters as f
from psro.pokemon.observations.records import record as r
from psro.pokemon.observations.records import tables as t
from psro.pokemon.observations.records.attacks import best_attack, meet
from psro.pokemon.observations.records.compiled import rule, whole
from psro.pokemon.observations.sighting import HP_SCALE
from psro.pokemon.observations.state_features import STAT_SCALE

_NUM_STATUSES, _NUM_TYPES = len(STATUSES), len(TYPES)
_STATUS = ACTIVE_FEATURES.index("status_par")
_BOOST = ACTIVE_FEATURES.index("boost_atk")
_MAX_HP = ACTIVE_FEATURES.index("max_hp")
_TYPE = ACTIVE_FEATURES.index("type_normal")
_EFFECT = ACTIVE_FEATURES.index("substitute")
_NUM_EFFECTS = ACTIVE_FEATURES.index("disabled") + 1 - _EFFECT
_AFTER_EFFECTS = _EFFECT + _NUM_EFFECTS
_NUM_ACTIVE, _NUM_GLOBAL = len(ACTIVE_FEATURES), len(GLOBAL_FEATURES)
_NUM_BENCH_FEATURES = len(FOE_BENCH_FEATURES)
_FOE_ACTIVE = _NUM_ACTIVE
_GLOBAL = 2 * _NUM_ACTIVE
_BENCH = _GLOBAL + _NUM_GLOBAL


@rule
def indicator(condition: bool) -> float:
    """1 or 0: numba's float takes no boolean."""
    return 1.0 if condition else 0.0


@rule
def speed_ratio(own: int, foe: int) -> float:
    """(own − foe) / (own + foe), in −1 … 1."""
    return (own - foe) / max(1, own + foe)


@rule
def comes_first(own: int, foe: int) -> float:
    """1, ½ on a tie, 0."""
    if own == foe:
        return 0.5
    return 1.0 if own > foe else 0.0


@rule
def threats(
    row: Any,
    foe: int,
    target: int,
    own: int,
    duel: Any,
    fighters: Any,
    shares: Any,
    moves: Any,
    chart: Any,
) -> tuple[float, float, float, float]:
    """The foe's best attack on `target`, mean and chance to KO: with moves it has shown, and with likely ones too.

    `own`: the own side's active fighter; `duel`: room to count in.
    """
    accuracy = whole(row[r.FOE_ACTIVE + r.BOOSTS_AT + f.BOOST_ACCURACY])
    evasion = whole(row[r.OWN_ACTIVE + r.BOOSTS_AT + f.BOOST_EVASION]) if target == own else 0
    num_known, num = fighters[foe, f.NUM_KNOWN], fighters[foe, f.NUM_CARRIED]
    meet(foe, target, fighters, duel)
    mean, ko_chance = best_attack(
        foe, 0, num_known, target, accuracy, evasion, duel, fighters, shares, moves, chart
    )
    more, more_ko = best_attack(
        foe, num_known, num, target, accuracy, evasion, duel, fighters, shares, moves, chart
    )
    more, more_ko = max(mean, more), max(ko_chance, more_ko)
    if target == own and row[r.OWN_ACTIVE + r.CONDITIONS] & r.SUBSTITUTE:
        return mean, 0.0, more, 0.0
    return mean, ko_chance, more, more_ko


@rule
def _write_active(row: Any, at: int, fighter: Any, fraction: float, moves: Any, out: Any) -> None:
    """layout.ACTIVE_FEATURES; `at` is where the active's block begins."""
    status, counter = fighter[f.STATUS], fighter[f.COUNTER]
    conditions = whole(row[at + r.CONDITIONS])
    out[0] = 1.0
    out[1] = fraction
    out[2] = fighter[f.HP] / HP_SCALE
    for k in range(_NUM_STATUSES):
        out[_STATUS + k] = status == k + 1
    out[_STATUS + _NUM_STATUSES] = min(counter, 7) / 7 if status == r.ASLEEP else 0.0
    out[_STATUS + _NUM_STATUSES + 1] = min(counter, 16) / 8 if status == r.BADLY_POISONED else 0.0
    boosts = at + r.BOOSTS_AT
    for k, boost in enumerate((0, 1, 2, 4, 5, 6)):  # the special's second name is left out
        out[_BOOST + k] = row[boosts + boost] / 3
    attack = f.boosted(fighter[f.ATTACK_IN_CRITICAL], whole(row[boosts]))
    out[_MAX_HP] = fighter[f.MAX_HP] / HP_SCALE
    out[_MAX_HP + 1] = (attack // 2 if status == r.BURNED else attack) / STAT_SCALE
    for k, (stat, boost) in enumerate(
        ((f.DEFENSE_IN_CRITICAL, 1), (f.SPECIAL_IN_CRITICAL, 2), (f.SPECIAL_IN_CRITICAL, 3))
    ):
        out[_MAX_HP + 2 + k] = f.boosted(fighter[stat], whole(row[boosts + boost])) / STAT_SCALE
    out[_TYPE - 1] = fighter[f.SPEED] / STAT_SCALE
    for k in range(_NUM_TYPES):
        out[_TYPE + k] = fighter[f.TYPE_1] == k or fighter[f.TYPE_2] == k
    for k in range(_NUM_EFFECTS):
        out[_EFFECT + k] = (conditions >> k) & 1
    out[_AFTER_EFFECTS] = (conditions & r.RECHARGING) != 0
    out[_AFTER_EFFECTS + 1] = (conditions & r.PREPARING) != 0
    out[_AFTER_EFFECTS + 2] = (conditions & (r.BIDING | r.RAGING)) != 0
    out[_AFTER_EFFECTS + 3] = moves[row[at + r.LAST_MOVE], t.TRAPS]
    out[_AFTER_EFFECTS + 4] = (conditions & r.TRANSFORMED) != 0
    out[_AFTER_EFFECTS + 5] = min(row[at + r.ACTIVE_TURNS], 10) / 5


@rule
def put_to_sleep(row: Any, first: int, active: int, at: int, fighters: Any) -> bool:
    """Whether one of six fighters from `first` is asleep by the other side's move: standing._any_put_to_sleep.

    `active`: the one on the field, `at`: where its active's block begins.
    """
    for k in range(first, first + r.TEAM_SIZE):
        if fighters[k, f.SPECIES] == 0 or not fighters[k, f.ALIVE]:
            continue
        if fighters[k, f.STATUS] != r.ASLEEP:
            continue
        last = whole(row[at + r.LAST_MOVE]) if k == active else 0
        rested = last == r.REST
        if last == 0:
            for s in range(fighters[k, f.NUM_KNOWN]):
                rested |= fighters[k, f.CARRIED + s] == r.REST
        if not rested:
            return True
    return False


@rule
def _team(first: int, fighters: Any, shares: Any) -> tuple[int, float, int, int]:
    """How many are alive, their HP in fractions, how many have a status, how many are asleep or frozen."""
    alive = statused = out = 0
    fractions = 0.0
    for k in range(first, first + r.TEAM_SIZE):
        if fighters[k, f.SPECIES] == 0:
            continue
        fractions += shares[k, f.FRACTION]
        if fighters[k, f.ALIVE]:
            alive += 1
            statused += fighters[k, f.STATUS] != r.HEALTHY
            out += fighters[k, f.IS_OUT]
    return alive, fractions, statused, out


@rule
def _write_global(
    row: Any,
    best_damage: float,
    best_ko_chance: float,
    clauses: Any,
    duel: Any,
    fighters: Any,
    shares: Any,
    moves: Any,
    chart: Any,
    out: Any,
) -> None:
    """layout.GLOBAL_FEATURES"""
    own = whole(row[r.OWN_ACTIVE + r.SLOT])
    foe = f.FIRST_FOE + whole(row[r.FOE_ACTIVE + r.SLOT])
    own_alive, own_hp, own_statused, own_out = _team(0, fighters, shares)
    foe_alive, foe_hp, foe_statused, foe_out = _team(f.FIRST_FOE, fighters, shares)
    num_unrevealed = whole(row[r.FOE_TEAM_SIZE])
    for k in range(f.FIRST_FOE, f.NUM_FIGHTERS):
        num_unrevealed -= fighters[k, f.SPECIES] != 0
    foe_alive += num_unrevealed
    foe_hp += num_unrevealed
    known = known_ko = likely = likely_ko = 0.0
    own_hp_left = 1
    if fighters[own, f.ALIVE] and fighters[foe, f.ALIVE]:
        known, known_ko, likely, likely_ko = threats(
            row, foe, own, own, duel, fighters, shares, moves, chart
        )
        own_hp_left = fighters[own, f.HP]
    num_switches = 0
    for k in range(NUM_SWITCHES):
        num_switches += row[r.SWITCHES + k] != 0
    own_speed, foe_speed = fighters[own, f.SPEED], fighters[foe, f.SPEED]
    features = (
        min(row[r.TURN], 200) / 100,
        float(row[r.FORCED_SWITCH]),
        own_alive / MAX_TEAM_SIZE,
        foe_alive / MAX_TEAM_SIZE,
        (own_alive - foe_alive) / MAX_TEAM_SIZE,
        own_hp / MAX_TEAM_SIZE,
        foe_hp / MAX_TEAM_SIZE,
        (own_hp - foe_hp) / MAX_TEAM_SIZE,
        own_statused / MAX_TEAM_SIZE,
        foe_statused / MAX_TEAM_SIZE,
        own_out / MAX_TEAM_SIZE,
        foe_out / MAX_TEAM_SIZE,
        num_unrevealed / MAX_TEAM_SIZE,
        indicator(clauses[0]),
        indicator(clauses[1]),
        indicator(clauses[2]),
        comes_first(own_speed, foe_speed),
        speed_ratio(own_speed, foe_speed),
        best_damage,
        best_ko_chance,
        known / own_hp_left,
        known_ko,
        likely / own_hp_left,
        likely_ko,
        shares[foe, f.THREATS + 3],
        shares[foe, f.THREATS],
        shares[foe, f.THREATS + 1],
        shares[foe, f.THREATS + 2],
        min(fighters[foe, f.NUM_KNOWN], NUM_FOE_MOVES) / NUM_FOE_MOVES,
        num_switches / NUM_SWITCHES,
    )
    for k, feature in enumerate(features):
        out[k] = feature


@rule
def foe_bench(row: Any, fighters: Any, species: Any, bench: Any) -> int:
    """Writes the foe's fighters that are not active to `bench`, by species; returns how many there are."""
    num = 0
    foe = f.FIRST_FOE + row[r.FOE_ACTIVE + r.SLOT]
    for k in range(f.FIRST_FOE, f.NUM_FIGHTERS):
        if fighters[k, f.SPECIES] == 0 or k == foe:
            continue
        rank = species[fighters[k, f.SPECIES], t.SPECIES_ALPHABETICAL]
        at = num
        while at > 0 and species[fighters[bench[at - 1], f.SPECIES], t.SPECIES_ALPHABETICAL] > rank:
            bench[at] = bench[at - 1]
            at -= 1
        bench[at] = k
        num += 1
    return min(num, NUM_FOE_BENCH)


@rule
def _write_bench(
    own: int,
    num: int,
    bench: Any,
    duel: Any,
    fighters: Any,
    shares: Any,
    moves: Any,
    chart: Any,
    out: Any,
) -> None:
    """NUM_FOE_BENCH blocks of layout.FOE_BENCH_FEATURES."""
    out[:] = 0
    for place in range(num):
        k = bench[place]
        alive = fighters[k, f.ALIVE] != 0
        at = place * _NUM_BENCH_FEATURES
        out[at] = 1.0
        out[at + 1] = shares[k, f.FRACTION]
        out[at + 2] = not alive
        out[at + 3] = alive and fighters[k, f.STATUS] != r.HEALTHY
        out[at + 4] = fighters[k, f.IS_OUT]
        out[at + 5] = alive and fighters[k, f.SPEED] > fighters[own, f.SPEED]
        if alive and fighters[own, f.ALIVE]:
            meet(k, own, fighters, duel)
            mean, _ = best_attack(
                k, 0, fighters[k, f.NUM_CARRIED], own, 0, 0, duel, fighters, shares, moves, chart
            )
            out[at + 6] = mean / fighters[own, f.HP]


@rule
def write_state(
    row: Any,
    best_damage: float,
    best_ko_chance: float,
    num_bench: int,
    bench: Any,
    clauses: Any,
    duel: Any,
    fighters: Any,
    shares: Any,
    moves: Any,
    chart: Any,
    out: Any,
) -> None:
    """layout.STATE_FEATURES into `out`.

    `best_damage`: the most expected damage of the legal moves as a share of the foe's HP; `bench`: from foe_bench; `duel`: room
    to count in.
    """
    own = whole(row[r.OWN_ACTIVE + r.SLOT])
    foe = f.FIRST_FOE + whole(row[r.FOE_ACTIVE + r.SLOT])
    _write_active(row, r.OWN_ACTIVE, fighters[own], shares[own, f.FRACTION], moves, out)
    _write_active(
        row, r.FOE_ACTIVE, fighters[foe], shares[foe, f.FRACTION], moves, out[_FOE_ACTIVE:]
    )
    _write_global(
        row,
        best_damage,
        best_ko_chance,
        clauses,
        duel,
        fighters,
        shares,
        moves,
        chart,
        out[_GLOBAL:],
    )
    _write_bench(own, num_bench, bench, duel, fighters, shares, moves, chart, out[_BENCH:])


@rule
def write_state_ids(
    row: Any, num_bench: int, bench: Any, fighters: Any, moves: Any, out: Any
) -> None:
    """layout.STATE_IDS into `out`."""
    foe = f.FIRST_FOE + whole(row[r.FOE_ACTIVE + r.SLOT])
    out[:] = 0
    out[0] = fighters[row[r.OWN_ACTIVE + r.SLOT], f.SPECIES]
    out[1] = fighters[foe, f.SPECIES]
    for k in range(NUM_SWITCHES):
        slot = row[r.SWITCHES + k]
        if slot != 0:
            out[2 + k] = fighters[slot - 1, f.SPECIES]
    at = 2 + NUM_SWITCHES
    for k in range(num_bench):
        out[at + k] = fighters[bench[k], f.SPECIES]
    at += NUM_FOE_BENCH
    for side in range(2):
        last = row[(r.OWN_ACTIVE, r.FOE_ACTIVE)[side] + r.LAST_MOVE]
        if last != 0:
            out[at + side] = NUM_SPECIES + last
    at += 2
    num = fighters[foe, f.NUM_KNOWN]
    for k in range(num):
        move = fighters[foe, f.CARRIED + k]
        place = 0
        for other in range(num):
            another = fighters[foe, f.CARRIED + other]
            place += moves[another, t.ALPHABETICAL] < moves[move, t.ALPHABETICAL]
        out[at + place] = NUM_SPECIES + move
