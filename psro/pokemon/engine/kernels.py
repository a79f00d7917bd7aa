"""The engine as Python calls it: many battles at once, without the GIL."""

import numpy as np
import numpy.typing as npt

from psro.pokemon.engine.compiled import kernel
from psro.pokemon.engine.layout import ENDED, NUM_CHOICES, REQUEST, SWITCH, Lanes
from psro.pokemon.engine.places import side_at
from psro.pokemon.engine.prng import draw
from psro.pokemon.engine.requests import legal_bits
from psro.pokemon.engine.rows import row
from psro.pokemon.engine.turn import play_turn, replace_fainted, start_battle


@kernel("void(int16[:, ::1])")
def start(lanes: Lanes) -> None:
    """Starts the battles of lanes that `teams.new_lane` has filled."""
    for lane in range(lanes.shape[0]):
        start_battle(row(lanes, lane))


@kernel("void(int16[:, ::1], int8[:, ::1])")
def step(lanes: Lanes, choices: npt.NDArray[np.int8]) -> None:
    """Plays every battle to its next decision. choices: int8[lanes, 2], legal ones, -1 where a side waits; ended battles stay."""
    for lane in range(lanes.shape[0]):
        s = row(lanes, lane)
        if s[ENDED]:
            continue
        if s[side_at(0) + REQUEST] == SWITCH or s[side_at(1) + REQUEST] == SWITCH:
            replace_fainted(s, choices[lane, 0], choices[lane, 1])
        else:
            play_turn(s, choices[lane, 0], choices[lane, 1])


@kernel("void(int16[:, ::1], boolean[:, :, ::1])")
def legal_choices(lanes: Lanes, legal: npt.NDArray[np.bool_]) -> None:
    """Writes what each side may choose: bool[lanes, 2, NUM_CHOICES], nothing where it waits."""
    for lane in range(lanes.shape[0]):
        s = row(lanes, lane)
        for side in range(2):
            bits = legal_bits(s, side)
            for choice in range(NUM_CHOICES):
                legal[lane, side, choice] = (bits >> choice) & 1


@kernel("void(int16[:, ::1], int16[:, ::1], int8[:, ::1])")
def choose_uniformly(lanes: Lanes, seeds: Lanes, choices: npt.NDArray[np.int8]) -> None:
    """Draws one legal choice per side with a generator of its own per lane: seeds int16[lanes, 7 or more], as in a lane."""
    for lane in range(lanes.shape[0]):
        s = row(lanes, lane)
        generator = row(seeds, lane)
        for side in range(2):
            bits = legal_bits(s, side)
            choices[lane, side] = -1
            if bits == 0:
                continue
            count = 0
            for choice in range(NUM_CHOICES):
                count += (bits >> choice) & 1
            left = draw(generator, count)
            for choice in range(NUM_CHOICES):
                if left == 0 and (bits >> choice) & 1:
                    choices[lane, side] = choice
                left -= (bits >> choice) & 1


__all__ = ["choose_uniformly", "legal_choices", "start", "step"]
