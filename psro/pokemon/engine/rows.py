"""One row of many, for the rules: a view that owns nothing.

numba counts references to an array at every call of a function that takes it, in an atomic operation each; a view made from a
bare address has nothing to count. The kernel's caller holds the array while the kernel runs.
"""

from typing import Any

import numba
from llvmlite import ir  # type: ignore[import-untyped]  # it has no stubs
from numba import types
from numba.extending import intrinsic

from psro.pokemon.engine.compiled import rule
from psro.pokemon.engine.layout import Lane, Lanes

_ITEM_SIZE = 2


@intrinsic
def _int16_at(typing_context: Any, address: Any) -> Any:
    """A pointer to int16 from an address."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], ir.IntType(16).as_pointer())

    return types.CPointer(types.int16)(address), generate


@rule
def row(lanes: Lanes, lane: int) -> Lane:
    """int16[width]: the row of a C-contiguous int16[lanes, width]."""
    address = lanes.ctypes.data + lane * lanes.shape[1] * _ITEM_SIZE
    return numba.carray(_int16_at(address), lanes.shape[1])  # type: ignore[call-arg]
