"""Battles on the simulator in which every kernel is asked at every decision what its rule in Python is asked, with the same seed.

Battles are the engine's proof's (engine/judge/matchups.py). Each side is played by one of VARIANTS, drawn for the battle, and now and
then at random, so that all of them meet what any of them brings about.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from psro.game.policies import Decisions, Policy
from psro.machine.seeds import rng_from, seed_from
from psro.pokemon.engine.judge.matchups import Matchup, matchup
from psro.pokemon.engine.judge.sightings import FORMAT, has_twins
from psro.pokemon.gen1_battle import BattleError
from psro.pokemon.heuristics.reference.registry import REFERENCES
from psro.pokemon.heuristics.registry import make_heuristic
from psro.pokemon.observations.records.from_state import fill_record
from psro.pokemon.observations.records.record import WIDTH
from psro.pokemon.observations.records.spec import RECORD_VIEW
from psro.pokemon.simulator.node import find_node
from psro.pokemon.simulator.process import Command, LaneUpdate, SimulatorProcess, simulator_seed
from psro.pokemon.state import BattleState

Variant = tuple[str, dict[str, Any]]
VARIANTS: dict[str, Variant] = {
    **{kind: (kind, {}) for kind in REFERENCES},
    "poke_env_heuristic, uses_setup": ("poke_env_heuristic", {"uses_setup": True}),
}
"""Every kind, with every argument: name → (kind, arguments)."""
EPSILON = 0.1
"""How often a side acts at random."""
LANES = 64


@dataclass
class Found:
    """What a comparison found, by names of VARIANTS."""

    battles: int = 0
    left_out: int = 0
    """A species stands twice in a team: poke-env knows Pokémon by their names."""
    reasons: Counter[str] = field(default_factory=Counter)
    """Why battles were not followed to their end."""
    decisions: int = 0
    """Those with more than one legal action; every kind is asked at each."""
    differing: Counter[str] = field(default_factory=Counter)
    chosen: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    """How often the rules in Python chose which action."""
    examples: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    """CPU seconds of the rules in Python."""
    records: list[NDArray[np.int16]] = field(default_factory=list)
    masks: list[NDArray[np.bool_]] = field(default_factory=list)
    seeds: list[NDArray[np.uint64]] = field(default_factory=list)

    def asked(self) -> Decisions:
        """All decisions, as the kernels were asked them."""
        seeds = np.concatenate(self.seeds)
        records = {RECORD_VIEW: np.concatenate(self.records)}
        return Decisions(
            records, np.concatenate(self.masks), seeds, np.arange(len(seeds), dtype=np.int64)
        )


class _Lane:
    """A battle being played."""

    def __init__(self, number: int, drawn: Matchup):
        self.name = f"{number} {drawn.kind}"
        self.seed = seed_from("heuristics", drawn.seed)
        self.states = tuple(BattleState(self.name, side) for side in range(2))
        self.rng = rng_from(self.seed, "players")
        self.players = self.rng.choice(list(VARIANTS), 2).tolist()
        self.num_decisions = 0


@dataclass
class _Asked:
    """One decision."""

    number: int
    lane: _Lane
    state: BattleState
    seed: int


def compare_battles(
    proof_seed: int, num_battles: int, kinds: tuple[str, ...], num_examples: int = 5
) -> Found:
    """Battles 0 … num_battles − 1 of the proof with this seed, of these kinds (matchups.py)."""
    return _Comparison(proof_seed, num_battles, kinds, num_examples).run()


class _Comparison:
    def __init__(
        self, proof_seed: int, num_battles: int, kinds: tuple[str, ...], num_examples: int
    ):
        self.found = Found()
        self.num_examples = num_examples
        self.waiting = [
            (number, matchup(proof_seed, number, kinds)) for number in reversed(range(num_battles))
        ]
        self.lanes: dict[int, _Lane] = {}
        self.kernels = {name: make_heuristic(name, *variant) for name, variant in VARIANTS.items()}
        self.references: dict[str, Policy] = {
            name: REFERENCES[kind](name, **arguments)
            for name, (kind, arguments) in VARIANTS.items()
        }

    def run(self) -> Found:
        process = SimulatorProcess(find_node())
        try:
            commands = [command for _ in range(LANES) for command in self._begin()]
            while commands:
                updates = process.run(commands)
                commands = []
                asked: list[_Asked] = []
                for update in updates:
                    commands += self._take_in(update, asked)
                if asked:
                    commands += self._ask(asked)
        finally:
            process.close()
        return self.found

    def _begin(self) -> list[Command]:
        while self.waiting:
            number, drawn = self.waiting.pop()
            self.found.battles += 1
            if any(has_twins(team) for team in drawn.teams):
                self.found.left_out += 1
                continue
            self.lanes[number] = _Lane(number, drawn)
            seed = simulator_seed(drawn.seed)
            return [("start", number, FORMAT, seed, *drawn.teams, 3)]
        return []

    def _take_in(self, update: LaneUpdate, asked: list[_Asked]) -> list[Command]:
        """Adds a battle's decisions to `asked`; returns the commands where nothing is to be decided."""
        lane = self.lanes[update.lane]
        try:
            if update.error is not None:
                raise BattleError(update.error)
            for side, lines in enumerate((update.lines0, update.lines1)):
                lane.states[side].read(lines)
            if update.winner is not None:
                del self.lanes[update.lane]
                return self._begin()
            commands: list[Command] = []
            decisions = []
            for side, request in enumerate((update.request0, update.request1)):
                if request is None:
                    continue
                state = lane.states[side]
                state.decide(request)
                legal = np.flatnonzero(state.legal_mask)
                if len(legal) == 1:
                    commands.append(("choose", update.lane, side, state.choice(int(legal[0]))))
                    continue
                fill_record(state, np.empty((1, WIDTH), np.int16), 0)  # it has a place in a record
                seed = seed_from(lane.seed, side, lane.num_decisions)
                decisions.append(_Asked(update.lane, lane, state, seed))
        except (BattleError, ValueError) as error:
            self.found.reasons[str(error).partition("\n")[0][:120]] += 1
            del self.lanes[update.lane]
            dropped = update.error is not None
            return [*([] if dropped else [("end", update.lane)]), *self._begin()]
        lane.num_decisions += 1
        asked += decisions
        return commands

    def _ask(self, asked: Sequence[_Asked]) -> list[Command]:
        """Asks everyone, compares, and lets each side's player choose."""
        found = self.found
        records = np.empty((len(asked), WIDTH), np.int16)
        for row, one in enumerate(asked):
            fill_record(one.state, records, row)
        states = [one.state for one in asked]
        legal = np.stack([state.legal_mask for state in states])
        seeds = np.array([one.seed for one in asked], np.uint64)
        episodes = np.arange(len(asked), dtype=np.int64)
        found.decisions += len(asked)
        found.records.append(records)
        found.masks.append(legal)
        found.seeds.append(seeds)
        actions = {}
        for name, kernel in self.kernels.items():
            started = time.process_time()
            wanted = self.references[name].act(Decisions(states, legal, seeds, episodes))
            found.seconds[name] += time.process_time() - started
            got = kernel.act(Decisions({RECORD_VIEW: records}, legal, seeds, episodes))
            found.chosen[name].update(wanted.tolist())
            for row in np.flatnonzero(wanted != got).tolist():
                found.differing[name] += 1
                if len(found.examples) < self.num_examples:
                    where = f"{asked[row].lane.name} turn {states[row].battle.turn} side {states[row].side}"
                    found.examples.append(f"{name}: {where}: {wanted[row]}→{got[row]}")
            actions[name] = wanted
        commands: list[Command] = []
        for row, one in enumerate(asked):
            side = one.state.side
            action = int(actions[one.lane.players[side]][row])
            if one.lane.rng.random() < EPSILON:
                action = int(one.lane.rng.choice(np.flatnonzero(legal[row])))
            commands.append(("choose", one.number, side, one.state.choice(action)))
        return commands
