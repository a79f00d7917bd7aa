"""Battles with any Pokemon and any four moves, played at random: what the state must be able to follow."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from poke_env.data import GenData

from psro.machine.seeds import rng_from
from psro.pokemon.choices import read_choices
from psro.pokemon.simulator.process import LaneUpdate, SimulatorProcess, simulator_seed
from psro.pokemon.state import BattleState

_DATA = GenData.from_gen(1)
SPECIES = [
    key
    for key, entry in _DATA.pokedex.items()
    if 0 < entry["num"] <= 151 and "forme" not in entry and "-" not in entry["name"]
]
MOVES = [key for key, entry in _DATA.moves.items() if 0 < entry["num"] <= 165 and key != "struggle"]


def random_team(rng: np.random.Generator, size: int = 6) -> str:
    """Packed: distinct Pokemon, each with any four moves there are."""
    return "]".join(
        f"{species}||||{','.join(rng.choice(MOVES, 4, replace=False))}|||||||"
        for species in rng.choice(SPECIES, size, replace=False)
    )


def start(process: SimulatorProcess, seed: int, lane: int = 0) -> LaneUpdate:
    """A new battle between random teams."""
    rng = rng_from("teams", seed)
    teams = random_team(rng), random_team(rng)
    (update,) = process.run([("start", lane, "gen1ou", simulator_seed(seed), *teams, 3)])
    return update


def requests_of(update: LaneUpdate) -> Iterator[tuple[int, dict[str, Any]]]:
    """(side, request) of the sides that are asked."""
    for side, request in enumerate((update.request0, update.request1)):
        if request is not None:
            yield side, request


def random_choices(update: LaneUpdate, rng: np.random.Generator) -> list[tuple[Any, ...]]:
    """A random legal choice of every side that is asked."""
    commands = []
    for side, request in requests_of(update):
        choices = read_choices(request)
        command = choices.command(int(rng.choice(choices.actions)))
        commands.append(("choose", update.lane, side, command))
    return commands


def play_random(
    process: SimulatorProcess,
    seed: int,
    look: Callable[[BattleState, LaneUpdate], None] = lambda state, update: None,
) -> tuple[tuple[BattleState, BattleState], list[LaneUpdate]]:
    """A random battle to the end: both states, all updates. `look` is called at every decision of a side."""
    rng = rng_from("choices", seed)
    states = BattleState("battle", 0), BattleState("battle", 1)
    update = start(process, seed)
    updates = [update]
    while update.winner is None:
        assert update.error is None, update.error
        for state, lines in zip(states, (update.lines0, update.lines1), strict=True):
            state.read(lines)
        for side, request in requests_of(update):
            states[side].decide(request)
            look(states[side], update)
        (update,) = process.run(random_choices(update, rng))
        updates.append(update)
    for state, lines in zip(states, (update.lines0, update.lines1), strict=True):
        state.read(lines)
    return states, updates
