"""Random battles on the real simulator, many lanes at a time, in which a test looks at every decision."""

from collections.abc import Callable

import numpy as np
from poke_env.data import GenData

from psro.machine.seeds import rng_from, seed_from
from psro.pokemon.simulator.node import find_node
from psro.pokemon.simulator.process import SimulatorProcess, simulator_seed
from psro.pokemon.state import BattleState
from psro.pokemon.teams.export import PokemonSet, Team, pack
from psro.pokemon.teams.sets import team_set

Visit = Callable[[int, BattleState], None]
"""(battle, state); a state is only good until it returns."""
End = Callable[[int, BattleState, float], None]
"""(battle, state, that side's score)"""


def wild_team(seed: int) -> Team:
    """Any six species with any four moves, legal or not: the rare moves come out."""
    rng = rng_from(seed, "wild team")
    gen1 = GenData.from_gen(1)
    species = [s for s, e in gen1.pokedex.items() if 0 < e["num"] <= 151 and "forme" not in e]
    moves = [m for m, e in gen1.moves.items() if 0 < e["num"] < 165]
    sets = tuple(
        PokemonSet(str(name), tuple(map(str, rng.choice(sorted(moves), 4, replace=False))))
        for name in rng.choice(sorted(species), 6, replace=False)
    )
    return Team(f"wild {seed}", sets)


def packaged_team(seed: int) -> Team:
    return team_set("competitive").draw("training", seed)


def play_random(
    num_battles: int,
    visit: Visit,
    end: End | None = None,
    draw_team: Callable[[int], Team] = packaged_team,
    key: str = "observations",
) -> None:
    """Plays all battles to their end, uniformly at random, both sides visited at every decision."""
    process = SimulatorProcess(find_node())
    try:
        states = {b: (BattleState(f"b{b}", 0), BattleState(f"b{b}", 1)) for b in range(num_battles)}
        rngs = {b: rng_from(key, b) for b in states}
        commands: list[tuple[object, ...]] = [
            (
                "start",
                b,
                "gen1ou",
                simulator_seed(seed_from(key, b)),
                pack(draw_team(seed_from(key, b, 0))),
                pack(draw_team(seed_from(key, b, 1))),
                3,
            )
            for b in states
        ]
        while commands:
            updates, commands = process.run(commands), []
            for update in updates:
                assert update.error is None, update.error
                pair = states[update.lane]
                pair[0].read(update.lines0)
                pair[1].read(update.lines1)
                if update.winner is not None:
                    for state in pair:
                        score = 0.5 if update.winner < 0 else float(update.winner == state.side)
                        if end is not None:
                            end(update.lane, state, score)
                    continue
                for state, request in zip(pair, (update.request0, update.request1), strict=True):
                    if request is None:
                        continue
                    state.decide(request)
                    visit(update.lane, state)
                    legal = np.flatnonzero(state.legal_mask)
                    action = int(rngs[update.lane].choice(legal))
                    commands.append(("choose", update.lane, state.side, state.choice(action)))
    finally:
        process.close()


def first_decisions(teams: tuple[Team, Team], seed: int = 1) -> tuple[BattleState, BattleState]:
    """Both sides at the first turn of a battle."""
    process = SimulatorProcess(find_node())
    try:
        start = ("start", 0, "gen1ou", simulator_seed(seed), pack(teams[0]), pack(teams[1]), 3)
        (update,) = process.run([start])
    finally:
        process.close()
    assert update.error is None, update.error
    states = BattleState("b", 0), BattleState("b", 1)
    for state, lines, request in zip(
        states, (update.lines0, update.lines1), (update.request0, update.request1), strict=True
    ):
        state.read(lines)
        assert request is not None
        state.decide(request)
    return states
