"""Showdown's generator, number for number (sim/prng.js, Gen5RNG), kept in a lane's four SEED words."""

import numpy as np

from psro.pokemon.engine.compiled import rule
from psro.pokemon.engine.layout import SEED, Lane


@rule
def next_number(s: Lane) -> int:
    """The next number, 0 to 2**32 - 1.

    A 64-bit linear congruential generator, but for one carry: Showdown's 16-bit-by-16-bit multiplication keeps only the lower 32
    bits of each column's sum, so what the second column carries into the highest word is lost.
    """
    word0 = s[SEED] & 0xFFFF
    word1 = s[SEED + 1] & 0xFFFF
    word2 = s[SEED + 2] & 0xFFFF
    word3 = s[SEED + 3] & 0xFFFF
    sum3 = word3 * 35173 + 40643
    sum2 = word3 * 27655 + word2 * 35173 + (sum3 >> 16) + 38
    sum1 = word3 * 35685 + word2 * 27655 + word1 * 35173 + ((sum2 & 0xFFFFFFFF) >> 16)
    sum0 = (
        word3 * 23896 + word2 * 35685 + word1 * 27655 + word0 * 35173 + ((sum1 & 0xFFFFFFFF) >> 16)
    )
    high = sum0 & 0xFFFF
    low = sum1 & 0xFFFF
    s[SEED] = np.int16(high)
    s[SEED + 1] = np.int16(low)
    s[SEED + 2] = np.int16(sum2 & 0xFFFF)
    s[SEED + 3] = np.int16(sum3 & 0xFFFF)
    return (high << 16) | low


@rule
def draw(s: Lane, n: int) -> int:
    """PRNG.random(n): one of 0 to n - 1."""
    return (next_number(s) * n) >> 32


@rule
def chance(s: Lane, numerator: int) -> bool:
    """PRNG.randomChance(numerator, 256)."""
    return (next_number(s) * 256) >> 32 < numerator


@rule
def skip(s: Lane, draws: int) -> None:
    """Draws whose outcome no rule needs: Showdown's shuffles of handlers whose order changes nothing."""
    for _ in range(draws):
        next_number(s)
