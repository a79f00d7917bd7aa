"""The features of a switch as an action: who comes in, what it could do to the foe and the foe to it."""

from functools import cache, lru_cache

from poke_env.battle.pokemon import Pokemon

from psro.pokemon.damage import Combatant, effectiveness, speed_of
from psro.pokemon.observations.estimates import BestAttack, best_attack
from psro.pokemon.observations.interned import WeightedMoves
from psro.pokemon.observations.layout import SWITCH_FEATURES
from psro.pokemon.observations.sighting import ASLEEP, Sighting
from psro.pokemon.observations.standing import Standing

NO_ATTACK = BestAttack(0.0, 0.0)
_UNMET = (0.0,) * SWITCH_FEATURES.index("has_sleep_move")


def threats(foe: Sighting, target: Sighting, standing: Standing) -> tuple[BestAttack, BestAttack]:
    """The foe's best attack on `target`: with the moves it has shown, and with those it likely has too."""
    is_active = target is standing.own
    stages = (standing.foe_accuracy, standing.own_evasion if is_active else 0)
    moves = foe.moves
    known, likely = _threats(
        moves.known, moves.likely, foe.combatant, target.combatant, target.hp, stages
    )
    if is_active and "substitute" in standing.own_effects:
        return known._replace(ko_chance=0.0), likely._replace(ko_chance=0.0)
    return known, likely


@lru_cache(maxsize=1 << 15)
def _threats(
    shown: WeightedMoves,
    unseen: WeightedMoves,
    foe: Combatant,
    target: Combatant,
    target_hp: int,
    stages: tuple[int, int],
) -> tuple[BestAttack, BestAttack]:
    known = best_attack(shown, foe, target, target_hp, stages)
    if not unseen:
        return known, known
    more = best_attack(unseen, foe, target, target_hp, stages)
    return known, BestAttack(max(known.mean, more.mean), max(known.ko_chance, more.ko_chance))


def switch_features(
    pokemon: Pokemon, newcomer: Sighting, is_legal: bool, is_forced: bool, standing: Standing
) -> tuple[float, ...]:
    """What is known of `newcomer`, the sighting of `pokemon`, as a switch: in the order of layout.SWITCH_FEATURES."""
    foe = standing.foe
    asleep = pokemon._status_counter / 7 if newcomer.status == ASLEEP else 0.0
    if foe is None or not foe.alive or not newcomer.alive:
        start = (is_legal, *newcomer.condition, asleep)
        return (*start, *_UNMET[len(start) :], *newcomer.moves.carries, is_forced)
    outspeeds, ratio, advantage, weakness = _matchup(newcomer.combatant, foe.combatant)
    best_mean, best_ko_chance = best_attack(
        newcomer.moves.known,
        newcomer.combatant,
        foe.combatant,
        foe.hp,
        (0, standing.foe_evasion),
    )
    (known_mean, known_ko_chance), (likely_mean, likely_ko_chance) = threats(
        foe, newcomer, standing
    )
    hp, max_hp = newcomer.hp, newcomer.max_hp
    best_of_max = best_mean / foe.max_hp
    return (
        is_legal,
        *newcomer.condition,
        asleep,
        outspeeds,
        ratio,
        best_mean / foe.hp,
        best_of_max,
        best_ko_chance,
        known_mean / hp,
        known_mean / max_hp,
        known_ko_chance,
        likely_mean / hp,
        likely_ko_chance,
        best_of_max - likely_mean / max_hp,
        advantage,
        weakness,
        *newcomer.moves.carries,
        is_forced,
    )


def speed_ratio(own: int, foe: int) -> float:
    """(own − foe) / (own + foe), in −1 … 1."""
    return (own - foe) / max(1, own + foe)


@lru_cache(maxsize=1 << 15)
def _matchup(own: Combatant, foe: Combatant) -> tuple[float, float, float, float]:
    """Who is faster (1, ½, 0), the ratio of speeds, the own types against the foe's, the foe's against the own."""
    own_speed, foe_speed = speed_of(own), speed_of(foe)
    return (
        0.5 if own_speed == foe_speed else float(own_speed > foe_speed),
        speed_ratio(own_speed, foe_speed),
        type_score(own.types, foe.types),
        type_score(foe.types, own.types),
    )


@cache
def type_score(attacker: tuple[str, ...], defender: tuple[str, ...]) -> float:
    """The best multiplier of the attacker's own types against the defender, halved: 0 … 2."""
    return max(effectiveness(kind, defender) for kind in attacker) / 2
