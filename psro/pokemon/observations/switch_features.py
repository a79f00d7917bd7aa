"""The features of a switch as an action: who comes in, what it could do to the foe and the foe to it."""

from functools import cache, lru_cache

from psro.pokemon.damage import effectiveness, speed_of
from psro.pokemon.observations.estimates import BestAttack, best_attack
from psro.pokemon.observations.facts import MOVES
from psro.pokemon.observations.layout import STATUSES, SWITCH_FEATURES
from psro.pokemon.observations.sighting import ASLEEP, Sighting, WeightedMoves
from psro.pokemon.observations.standing import Standing

_HEALING = frozenset({"recover", "softboiled", "rest"})
NO_ATTACK = BestAttack(0.0, 0.0)


def threats(foe: Sighting, target: Sighting, standing: Standing) -> tuple[BestAttack, BestAttack]:
    """The foe's best attack on `target`: with the moves it has shown, and with those it likely has too."""
    is_active = target is standing.own
    stages = (standing.foe_accuracy, standing.own_evasion if is_active else 0)
    known = best_attack(foe.known_moves, foe.combatant, target.combatant, target.hp, stages)
    likely, likely_moves = known, foe.likely_moves
    if likely_moves:
        unseen = best_attack(likely_moves, foe.combatant, target.combatant, target.hp, stages)
        likely = BestAttack(max(known.mean, unseen.mean), max(known.ko_chance, unseen.ko_chance))
    if is_active and "substitute" in standing.own_effects:
        return known._replace(ko_chance=0.0), likely._replace(ko_chance=0.0)
    return known, likely


def switch_features(
    newcomer: Sighting, is_legal: bool, is_forced: bool, standing: Standing
) -> list[float]:
    """What is known of `newcomer` as a switch, in the order of layout.SWITCH_FEATURES."""
    foe = standing.foe
    status = [0.0] * len(STATUSES)
    if newcomer.status >= 0:
        status[newcomer.status] = 1.0
    start = [
        float(is_legal),
        newcomer.fraction,
        newcomer.hp / 350,
        *status,
        newcomer.pokemon.status_counter / 7 if newcomer.status == ASLEEP else 0.0,
    ]
    own_moves = carries(newcomer.known_moves)
    end = [*own_moves, float(is_forced)]
    if foe is None or not foe.alive or not newcomer.alive:
        middle = [0.0] * (len(SWITCH_FEATURES) - len(start) - len(end))
        return start + middle + end
    speed = speed_of(newcomer.combatant)
    best = best_attack(
        newcomer.known_moves, newcomer.combatant, foe.combatant, foe.hp, (0, standing.foe_evasion)
    )
    known, likely = threats(foe, newcomer, standing)
    threat = likely.mean / newcomer.max_hp
    features = [
        *start,
        0.5 if speed == standing.foe_speed else float(speed > standing.foe_speed),
        speed_ratio(speed, standing.foe_speed),
        best.mean / foe.hp,
        best.mean / foe.max_hp,
        best.ko_chance,
        known.mean / newcomer.hp,
        known.mean / newcomer.max_hp,
        known.ko_chance,
        likely.mean / newcomer.hp,
        likely.ko_chance,
        best.mean / foe.max_hp - threat,
        type_score(newcomer.combatant.types, foe.combatant.types),
        type_score(foe.combatant.types, newcomer.combatant.types),
        *end,
    ]
    assert len(features) == len(SWITCH_FEATURES)
    return features


def speed_ratio(own: int, foe: int) -> float:
    """(own − foe) / (own + foe), in −1 … 1."""
    return (own - foe) / max(1, own + foe)


@cache
def type_score(attacker: tuple[str, ...], defender: tuple[str, ...]) -> float:
    """The best multiplier of the attacker's own types against the defender, halved: 0 … 2."""
    return max(effectiveness(kind, defender) for kind in attacker) / 2


@lru_cache(maxsize=1 << 12)
def carries(moves: WeightedMoves) -> tuple[float, float, float, float]:
    """How likely `moves` hold one that puts to sleep, paralyses for sure, heals by half or more, explodes."""
    sleep = paralysis = healing = explosion = 0.0
    for id, weight in moves:
        move = MOVES.get(id)
        if move is None:
            continue
        if move.effect.status == "slp":
            sleep = max(sleep, weight)
        if move.effect.status == "par" and not move.is_attack:
            paralysis = max(paralysis, weight)
        if id in _HEALING:
            healing = max(healing, weight)
        if move.explodes:
            explosion = max(explosion, weight)
    return sleep, paralysis, healing, explosion
