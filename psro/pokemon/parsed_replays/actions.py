"""metamon's action spaces: 9 actions (MinimalActionSpace) and 13 (DefaultActionSpace).

Rule: `metamon/interface.py`, UniversalAction: 0–3 the active Pokémon's moves, 4–8 the bench, each alphabetical; 9–12 the moves again,
with terastallisation, which Gen 1 has not got; −1 an action that a replay does not show. Recharge and Struggle are action 0. A
network of 13 outputs plays its first nine (psro/oracle/metamon/policy.py).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from psro.pokemon.observations.layout import NUM_ACTIONS

MISSING = -1


def to_nine(actions: NDArray[Any]) -> NDArray[Any]:
    """Actions of the 13 as ones of the 9, [...]: with terastallisation as without (metamon's MinimalActionSpace); −1 stays."""
    return np.where(actions >= NUM_ACTIONS, actions - NUM_ACTIONS, actions)
