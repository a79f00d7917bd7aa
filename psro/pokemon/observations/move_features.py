"""The features of a move as an action: what it is, and what it would do to the foe now."""

from functools import cache, lru_cache

from psro.pokemon.damage import Combatant, effectiveness, speed_of
from psro.pokemon.observations.estimates import NOTHING, Attack, attack, hit_chance
from psro.pokemon.observations.facts import MOVES, MoveFacts
from psro.pokemon.observations.layout import (
    DYNAMIC_MOVE_FEATURES,
    STATIC_MOVE_FEATURES,
    STATUSES,
)
from psro.pokemon.observations.sighting import ASLEEP, HEALTHY, Sighting
from psro.pokemon.observations.standing import Standing

_HEALS_HALF = frozenset({"recover", "softboiled"})
_CALLS_OR_COPIES = frozenset({"metronome", "mirrormove", "mimic", "transform"})
_NO_STATIC = (0.0,) * len(STATIC_MOVE_FEATURES)
MOST_LEAST_DAMAGE = 2.0
"""The least damage as a share of the foe's HP is cut here: more overkill says no more."""


@cache
def static_features(move_id: str) -> tuple[float, ...]:
    """What a move is, apart from the battle. Zeros for recharge and the like."""
    move = MOVES.get(move_id)
    if move is None:
        return _NO_STATIC
    effect = move.effect
    boosts = effect.boosts
    own = {k: effect.chance * v / 2 for k, v in boosts.items()} if move.targets_self else {}
    foe = {} if move.targets_self else {k: effect.chance * v / 2 for k, v in boosts.items()}
    features = (
        move.power / 100,
        move.accuracy,
        float(move.priority),
        float(move.category == "Physical"),
        float(move.category == "Special"),
        float(not move.is_attack),
        *(effect.chance * (effect.status == status) for status in STATUSES),
        effect.chance * (effect.volatile == "confusion"),
        effect.chance * (effect.volatile == "flinch"),
        *(own.get(name, 0.0) for name in ("atk", "def", "spc", "spe", "evasion")),
        *(foe.get(name, 0.0) for name in ("atk", "def", "spc", "spe", "accuracy")),
        float(move_id in _HEALS_HALF),
        float(move_id == "rest"),
        move.drain,
        move.recoil,
        float(move.recharges),
        float(move.explodes),
        float(move.traps),
        float(move.charges),
        float(move.rampages),
        float(move.fixed is not None),
        (move.mean_hits - 1) / 2,
        float(move.high_critical),
        float(move.fixed == "ohko"),
        float(move.fixed in ("counter", "bide")),
        float(effect.volatile == "leechseed"),
        float(effect.volatile == "substitute"),
        float(effect.volatile == "reflect"),
        float(effect.volatile == "lightscreen"),
        float(move_id == "haze"),
        float(move_id in _CALLS_OR_COPIES),
    )
    assert len(features) == len(STATIC_MOVE_FEATURES)
    return features


def move_attack(move_id: str, standing: Standing) -> Attack:
    """What the move does to the foe's active Pokémon when it hits; nothing where there is no foe."""
    move, foe = MOVES.get(move_id), standing.foe
    if move is None or foe is None or not foe.alive or not move.is_attack:
        return NOTHING
    if move_id == "dreameater" and foe.status != ASLEEP:
        return NOTHING
    assert standing.own is not None
    result = attack(move_id, standing.own.combatant, foe.combatant, foe.hp)
    if standing.foe_substitute and result is not NOTHING:
        # The substitute takes it: the same damage, but no KO.
        return result._replace(ko_chance=0.0)
    return result


def dynamic_features(
    move_id: str,
    pp: int,
    max_pp: int,
    is_legal: bool,
    result: Attack,
    best_damage: float,
    standing: Standing,
) -> tuple[float, ...]:
    """What the move would do now. `best_damage`: the most expected damage of any of the moves, in HP."""
    own, foe, move = standing.own, standing.foe, MOVES.get(move_id)
    share = pp / max_pp if max_pp else 0.0
    if move is None or own is None or foe is None or not foe.alive:
        return _pad((is_legal, share, pp <= 2))
    chance = 1.0
    if not move.targets_self and not move.never_misses:
        chance = hit_chance(move_id, standing.own_accuracy, standing.foe_evasion)
    damage, least, ko_chance = result
    mean = chance * damage
    foe_hp = foe.hp
    lands = _status_lands(move, foe, standing) if move.effect.status else False
    types, moves_first = _matchup(move_id, own.combatant, foe.combatant)
    return (
        is_legal,
        share,
        pp <= 2,
        *types,
        chance,
        mean / foe_hp,
        mean / foe.max_hp,
        min(least / foe_hp, MOST_LEAST_DAMAGE),
        chance * ko_chance,
        ko_chance > 0 and least >= foe_hp and chance > 0.99,
        best_damage > 0 and mean >= best_damage,
        moves_first,
        lands,
        _gain(move, own, result),
        _is_useless(move, own, foe, result, lands, standing),
        standing.own_last_move == move_id,
    )


def _pad(start: tuple[float, ...]) -> tuple[float, ...]:
    return start + (0.0,) * (len(DYNAMIC_MOVE_FEATURES) - len(start))


@lru_cache(maxsize=1 << 15)
def _matchup(
    move_id: str, own: Combatant, foe: Combatant
) -> tuple[tuple[float, float, float, float], float]:
    """What hangs on who faces whom: (effectiveness, resisted, immune, stab), and whether the move comes first.

    First is 1, ½ on a tie, 0; the foe is taken to use a move of priority 0.
    """
    move = MOVES[move_id]
    multiplier = effectiveness(move.type, foe.types) if move.is_attack else 1.0
    types = (
        min(multiplier, 4.0) / 2,
        float(0 < multiplier < 1),
        float(move.is_attack and multiplier == 0 and not move.ignores_immunity),
        float(move.is_attack and move.fixed is None and move.type in own.types),
    )
    if move.priority:
        return types, float(move.priority > 0)
    mine, theirs = speed_of(own), speed_of(foe)
    return types, 0.5 if mine == theirs else float(mine > theirs)


def _status_lands(move: MoveFacts, foe: Sighting, standing: Standing) -> bool:
    """Whether the move can give its status to the foe's active Pokémon (if it hits and its chance comes up)."""
    status, types = move.effect.status, foe.combatant.types
    if status == "slp":
        # Sleep lands on a recharging foe whatever its status (`moveHit` of data/mods/gen1/scripts.js).
        assert standing.foe_pokemon is not None
        free = foe.status == HEALTHY or standing.foe_pokemon.must_recharge
        return free and not standing.sleep_clause_used_on_foe
    if foe.status != HEALTHY:
        return False
    if status == "frz" and standing.freeze_clause_used_on_foe:
        return False
    if status in ("psn", "tox"):
        return "POISON" not in types and not standing.foe_substitute
    if move.is_attack:
        # A secondary burn, freeze or paralysis spares targets that share the move's type.
        return move.type not in types and not standing.foe_substitute
    return move.ignores_immunity or effectiveness(move.type, types) > 0


def _gain(move: MoveFacts, own: Sighting, result: Attack) -> float:
    """HP that the user wins or loses by it, as a share of its maximum."""
    missing = (own.max_hp - own.hp) / own.max_hp
    if move.id in _HEALS_HALF:
        return min(0.5, missing)
    if move.id == "rest":
        return missing
    if move.explodes:
        return -own.fraction
    if move.drain:
        return min(missing, move.drain * result.mean / own.max_hp)
    if move.recoil:
        return -min(own.fraction, move.recoil * result.mean / own.max_hp)
    return -0.25 if move.effect.volatile == "substitute" else 0.0


def _is_useless(
    move: MoveFacts,
    own: Sighting,
    foe: Sighting,
    result: Attack,
    lands: bool,
    standing: Standing,
) -> bool:
    """Whether using it now surely changes nothing."""
    if move.is_attack:
        return result is NOTHING and move.fixed not in ("counter", "bide")
    effect = move.effect
    if effect.status:
        return not lands
    if move.id in _HEALS_HALF or move.id == "rest":
        return own.hp >= own.max_hp
    if effect.volatile == "leechseed":
        return "GRASS" in foe.combatant.types or "leech_seed" in standing.foe_effects
    if effect.volatile == "substitute":
        return "substitute" in standing.own_effects or own.hp * 4 < own.max_hp
    if effect.volatile == "reflect":
        return own.combatant.reflect
    if effect.volatile == "lightscreen":
        return own.combatant.light_screen
    if effect.volatile == "confusion":
        return standing.foe_substitute or "confusion" in standing.foe_effects
    boosts = standing.own_stages if move.targets_self else standing.foe_stages
    return bool(effect.boosts) and all(
        boosts.get("spa" if stat == "spc" else stat, 0) * (1 if stages > 0 else -1) >= 6
        for stat, stages in effect.boosts.items()
    )
