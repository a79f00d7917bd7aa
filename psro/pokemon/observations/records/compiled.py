"""The compiler of the observation kernels: its cache belongs to the observations' sources, and to those whose constants they compile in.

The tables are arguments of the kernels, but move numbers and the like are compiled in: so gen1.json is one of them.
"""

from pathlib import Path
from typing import Any

import numpy as np

from psro.machine import compiled
from psro.machine.compiled import Compiler, rule

__all__ = ["COMPILER", "SOURCES", "kernel", "rule", "whole"]

_OBSERVATIONS = Path(__file__).parents[1]
_POKEMON = _OBSERVATIONS.parent
_ELSEWHERE = [
    Path(compiled.__file__),
    *(_POKEMON / name for name in ("damage.py", "gen1_battle.py")),
]
SOURCES = [*sorted(_OBSERVATIONS.rglob("*.py")), _OBSERVATIONS / "gen1.json", *_ELSEWHERE]
COMPILER = Compiler("observations", SOURCES)
kernel = COMPILER.kernel


@rule
def whole(number: Any) -> int:
    """The number as int64, cut if it has a fraction: numba's `int` leaves an int16 what it is, and arithmetic in it is slower."""
    return np.int64(number)  # type: ignore[return-value]
