"""The same battles on the engine and on the simulator with poke-env: at each decision, are the sighting records equal?

Compared is what a record says: moves in any order, and COUNTER only of the asleep and the badly poisoned (record.py: "else unused").
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from psro.machine.seeds import rng_from
from psro.pokemon.engine import kernels
from psro.pokemon.engine.judge.lockstep import judged_battles
from psro.pokemon.engine.judge.matchups import matchup
from psro.pokemon.engine.judge.mistakes import Stays, Told, explanation
from psro.pokemon.engine.judge.process import JudgeProcess
from psro.pokemon.engine.judge.record import Choices
from psro.pokemon.engine.layout import ENDED, FAULT, FIRST_SWITCH, LANE_SIZE, NUM_CHOICES
from psro.pokemon.engine.sight import watched, write
from psro.pokemon.engine.sight.places import KNOWLEDGE_SIZE
from psro.pokemon.engine.teams import new_lane
from psro.pokemon.gen1_battle import BattleError
from psro.pokemon.observations.records import record
from psro.pokemon.observations.records.from_state import fill_record
from psro.pokemon.simulator.node import find_node
from psro.pokemon.simulator.process import LaneUpdate, SimulatorProcess, simulator_seed
from psro.pokemon.state import BattleState

FORMAT = "gen1ou"
UNIFORM, PROOF = CHOOSERS = ("uniform", "proof")
"""All legal choices alike, or each side as the proof has it choose (`matchups.POLICY_WEIGHTS`): uniform, switching, staying, repeating."""
_POKEMON_FIELDS = (
    *("species", "level", "hp", "max_hp", "status", "counter"),
    *(f"move.{place}" for place in range(record.MOVES_PER_POKEMON)),
)
_ACTIVE_FIELDS = (
    *("slot", "form", "type.0", "type.1"),
    *(f"boost.{stat}" for stat in ("atk", "def", "spa", "spd", "spe", "accuracy", "evasion")),
    *("conditions", "last_move", "active_turns", "effect", "previous_move"),
)


def _names() -> Iterator[str]:
    for side, last in (("own", "stat"), ("foe", "pp")):
        for slot in range(record.TEAM_SIZE):
            yield from (f"{side}.{slot}.{name}" for name in _POKEMON_FIELDS)
            yield from (f"{side}.{slot}.{last}.{place}" for place in range(4))
    for side in ("own", "foe"):
        yield from (f"{side}_active.{name}" for name in _ACTIVE_FIELDS)
    for action in range(record.NUM_MOVES):
        yield from (f"option.{action}.{name}" for name in ("move", "pp", "max_pp"))
    yield from (f"switch.{action}" for action in range(record.NUM_SWITCHES))
    yield from ("turn", "forced_switch", "foe_team_size", "legal", "move_order", "switch_order")


NAMES = tuple(_names())
"""Of a record's places."""
assert len(NAMES) == record.WIDTH


def canonical(row: NDArray[np.int16]) -> NDArray[np.int16]:
    """A record that is equal to every other that says the same."""
    row = row.copy()
    for number in range(2 * record.TEAM_SIZE):
        at = number * record.POKEMON_WIDTH
        if row[at + record.STATUS] not in (record.ASLEEP, record.BADLY_POISONED):
            row[at + record.COUNTER] = 0
        moves = row[at + record.MOVES : at + record.MOVES + 4]
        order = np.argsort(moves, kind="stable")
        if number >= record.TEAM_SIZE:
            pp = row[at + record.PP : at + record.PP + 4]
            pp[:] = pp[order]
        moves[:] = moves[order]
    return row


@dataclass
class Found:
    """What a comparison found."""

    battles: int = 0
    left_out: int = 0
    """A species stands twice in a team: poke-env knows Pokémon by their names."""
    decisions: int = 0
    """Records compared: a side's at a decision."""
    differing: int = 0
    explained: Counter[str] = field(default_factory=Counter)
    """Records that differ only in what poke-env has wrong, by what that is."""
    fields: Counter[str] = field(default_factory=Counter)
    """Records that differ in a field; its slot, place or action does not count."""
    examples: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    reasons: Counter[str] = field(default_factory=Counter)
    """Why battles were not followed to their end."""

    @property
    def broken(self) -> int:
        """Battles not followed to their end."""
        return self.reasons.total()

    def compare(
        self,
        wanted: NDArray[np.int16],
        got: NDArray[np.int16],
        where: str,
        shown: int,
        told: Told,
    ) -> None:
        """Counts a decision; `wanted` is poke-env's, `told` what its side was told besides."""
        self.decisions += 1
        wanted, got = canonical(wanted), canonical(got)
        if np.array_equal(wanted, got):
            return
        places = [int(place) for place in np.flatnonzero(wanted != got)]
        why = {place: explanation(place, wanted, got, told) for place in places}
        reasons = set(why.values())
        if None not in reasons:
            self.explained.update(str(reason) for reason in reasons)
            return
        self.differing += 1
        kinds: dict[str, list[str]] = defaultdict(list)
        for place in places:
            if why[place] is not None:
                continue
            name = NAMES[place]
            kind = "".join(char for char in name if not char.isdigit()).replace("..", ".")
            kinds[kind].append(f"{name} {wanted[place]}→{got[place]}")
        for kind, texts in kinds.items():
            self.fields[kind] += 1
            if len(self.examples[kind]) < shown:
                self.examples[kind].append(f"{where}: {', '.join(texts)} (poke-env→engine)")


def command(request: dict[str, Any], idents: list[str], choice: int) -> str:
    """The simulator's words for an engine's choice; `idents`: the side's Pokémon in their original order."""
    if choice < FIRST_SWITCH:
        moves = request["active"][0]["moves"]
        return "move 1" if len(moves) == 1 else f"move {choice + 1}"
    wanted = idents[choice - FIRST_SWITCH]
    order = [entry["ident"] for entry in request["side"]["pokemon"]]
    return f"switch {order.index(wanted) + 1}"


def has_twins(team: str) -> bool:
    """Whether two Pokémon of a packed team have one name."""
    names = [packed.split("|")[0] for packed in team.split("]")]
    return len(set(names)) < len(names)


class SideBySide:
    """Battles played by the engine and, choice for choice, by the simulator."""

    def __init__(self, found: Found, shown: int = 2):
        self.found = found
        self._shown = shown
        self._simulator = SimulatorProcess(find_node())

    def close(self) -> None:
        """Ends the simulator."""
        self._simulator.close()

    def play(
        self,
        name: str,
        seed: int,
        teams: tuple[str, str],
        key: int,
        chosen: Sequence[Choices] | None = None,
    ) -> None:
        """One battle; choices are drawn by `key`, if they are not given. Given ones may end before the battle does."""
        found = self.found
        found.battles += 1
        rng = rng_from("sightings", key)
        engine_seed = simulator_seed(seed)
        lanes = np.zeros((1, LANE_SIZE), np.int16)
        knowledge = np.zeros((1, KNOWLEDGE_SIZE), np.int16)
        records = np.zeros((2, record.WIDTH), np.int16)
        legal = np.zeros((1, 2, NUM_CHOICES), np.bool_)
        lanes[0] = new_lane(engine_seed, *teams)
        watched.start(lanes, knowledge)
        states = [BattleState(name, side) for side in range(2)]
        stays = Stays()
        idents: list[list[str]] = [[], []]
        commands: list[tuple[Any, ...]] = [("start", 0, FORMAT, engine_seed, *teams, 3)]
        decision = 0
        while True:
            update = self._simulator.run(commands)[0]
            if update.error is not None or lanes[0, FAULT]:
                found.reasons[(update.error or "the simulator's fault").partition("\n")[0]] += 1
                break
            if update.winner is not None or lanes[0, ENDED]:
                assert update.winner is not None
                assert lanes[0, ENDED]
                return
            write.write_records(lanes, knowledge, records)
            kernels.legal_choices(lanes, legal)
            try:
                self._compare(f"{name} decision {decision}", states, stays, update, records)
            except (BattleError, ValueError) as error:
                found.reasons[str(error)[:160]] += 1
                break
            if chosen is not None and decision == len(chosen):
                break
            choices = np.full((1, 2), -1, np.int8)
            commands = []
            for side, request in enumerate((update.request0, update.request1)):
                if request is None:
                    continue
                if not idents[side]:
                    idents[side] = [entry["ident"] for entry in request["side"]["pokemon"]]
                if chosen is None:
                    choice = int(rng.choice(np.flatnonzero(legal[0, side])))
                else:
                    choice = chosen[decision][side]
                choices[0, side] = choice
                commands.append(("choose", 0, side, command(request, idents[side], choice)))
            watched.step(lanes, knowledge, choices)
            decision += 1
        self._simulator.run([("end", 0)])

    def _compare(
        self,
        where: str,
        states: list[BattleState],
        stays: Stays,
        update: LaneUpdate,
        got: NDArray[np.int16],
    ) -> None:
        wanted = np.zeros((1, record.WIDTH), np.int16)
        stays.read(update.lines0)
        seen = ((update.lines0, update.request0), (update.lines1, update.request1))
        for side, (lines, request) in enumerate(seen):
            states[side].read(lines)
            if request is None:
                continue
            states[side].decide(request)
            fill_record(states[side], wanted, 0)
            told = stays.told(side, request, seen[1 - side][1], got[side])
            self.found.compare(wanted[0], got[side], f"{where} side {side}", self._shown, told)


def compare_battles(
    proof_seed: int,
    num_battles: int,
    kinds: tuple[str, ...],
    shown: int = 2,
    choosers: str = UNIFORM,
) -> Found:
    """Battles 0 … num_battles − 1 of the proof with this seed, of these kinds (matchups.py); choosers: of CHOOSERS."""
    found = Found()
    pair = SideBySide(found, shown)
    drawn = [matchup(proof_seed, number, kinds) for number in range(num_battles)]
    numbers = [
        number
        for number in range(num_battles)
        if not any(has_twins(team) for team in drawn[number].teams)
    ]
    found.left_out = num_battles - len(numbers)
    chosen: Iterator[Sequence[Choices] | None] = repeat(None)
    if choosers == PROOF:
        judge = JudgeProcess(find_node())
        judged = judged_battles(judge, (drawn[number] for number in numbers))
        chosen = (judgement.record.choices for _, judgement in judged)
    for number, choices in zip(numbers, chosen, strict=False):
        one = drawn[number]
        pair.play(f"{proof_seed}/{number} {one.kind}", one.seed, one.teams, number, choices)
    pair.close()
    if choosers == PROOF:
        judge.close()
    return found
