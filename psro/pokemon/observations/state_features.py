"""The features of a battle apart from any action: both active Pokémon, both teams, the matchup."""

from psro.pokemon.damage import boosted, speed_of
from psro.pokemon.gen1_battle import MAX_TEAM_SIZE
from psro.pokemon.observations.estimates import BestAttack, best_attack
from psro.pokemon.observations.facts import MOVE_ID, MOVES, NO_ID
from psro.pokemon.observations.layout import (
    ACTIVE_FEATURES,
    BOOSTS,
    FOE_BENCH_FEATURES,
    GLOBAL_FEATURES,
    NUM_FOE_BENCH,
    NUM_FOE_MOVES,
    NUM_SWITCHES,
    STATE_IDS,
    STATUSES,
    TYPES,
)
from psro.pokemon.observations.sighting import ASLEEP, FROZEN, Sighting
from psro.pokemon.observations.standing import Standing
from psro.pokemon.observations.switch_features import NO_ATTACK, carries, speed_ratio, threats
from psro.pokemon.state import BattleState

_TOXIC = STATUSES.index("tox")
_TYPE_INDEX = {name: k for k, name in enumerate(TYPES)}
TRAPPING = frozenset(move.id for move in MOVES.values() if move.traps)
_NOBODY = [0.0] * len(ACTIVE_FEATURES)
_STAT_SCALE = 500
_HP_SCALE = 350


def active_features(
    sighting: Sighting | None, effects: frozenset[str], last_move: str | None
) -> list[float]:
    """An active Pokémon in the order of layout.ACTIVE_FEATURES; zeros where there is none."""
    if sighting is None:
        return _NOBODY
    pokemon, combatant = sighting.pokemon, sighting.combatant
    status = [0.0] * len(STATUSES)
    if sighting.status >= 0:
        status[sighting.status] = 1.0
    kinds = [0.0] * len(TYPES)
    for name in combatant.types:
        if name in _TYPE_INDEX:
            kinds[_TYPE_INDEX[name]] = 1.0
    boosts = pokemon.boosts
    attack = boosted(combatant.attack, combatant.attack_boost)
    features = [
        1.0,
        sighting.fraction,
        sighting.hp / _HP_SCALE,
        *status,
        min(pokemon.status_counter, 7) / 7 if sighting.status == ASLEEP else 0.0,
        min(pokemon.status_counter, 16) / 8 if sighting.status == _TOXIC else 0.0,
        *[boosts[name] / 3 for name in BOOSTS],
        sighting.max_hp / _HP_SCALE,
        (attack // 2 if combatant.is_burned else attack) / _STAT_SCALE,
        boosted(combatant.defense, combatant.defense_boost) / _STAT_SCALE,
        boosted(combatant.special, combatant.special_attack_boost) / _STAT_SCALE,
        boosted(combatant.special, combatant.special_defense_boost) / _STAT_SCALE,
        speed_of(combatant) / _STAT_SCALE,
        *kinds,
        float("substitute" in effects),
        float(combatant.reflect),
        float(combatant.light_screen),
        float("leech_seed" in effects),
        float("confusion" in effects),
        float(combatant.focus_energy),
        float("mist" in effects),
        float("disabled" in effects),
        float(pokemon.must_recharge),
        float(pokemon.preparing),
        float("biding" in effects or "raging" in effects),
        float(last_move in TRAPPING),
        float(pokemon.transformed),
        min(pokemon._active_turns, 10) / 5,
    ]
    assert len(features) == len(ACTIVE_FEATURES)
    return features


def global_features(
    state: BattleState, standing: Standing, best_damage: float, best_ko_chance: float
) -> list[float]:
    """The battle as a whole, in the order of layout.GLOBAL_FEATURES.

    `best_damage`: the most expected damage of the own active Pokémon's legal moves as a share of the foe's
    HP, `best_ko_chance` their best chance to KO.
    """
    own, foe = standing.own, standing.foe
    own_alive = sum([s.alive for s in standing.own_team])
    num_unrevealed = standing.num_unrevealed
    foe_alive = num_unrevealed + sum([s.alive for s in standing.foe_team])
    own_hp = sum([s.fraction for s in standing.own_team])
    foe_hp = num_unrevealed + sum([s.fraction for s in standing.foe_team])
    known = likely = NO_ATTACK
    own_hp_left = 1
    if own is not None and foe is not None and own.alive and foe.alive:
        known, likely = threats(foe, own, standing)
        own_hp_left = own.hp
    may = (0.0, 0.0, 0.0, 0.0) if foe is None else carries(foe.known_moves + foe.likely_moves)
    sleeps, paralyzes, heals, explodes = may
    features = [
        min(state.battle.turn, 200) / 100,
        float(state.forced_switch),
        own_alive / MAX_TEAM_SIZE,
        foe_alive / MAX_TEAM_SIZE,
        (own_alive - foe_alive) / MAX_TEAM_SIZE,
        own_hp / MAX_TEAM_SIZE,
        foe_hp / MAX_TEAM_SIZE,
        (own_hp - foe_hp) / MAX_TEAM_SIZE,
        sum([s.status >= 0 and s.alive for s in standing.own_team]) / MAX_TEAM_SIZE,
        sum([s.status >= 0 and s.alive for s in standing.foe_team]) / MAX_TEAM_SIZE,
        sum([_is_out(s) for s in standing.own_team]) / MAX_TEAM_SIZE,
        sum([_is_out(s) for s in standing.foe_team]) / MAX_TEAM_SIZE,
        num_unrevealed / MAX_TEAM_SIZE,
        float(standing.sleep_clause_used_on_foe),
        float(standing.sleep_clause_used_on_own),
        float(standing.freeze_clause_used_on_foe),
        0.5
        if standing.own_speed == standing.foe_speed
        else float(standing.own_speed > standing.foe_speed),
        speed_ratio(standing.own_speed, standing.foe_speed),
        best_damage,
        best_ko_chance,
        known.mean / own_hp_left,
        known.ko_chance,
        likely.mean / own_hp_left,
        likely.ko_chance,
        explodes,
        sleeps,
        paralyzes,
        heals,
        (0 if foe is None else min(len(foe.known_moves), NUM_FOE_MOVES)) / NUM_FOE_MOVES,
        sum([option is not None for option in state.switches]) / NUM_SWITCHES,
    ]
    assert len(features) == len(GLOBAL_FEATURES)
    return features


def foe_bench(standing: Standing) -> list[Sighting]:
    """The foe's revealed Pokémon that are not active, by species: at most five."""
    bench = [s for s in standing.foe_team if s is not standing.foe]
    bench.sort(key=_species_of)
    return bench[:NUM_FOE_BENCH]


def _species_of(sighting: Sighting) -> str:
    return sighting.id


def foe_bench_features(bench: list[Sighting], standing: Standing) -> list[float]:
    """The foe's revealed bench, NUM_FOE_BENCH blocks of layout.FOE_BENCH_FEATURES, zero-padded."""
    own = standing.own
    features: list[float] = []
    for sighting in bench:
        attack: BestAttack = NO_ATTACK
        hp_left = 1
        if own is not None and own.alive and sighting.alive:
            moves = sighting.known_moves + sighting.likely_moves
            attack = best_attack(moves, sighting.combatant, own.combatant, own.hp)
            hp_left = own.hp
        features += [
            1.0,
            sighting.fraction,
            float(not sighting.alive),
            float(sighting.status >= 0 and sighting.alive),
            float(_is_out(sighting)),
            float(sighting.alive and speed_of(sighting.combatant) > standing.own_speed),
            attack.mean / hp_left,
        ]
    features += [0.0] * (NUM_FOE_BENCH * len(FOE_BENCH_FEATURES) - len(features))
    return features


def state_ids(state: BattleState, bench: list[Sighting], standing: Standing) -> list[int]:
    """Who and what is there, in the order of layout.STATE_IDS; 0 for nothing."""
    foe = standing.foe
    ids = [
        NO_ID if standing.own is None else standing.own.species.number,
        NO_ID if foe is None else foe.species.number,
        *[
            NO_ID if o is None else standing.sighting_of(o.pokemon).species.number
            for o in state.switches
        ],
        *[s.species.number for s in bench],
        *[NO_ID] * (NUM_FOE_BENCH - len(bench)),
        MOVE_ID.get(standing.own_last_move or "", NO_ID),
        MOVE_ID.get(standing.foe_last_move or "", NO_ID),
    ]
    known = [] if foe is None else sorted([move for move, _ in foe.known_moves])[:NUM_FOE_MOVES]
    ids += [MOVE_ID[move] for move in known]
    ids += [NO_ID] * (NUM_FOE_MOVES - len(known))
    assert len(ids) == len(STATE_IDS)
    return ids


def _is_out(sighting: Sighting) -> bool:
    return sighting.alive and sighting.status in (ASLEEP, FROZEN)
