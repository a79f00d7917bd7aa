"""Engine battles of random choices, logged as an arena logs them."""

import numpy as np
from numpy.typing import NDArray

from psro.pokemon.engine import kernels
from psro.pokemon.engine.battle_log import BattleLog
from psro.pokemon.engine.judge.matchups import matchup
from psro.pokemon.engine.layout import ENDED
from psro.pokemon.engine.sight import watched
from psro.pokemon.engine.sight.places import KNOWLEDGE_SIZE
from psro.pokemon.engine.teams import new_lane

PROOF_SEED = 41


def random_log(number: int, kind: str = "real") -> tuple[BattleLog, NDArray[np.int16]]:
    """A watched battle of the proof's teams, and the lane it ended in."""
    drawn = matchup(PROOF_SEED, number, (kind,))
    seed = f"gen5,{drawn.seed:016x}"
    lanes = new_lane(seed, *drawn.teams)[np.newaxis].copy()
    knowledge = np.zeros((1, KNOWLEDGE_SIZE), np.int16)
    generators = lanes.copy()
    chosen = np.zeros((1, 2), np.int8)
    choices = []
    watched.start(lanes, knowledge)
    while not lanes[0, ENDED]:
        kernels.choose_uniformly(lanes, generators, chosen)
        choices.append(chosen[0].copy())
        watched.step(lanes, knowledge, chosen)
    return BattleLog(seed, drawn.teams, np.array(choices, np.int8)), lanes[0]
