"""The features of a battle apart from any action: both active Pokémon, both teams, the matchup."""

from collections.abc import Sequence
from functools import lru_cache
from operator import attrgetter

from poke_env.battle.pokemon import Pokemon

from psro.pokemon.damage import Combatant, boosted, speed_of
from psro.pokemon.gen1_battle import MAX_TEAM_SIZE
from psro.pokemon.observations.estimates import best_attack
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
from psro.pokemon.observations.sighting import ASLEEP, HP_SCALE, Sighting
from psro.pokemon.observations.standing import Standing, Team
from psro.pokemon.observations.switch_features import NO_ATTACK, speed_ratio, threats
from psro.pokemon.state import BattleState

_TOXIC = STATUSES.index("tox")
_TYPE_INDEX = {name: k for k, name in enumerate(TYPES)}
TRAPPING = frozenset(move.id for move in MOVES.values() if move.traps)
_NOBODY = (0.0,) * len(ACTIVE_FEATURES)
_NO_BOOSTS = (0.0,) * len(BOOSTS)
_EFFECTS = ACTIVE_FEATURES[
    ACTIVE_FEATURES.index("substitute") : ACTIVE_FEATURES.index("disabled") + 1
]
_NO_EFFECTS = (0.0,) * len(_EFFECTS)
_UNREVEALED = (0.0,) * len(FOE_BENCH_FEATURES)
_NO_MOVES = (NO_ID,) * NUM_FOE_MOVES
_SPECIES_OF = attrgetter("id")
STAT_SCALE = 500


def active_features(
    pokemon: Pokemon | None,
    sighting: Sighting | None,
    effects: frozenset[str],
    last_move: str | None,
) -> Sequence[float]:
    """An active Pokémon in the order of layout.ACTIVE_FEATURES; zeros where there is none."""
    if pokemon is None or sighting is None:
        return _NOBODY
    status, counter = sighting.status, pokemon._status_counter
    boosts = pokemon._boosts
    features = (
        1.0,
        *sighting.condition,
        min(counter, 7) / 7 if status == ASLEEP else 0.0,
        min(counter, 16) / 8 if status == _TOXIC else 0.0,
        *([boosts[name] / 3 for name in BOOSTS] if any(boosts.values()) else _NO_BOOSTS),
        sighting.max_hp / HP_SCALE,
        *_build_features(sighting.combatant),
        *(_effect_features(effects) if effects else _NO_EFFECTS),
        pokemon._must_recharge,
        pokemon.preparing,
        "biding" in effects or "raging" in effects,
        last_move in TRAPPING,
        pokemon.transformed,
        min(pokemon._active_turns, 10) / 5,
    )
    assert len(features) == len(ACTIVE_FEATURES)
    return features


@lru_cache(maxsize=1 << 14)
def _build_features(combatant: Combatant) -> tuple[float, ...]:
    """Stats, boosted, then types."""
    kinds = [0.0] * len(TYPES)
    for name in combatant.types:
        if name in _TYPE_INDEX:
            kinds[_TYPE_INDEX[name]] = 1.0
    attack = boosted(combatant.attack, combatant.attack_boost)
    return (
        (attack // 2 if combatant.is_burned else attack) / STAT_SCALE,
        boosted(combatant.defense, combatant.defense_boost) / STAT_SCALE,
        boosted(combatant.special, combatant.special_attack_boost) / STAT_SCALE,
        boosted(combatant.special, combatant.special_defense_boost) / STAT_SCALE,
        speed_of(combatant) / STAT_SCALE,
        *kinds,
    )


def _effect_features(effects: frozenset[str]) -> list[float]:
    return [float(name in effects) for name in _EFFECTS]


def global_features(
    state: BattleState, standing: Standing, best_damage: float, best_ko_chance: float
) -> tuple[float, ...]:
    """The battle as a whole, in the order of layout.GLOBAL_FEATURES.

    `best_damage`: the most expected damage of the own active Pokémon's legal moves as a share of the foe's
    HP, `best_ko_chance` their best chance to KO.
    """
    own, foe = standing.own, standing.foe
    num_unrevealed = standing.num_unrevealed
    own_alive, own_hp, own_statused, own_out = _team_features(standing.own_team)
    foe_alive, foe_hp, foe_statused, foe_out = _team_features(standing.foe_team)
    foe_alive += num_unrevealed
    foe_hp += num_unrevealed
    known = likely = NO_ATTACK
    own_hp_left = 1
    if own is not None and foe is not None and own.alive and foe.alive:
        known, likely = threats(foe, own, standing)
        own_hp_left = own.hp
    sleeps, paralyzes, heals, explodes = (0.0, 0.0, 0.0, 0.0) if foe is None else foe.moves.carries
    own_speed, foe_speed = standing.own_speed, standing.foe_speed
    features = (
        min(state.battle.turn, 200) / 100,
        state.forced_switch,
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
        standing.sleep_clause_used_on_foe,
        standing.sleep_clause_used_on_own,
        standing.freeze_clause_used_on_foe,
        0.5 if own_speed == foe_speed else own_speed > foe_speed,
        speed_ratio(own_speed, foe_speed),
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
        (0 if foe is None else min(len(foe.moves.known), NUM_FOE_MOVES)) / NUM_FOE_MOVES,
        (NUM_SWITCHES - state.switches.count(None)) / NUM_SWITCHES,
    )
    assert len(features) == len(GLOBAL_FEATURES)
    return features


def _team_features(team: Team) -> tuple[int, float, int, int]:
    """How many are alive, their HP in fractions, how many of them have a status, how many are asleep or frozen."""
    alive = statused = out = 0
    for _, sighting in team:
        if sighting.alive:
            alive += 1
            statused += sighting.status >= 0
            out += sighting.is_out
    return alive, sum([s.fraction for _, s in team]), statused, out


def foe_bench(standing: Standing) -> list[Sighting]:
    """The foe's revealed Pokémon that are not active, by species: at most five."""
    foe = standing.foe
    bench = [s for _, s in standing.foe_team if s is not foe]
    bench.sort(key=_SPECIES_OF)
    return bench[:NUM_FOE_BENCH]


def foe_bench_features(bench: list[Sighting], standing: Standing) -> list[float]:
    """The foe's revealed bench, NUM_FOE_BENCH blocks of layout.FOE_BENCH_FEATURES, zero-padded."""
    own = standing.own
    features: list[float] = []
    for sighting in bench:
        alive = sighting.alive
        mean, hp_left = 0.0, 1
        if own is not None and own.alive and alive:
            hp_left = own.hp
            mean, _ = best_attack(
                sighting.moves.known_or_likely, sighting.combatant, own.combatant, hp_left
            )
        features += (
            1.0,
            sighting.fraction,
            not alive,
            alive and sighting.status >= 0,
            sighting.is_out,
            alive and sighting.speed > standing.own_speed,
            mean / hp_left,
        )
    features += _UNREVEALED * (NUM_FOE_BENCH - len(bench))
    return features


def state_ids(state: BattleState, bench: list[Sighting], standing: Standing) -> list[int]:
    """Who and what is there, in the order of layout.STATE_IDS; 0 for nothing."""
    own, foe = standing.own, standing.foe
    ids = [
        NO_ID if own is None else own.species.number,
        NO_ID if foe is None else foe.species.number,
        *[
            NO_ID if o is None else standing.sighting_of(o.pokemon).species.number
            for o in state.switches
        ],
        *[s.species.number for s in bench],
        *[NO_ID] * (NUM_FOE_BENCH - len(bench)),
        MOVE_ID.get(standing.own_last_move or "", NO_ID),
        MOVE_ID.get(standing.foe_last_move or "", NO_ID),
        *(_NO_MOVES if foe is None else foe.moves.known_ids),
    ]
    assert len(ids) == len(STATE_IDS)
    return ids
