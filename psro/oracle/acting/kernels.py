"""What an ActionScorer does before, between and after its matrix products, compiled: row by row, for legal actions alone.

No row's result depends on the other rows, nor on how wide the machine's vectors are: what is added up is added in `_LANES` strands, everywhere.
Each kernel is one function: a call of another would count references to every array it is given, atomically, in each row.
"""

from pathlib import Path
from typing import Any

import numpy as np

from psro.machine import compiled
from psro.machine.compiled import Compiler

COMPILER = Compiler("acting", [Path(__file__), Path(compiled.__file__)])

_LANES = 16
_AT_ONCE = 4
"""Rows of weights that are added in one go: the sums are read and written once for all of them."""


@COMPILER.kernel(
    "int64(int64[::1], uint16[:, ::1], float32[::1], float32[:, ::1], int64[:, ::1], float32[:, ::1], float32[::1], float32[::1], float32[::1], float32, "
    "float32[:, ::1], int64[::1], float32[::1], float32[::1], float32, float32[:, ::1])"
)
def encode(
    rows: Any,
    halves: Any,
    singles: Any,
    numbers: Any,
    ids: Any,
    base: Any,
    mean: Any,
    scale: Any,
    at_zero: Any,
    limit: Any,
    weights: Any,
    starts: Any,
    norm_weight: Any,
    norm_bias: Any,
    epsilon: Any,
    out: Any,
) -> int:
    """Writes relu(norm(base + Σ weights of numbers and ids)) of the rows to out[:, :W]: out[k] is of row rows[k] of halves, numbers and ids.

    The numbers: first halves [·, H], the bits of float16 (singles [65536] has their values), then numbers [·, S].
    weights [·, W]: of the numbers, then, from starts[c] to starts[c + 1], of each id of column c. Row r has base[r % len(base)], which has in
    it what numbers of zero come to.

    Returns: the first k with an id outside its vocabulary, where it stops; -1 if there is none.
    """
    num_halves, num_columns, width = halves.shape[1], ids.shape[1], base.shape[1]
    num_numbers = num_halves + numbers.shape[1]
    places = np.zeros(num_numbers + num_columns + _AT_ONCE, np.int64)
    values = np.zeros(num_numbers + num_columns + _AT_ONCE, np.float32)
    sums = np.empty(width, np.float32)
    lanes = np.empty(_LANES, np.float32)
    whole = width // _LANES * _LANES
    for k in range(len(rows)):
        row = rows[k]
        found = 0
        for column in range(num_columns):
            place = starts[column] + ids[row, column]
            if place < starts[column] or place >= starts[column + 1]:
                return k
            places[found] = place
            values[found] = 1
            found += 1
        # Most numbers are zero. Without a branch, which would often be predicted wrongly.
        for j in range(num_halves):
            places[found] = j
            found += halves[row, j] & 0x7FFF != 0
        for j in range(num_halves, num_numbers):
            places[found] = j
            found += numbers[row, j - num_halves] != 0
        for n in range(num_columns, found):
            j = places[n]
            value = singles[halves[row, j]] if j < num_halves else numbers[row, j - num_halves]
            value = (value - mean[j]) / scale[j]
            # What is not a number stays that.
            if value > limit:
                value = limit
            elif value < -limit:
                value = -limit
            values[n] = value - at_zero[j]
        for n in range(found, found + _AT_ONCE):
            places[n] = 0
            values[n] = 0
        kind = row % len(base)
        for j in range(width):
            sums[j] = base[kind, j]
        for n in range(0, found, _AT_ONCE):
            first, second, third, fourth = places[n], places[n + 1], places[n + 2], places[n + 3]
            a, b, c, d = values[n], values[n + 1], values[n + 2], values[n + 3]
            for j in range(width):
                sums[j] += (a * weights[first, j] + b * weights[second, j]) + (
                    c * weights[third, j] + d * weights[fourth, j]
                )

        for lane in range(_LANES):
            lanes[lane] = 0
        for start in range(0, whole, _LANES):
            for lane in range(_LANES):
                lanes[lane] += sums[start + lane]
        for j in range(whole, width):
            lanes[j - whole] += sums[j]
        center = (
            ((lanes[0] + lanes[8]) + (lanes[4] + lanes[12])) + ((lanes[2] + lanes[10]) + (lanes[6] + lanes[14]))
        ) + (
            ((lanes[1] + lanes[9]) + (lanes[5] + lanes[13])) + ((lanes[3] + lanes[11]) + (lanes[7] + lanes[15]))
        )  # fmt: skip
        center /= np.float32(width)
        for lane in range(_LANES):
            lanes[lane] = 0
        for start in range(0, whole, _LANES):
            for lane in range(_LANES):
                apart = sums[start + lane] - center
                lanes[lane] += apart * apart
        for j in range(whole, width):
            apart = sums[j] - center
            lanes[j - whole] += apart * apart
        variance = (
            ((lanes[0] + lanes[8]) + (lanes[4] + lanes[12])) + ((lanes[2] + lanes[10]) + (lanes[6] + lanes[14]))
        ) + (
            ((lanes[1] + lanes[9]) + (lanes[5] + lanes[13])) + ((lanes[3] + lanes[11]) + (lanes[7] + lanes[15]))
        )  # fmt: skip
        variance /= np.float32(width)
        factor = np.float32(1) / np.sqrt(variance + epsilon)
        for j in range(width):
            value = (sums[j] - center) * factor * norm_weight[j] + norm_bias[j]
            out[k, j] = np.float32(0) if value <= 0 else value
    return -1


@COMPILER.kernel("void(float32[:, ::1], boolean[:, ::1], float32[:, ::1])")
def average(actions: Any, legal: Any, out: Any) -> None:
    """Writes the mean of each decision's legal actions, of `actions` [L, W] in their order, to out[:, -W:]."""
    width = actions.shape[1]
    start = out.shape[1] - width
    sums = np.empty(width, np.float32)
    read = 0
    for n in range(len(legal)):
        num = np.float32(0)
        for j in range(width):
            sums[j] = 0
        for action in range(legal.shape[1]):
            if legal[n, action]:
                for j in range(width):
                    sums[j] += actions[read, j]
                num += np.float32(1)
                read += 1
        for j in range(width):
            out[n, start + j] = sums[j] / num


@COMPILER.kernel(
    "void(int64[::1], float32[:, ::1], float32[:, ::1], float32[::1], float32, float64[:, ::1])"
)
def score(rows: Any, joined: Any, gates: Any, weights: Any, bias: Any, scores: Any) -> None:
    """Writes the scores of the legal actions, which stand at `rows` [L] (decision · A + action) of `scores` [B, A].

    joined [L, H]: of each; gates [B, 2 · H]: each decision's gate, then its shift.
    """
    num_actions, width = scores.shape[1], len(weights)
    lanes = np.empty(_LANES, np.float32)
    whole = width // _LANES * _LANES
    for k in range(len(rows)):
        n = rows[k] // num_actions
        for lane in range(_LANES):
            lanes[lane] = 0
        for start in range(0, whole, _LANES):
            for lane in range(_LANES):
                j = start + lane
                value = joined[k, j] * gates[n, j] + gates[n, width + j]
                lanes[lane] += (np.float32(0) if value <= 0 else value) * weights[j]
        for j in range(whole, width):
            value = joined[k, j] * gates[n, j] + gates[n, width + j]
            lanes[j - whole] += (np.float32(0) if value <= 0 else value) * weights[j]
        total = (
            ((lanes[0] + lanes[8]) + (lanes[4] + lanes[12])) + ((lanes[2] + lanes[10]) + (lanes[6] + lanes[14]))
        ) + (
            ((lanes[1] + lanes[9]) + (lanes[5] + lanes[13])) + ((lanes[3] + lanes[11]) + (lanes[7] + lanes[15]))
        )  # fmt: skip
        scores[n, rows[k] % num_actions] = total + bias
