"""Battles on the real simulator in which a test looks at every decision."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from poke_env.data import GenData

from psro.game.policies import Decisions, Policy
from psro.machine.seeds import rng_from, seed_from
from psro.pokemon.observations.records.from_state import fill_record
from psro.pokemon.observations.records.spec import RECORD_SPEC, RECORD_VIEW
from psro.pokemon.simulator.node import find_node
from psro.pokemon.simulator.process import LaneUpdate, SimulatorProcess, simulator_seed
from psro.pokemon.state import BattleState
from psro.pokemon.teams.export import PokemonSet, Team, pack
from psro.pokemon.teams.sets import team_set

Visit = Callable[[BattleState, int], None]
"""Called with each decision's state and seed; a state is only good until it returns."""


def decisions_of(states: list[BattleState], seeds: list[int]) -> Decisions:
    return Decisions(
        states,
        np.stack([state.legal_mask for state in states]),
        np.array(seeds, np.uint64),
        np.arange(len(states), dtype=np.int64),
    )


def asked_of(policy: Policy, states: list[BattleState], seeds: list[int]) -> Decisions:
    """In the policy's view."""
    if policy.view != RECORD_VIEW:
        return decisions_of(states, seeds)
    records = RECORD_SPEC.empty(len(states))
    for row, state in enumerate(states):
        fill_record(state, records["record"], row)
    asked = decisions_of(states, seeds)
    return Decisions(records, asked.legal_mask, asked.seeds, asked.episodes)


def wild_team(seed: int) -> Team:
    """Any six species with any four moves, legal or not: the rare moves come out."""
    rng = rng_from(seed, "wild team")
    species = [
        s
        for s, e in GenData.from_gen(1).pokedex.items()
        if 0 < e["num"] <= 151 and "forme" not in e
    ]
    moves = [m for m, e in GenData.from_gen(1).moves.items() if 0 < e["num"] < 165]
    sets = tuple(
        PokemonSet(str(name), tuple(map(str, rng.choice(sorted(moves), 4, replace=False))))
        for name in rng.choice(sorted(species), 6, replace=False)
    )
    return Team(f"wild {seed}", sets)


def packaged_team(seed: int) -> Team:
    return team_set("competitive").draw("training", seed)


def play(
    num_battles: int,
    policies: tuple[Policy, Policy],
    visit: Visit,
    draw_team: Callable[[int], Team] = packaged_team,
    epsilon: float = 0.0,
    key: str = "test",
) -> Iterator[float]:
    """Plays side 0 against side 1, each acting at random with probability `epsilon`; yields side 0's scores."""
    process = SimulatorProcess(find_node())
    try:
        for battle in range(num_battles):
            seed = seed_from(key, battle)
            states = (
                BattleState(f"battle-gen1ou-{battle}", 0),
                BattleState(f"battle-gen1ou-{battle}", 1),
            )
            teams = [pack(draw_team(seed_from(seed, "team", side))) for side in (0, 1)]
            commands: list[tuple[Any, ...]] = [
                ("start", battle, "gen1ou", simulator_seed(seed), *teams, 3)
            ]
            for turn in range(1000):
                [update] = process.run(commands)
                update = LaneUpdate(*update)
                assert update.error is None, update.error
                states[0].read(update.lines0)
                states[1].read(update.lines1)
                if update.winner is not None:
                    yield {0: 1.0, 1: 0.0, -1: 0.5}[update.winner]
                    break
                commands = []
                for side, request in enumerate((update.request0, update.request1)):
                    if request is None:
                        continue
                    state = states[side]
                    state.decide(request)
                    decision_seed = seed_from(seed, side, turn)
                    visit(state, decision_seed)
                    action = int(
                        policies[side].act(asked_of(policies[side], [state], [decision_seed]))[0]
                    )
                    rng = rng_from(decision_seed, "epsilon")
                    if rng.random() < epsilon:
                        action = int(rng.choice(np.flatnonzero(state.legal_mask)))
                    commands.append(("choose", battle, side, state.choice(action)))
            else:
                raise AssertionError("a battle of more than 1000 decisions")
    finally:
        process.close()
