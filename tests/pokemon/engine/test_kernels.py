"""Many battles at once are the same battles."""

import threading

import numpy as np

from psro.pokemon.engine import kernels
from psro.pokemon.engine.layout import ENDED, LANE_SIZE, NUM_CHOICES, TURN, WINNER, Lanes
from psro.pokemon.engine.teams import new_lane
from psro.pokemon.teams.export import pack
from psro.pokemon.teams.sets import team_set

NUM_LANES = 24


def fresh_lanes() -> Lanes:
    """Started battles of the packaged teams, one seed each."""
    teams = [pack(team) for team in team_set("competitive").teams]
    lanes = np.zeros((NUM_LANES, LANE_SIZE), np.int16)
    for number, lane in enumerate(lanes):
        lane[:] = new_lane(f"gen5,{number:016x}", teams[number], teams[-number])
    kernels.start(lanes)
    return lanes


def choosers() -> Lanes:
    """Generators of random choices, one per lane."""
    return np.random.default_rng(3).integers(-99, 99, (NUM_LANES, 8)).astype(np.int16)


def play(lanes: Lanes, seeds: Lanes) -> None:
    """Plays random choices until every battle has ended."""
    choices = np.zeros((len(lanes), 2), np.int8)
    while not lanes[:, ENDED].all():
        kernels.choose_uniformly(lanes, seeds, choices)
        kernels.step(lanes, choices)


def test_a_lane_does_not_depend_on_its_neighbours() -> None:
    together, alone = fresh_lanes(), fresh_lanes()
    play(together, choosers())
    for number in range(NUM_LANES):
        play(alone[number : number + 1], choosers()[number : number + 1])
    assert (together == alone).all()
    assert (together[:, TURN] > 5).all()
    assert set(together[:, WINNER].tolist()) <= {-1, 0, 1}


def test_an_ended_battle_stays_as_it_is_and_offers_nothing() -> None:
    lanes = fresh_lanes()
    play(lanes, choosers())
    before = lanes.copy()
    kernels.step(lanes, np.full((NUM_LANES, 2), -1, np.int8))
    assert (lanes == before).all()
    legal = np.ones((NUM_LANES, 2, NUM_CHOICES), np.bool_)
    kernels.legal_choices(lanes, legal)
    assert not legal.any()


def test_threads_play_the_same_battles() -> None:
    alone, shared = fresh_lanes(), fresh_lanes()
    play(alone, choosers())
    seeds = choosers()
    half = NUM_LANES // 2
    threads = [
        threading.Thread(target=play, args=(shared[part], seeds[part]))
        for part in (slice(0, half), slice(half, None))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (shared == alone).all()
