"""float32 → float16, as numpy rounds (to nearest, ties to even): numba has no float16 on a CPU.

Arrays are the two types' bits: uint32 and uint16 views.
"""

from typing import Any

import numpy as np

from psro.pokemon.observations.records.compiled import rule

_SIGN = np.uint32(0x80000000)
_NORMAL = np.uint32(0x38800000)
"""2 ** −14: below, a float16 is subnormal."""
_REBIAS = np.uint32(0x38000000)
_SUBNORMAL = np.uint32(0x3F000000)


@rule
def to_half(singles: Any, halves: Any, num: int) -> None:
    """Writes the first `num` of `singles`, bits of finite float32 below 65520, to `halves`."""
    for k in range(num):
        bits = singles[k]
        size = bits & np.uint32(0x7FFFFFFF)
        if size >= _NORMAL:
            odd = (size >> np.uint32(13)) & np.uint32(1)
            half = (size - _REBIAS + np.uint32(0xFFF) + odd) >> np.uint32(13)
        else:
            # Added to ½, the bits that a subnormal keeps are the last ones of the sum, rounded by the addition.
            value = np.uint32(size).view(np.float32) + np.float32(0.5)
            half = np.float32(value).view(np.uint32) - _SUBNORMAL
        halves[k] = np.uint16(half | ((bits & _SIGN) >> np.uint32(16)))
