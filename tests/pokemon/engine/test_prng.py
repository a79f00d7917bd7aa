"""The generator draws Showdown's numbers."""

import json
from collections.abc import Callable

import numpy as np

from psro.pokemon.engine.compiled import kernel
from psro.pokemon.engine.layout import SEED, Lane
from psro.pokemon.engine.prng import draw, next_number
from psro.pokemon.engine.teams import write_seed

SEEDS = (
    *("0000000000000000", "ffffffffffffffff", "0123456789abcdef", "00000000ffffffff"),
    *(f"{seed:016x}" for seed in np.random.default_rng(5).integers(2**63, size=40)),
)
RANGES = (2, 3, 4, 6, 7, 8, 39, 163, 256)


@kernel("int64(int16[::1])")
def one_number(lane: Lane) -> int:
    """`next_number`, for Python."""
    return next_number(lane)


@kernel("int64(int16[::1], int64)")
def one_draw(lane: Lane, n: int) -> int:
    """`draw`, for Python."""
    return draw(lane, n)


def test_numbers_are_showdowns(node: Callable[[str], str]) -> None:
    expected = json.loads(
        node(
            "const {PRNG} = require(ROOT + '/dist/sim/prng');"
            f"console.log(JSON.stringify({json.dumps(SEEDS)}.map((seed) => {{"
            "  const rng = new PRNG('gen5,' + seed);"
            "  const raw = Array.from({length: 50}, () => rng.rng.next());"
            f" return [raw, {list(RANGES)}.map((n) => rng.random(n)), rng.getSeed()];"
            "})))"
        )
    )
    for seed, (raw, drawn, after) in zip(SEEDS, expected, strict=True):
        lane = np.zeros(16, np.int16)
        write_seed(lane, f"gen5,{seed}")
        assert [one_number(lane) for _ in range(50)] == raw
        assert [one_draw(lane, n) for n in RANGES] == drawn
        words = [int(word) & 0xFFFF for word in lane[SEED : SEED + 4]]
        assert ",".join(map(str, words)) == after
