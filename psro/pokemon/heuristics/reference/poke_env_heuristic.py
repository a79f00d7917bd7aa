"""poke-env's SimpleHeuristicsPlayer (0.16.1, `player/baselines.py`), rewritten for speed.

tests/pokemon/heuristics/reference/test_poke_env_heuristic.py asks poke-env's own player object at every decision of recorded battles
and demands the same choice. Left out is what Gen 1 lacks: entry hazards, dynamax, terastallizing, doubles.
"""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from poke_env.battle.move import Move
from poke_env.battle.move_category import MoveCategory
from poke_env.battle.pokemon import Pokemon
from poke_env.battle.pokemon_type import PokemonType

from psro.pokemon import damage
from psro.pokemon.combatants import type_names
from psro.pokemon.heuristics.reference.state_policy import (
    Choices,
    StatePolicy,
    actives,
    legal_moves,
    legal_switches,
)
from psro.pokemon.state import BattleState

SPEED_WEIGHT = 0.1
HP_WEIGHT = 0.4
WORN_DOWN = -3
BAD_MATCHUP = -2.0


class PokeEnvHeuristic(StatePolicy):
    """Switches out of a worn-down or badly matched Pokémon, else the move of most estimated damage.

    `uses_setup`: at full health in a good matchup, the first move that raises the user's own stats by two stages in
    all. SimpleHeuristicsPlayer has this rule but never follows it in poke-env 0.16.1: it compares the target, by now
    an enum, with the string "self". False is what that player does; True what its authors meant.

    It chooses among the legal actions only, so nothing illegal has to be replaced. poke-env's player draws at random
    where a side has no active Pokémon or nothing to choose; neither can be in Gen 1, so no random number is used.
    """

    def __init__(self, name: str, uses_setup: bool = False):
        super().__init__(name)
        self.uses_setup = uses_setup

    def choose(self, state: BattleState, draws: Sequence[float]) -> int:
        """The action."""
        active, foe = actives(state)
        moves = legal_moves(state)
        if moves and not _is_worth_leaving(active, foe):
            return self._attack_or_set_up(moves, active, foe)
        switches = [(matchup(s.pokemon, foe), action) for action, s in legal_switches(state)]
        best = max((score for score, _ in switches), default=0.0)
        if moves and best <= 0:
            return self._attack_or_set_up(moves, active, foe)
        return next(action for score, action in switches if score == best)

    def _attack_or_set_up(self, moves: Choices, active: Pokemon, foe: Pokemon) -> int:
        if self.uses_setup and active.current_hp_fraction == 1 and matchup(active, foe) > 0:
            for action, option in moves:
                if _is_setup(option.move, active):
                    return action
        return _most_damaging(moves, active, foe)


def matchup(pokemon: Pokemon, foe: Pokemon) -> float:
    """Best offensive minus best defensive type multiplier, ± 0.1 for speed, + 0.4 × HP difference."""
    score = _type_matchup(tuple(pokemon.types), tuple(foe.types))
    speed, foe_speed = pokemon.base_stats["spe"], foe.base_stats["spe"]
    if speed > foe_speed:
        score += SPEED_WEIGHT
    elif foe_speed > speed:
        score -= SPEED_WEIGHT
    score += pokemon.current_hp_fraction * HP_WEIGHT
    score -= foe.current_hp_fraction * HP_WEIGHT
    return score


@cache
def _type_matchup(types: tuple[PokemonType, ...], foe_types: tuple[PokemonType, ...]) -> float:
    own, other = type_names(types), type_names(foe_types)
    return max(damage.effectiveness(t, other) for t in own) - max(
        damage.effectiveness(t, own) for t in other
    )


def _is_worth_leaving(active: Pokemon, foe: Pokemon) -> bool:
    boosts, stats = active.boosts, active.stats
    attack, special = stats["atk"], stats["spa"]
    # A request tells one's own stats.
    assert attack is not None
    assert special is not None
    return (
        boosts["def"] <= WORN_DOWN
        or boosts["spd"] <= WORN_DOWN
        or (boosts["atk"] <= WORN_DOWN and attack >= special)
        or (boosts["spa"] <= WORN_DOWN and attack <= special)
        or matchup(active, foe) < BAD_MATCHUP
    )


class Attack(NamedTuple):
    """What the rule reads of a move."""

    base_power: int
    is_physical: bool
    type: PokemonType
    type_name: str
    accuracy: float
    expected_hits: float


@cache
def attack_of(move_id: str) -> Attack:
    move = Move(move_id, gen=1)
    return Attack(
        base_power=move.base_power,
        is_physical=move.category is MoveCategory.PHYSICAL,
        type=move.type,
        type_name=type_names((move.type,))[0],
        accuracy=move.accuracy,
        expected_hits=move.expected_hits,
    )


def _most_damaging(moves: Choices, active: Pokemon, foe: Pokemon) -> int:
    physical = _stat(active, "atk") / _stat(foe, "def")
    special = _stat(active, "spa") / _stat(foe, "spd")
    types, foe_types = active.types, type_names(tuple(foe.types))
    best, best_score = -1, -1.0
    for action, option in moves:
        attack = attack_of(option.id)
        # The order of the factors is poke-env's: rounding decides ties.
        score = (
            attack.base_power
            * (1.5 if attack.type in types else 1)
            * (physical if attack.is_physical else special)
            * attack.accuracy
            * attack.expected_hits
            * damage.effectiveness(attack.type_name, foe_types)
        )
        if score > best_score:
            best, best_score = action, score
    return best


def _stat(pokemon: Pokemon, name: str) -> float:
    """poke-env's estimate: IV 31, no EVs, boosts of +1 and below by 2 / (2 − boost)."""
    boost = pokemon.boosts[name]
    # +1 is divided by 2 − 1, thus doubled: so it stands in poke-env.
    factor = (2 + boost) / 2 if boost > 1 else 2 / (2 - boost)
    return ((2 * pokemon.base_stats[name] + 31) + 5) * factor


@cache
def setup_boosts(move_id: str) -> tuple[str, ...]:
    """The stats that a set-up move of two stages or more raises; none for other moves."""
    entry = Move(move_id, gen=1).entry
    boosts: dict[str, int] = entry.get("boosts") or {}
    if entry.get("target") != "self" or sum(boosts.values()) < 2:
        return ()
    return tuple(name for name, stages in boosts.items() if stages > 0)


def _is_setup(move: Move, active: Pokemon) -> bool:
    raised = setup_boosts(move.id)
    return bool(raised) and min(active.boosts[name] for name in raised) < 6
