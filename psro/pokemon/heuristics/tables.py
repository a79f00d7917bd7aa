"""What the rules read of moves, as arrays by a record's move numbers: written by the functions that the reference reads them with."""

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from poke_env.battle.move import Move
from poke_env.data import GenData

from psro.pokemon.heuristics.reference.gen1_boss import only_gives_status, suits_first_turn
from psro.pokemon.heuristics.reference.gym_leader import total_boost
from psro.pokemon.heuristics.reference.poke_env_heuristic import attack_of, setup_boosts
from psro.pokemon.observations.facts import SPECIES
from psro.pokemon.observations.records.record import NUM_BOOSTS, NUM_MOVE_NUMBERS
from psro.pokemon.observations.records.tables import BOOST_NAMES, MOVE_NUMBER, type_number

BASE_POWER, IS_PHYSICAL, TYPE, ONLY_GIVES_STATUS, SUITS_FIRST_TURN, TOTAL_BOOST, SETS_UP = range(7)
"""Columns of MoveRules.numbers; SETS_UP: NUM_BOOSTS columns, in a record's order, 1 for the stats that a set-up move raises."""
NUM_NUMBERS = SETS_UP + NUM_BOOSTS
ACCURACY, EXPECTED_HITS, HEAL = range(3)
"""Columns of MoveRules.shares, the first two as poke-env tells them."""


class MoveRules(NamedTuple):
    """In the order in which kernels take them. Pseudo-moves are there, too."""

    numbers: NDArray[np.int64]
    """[NUM_MOVE_NUMBERS, NUM_NUMBERS]"""
    shares: NDArray[np.float64]
    """[NUM_MOVE_NUMBERS, 3]"""


@cache
def move_rules() -> MoveRules:
    """The rules' tables of this installation."""
    pokedex = GenData.from_gen(1).pokedex
    for species in SPECIES:
        base = pokedex[species]["baseStats"]
        assert base["spa"] == base["spd"], f"{species} has two Specials: records have one"
    numbers = np.zeros((NUM_MOVE_NUMBERS, NUM_NUMBERS), np.int64)
    shares = np.zeros((NUM_MOVE_NUMBERS, 3))
    for id, number in MOVE_NUMBER.items():
        move, attack = Move(id, gen=1), attack_of(id)
        raised = setup_boosts(id)
        numbers[number] = (
            move.base_power,
            attack.is_physical,
            type_number(attack.type_name),
            only_gives_status(id),
            suits_first_turn(id),
            total_boost(move.boosts),
            *(name in raised for name in BOOST_NAMES),
        )
        shares[number] = (attack.accuracy, attack.expected_hits, move.heal)
    return MoveRules(numbers, shares)
