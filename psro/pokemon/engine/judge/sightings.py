"""The same battles on the engine and on the simulator with poke-env: at each decision, are the sighting records equal?

Compared is what a record says: moves in any order, and COUNTER only of the asleep and the badly poisoned (record.py: "else unused").
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from psro.machine.seeds import rng_from
from psro.pokemon.engine import kernels
from psro.pokemon.engine.judge.matchups import matchup
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
_POKEMON_FIELDS = (
    *("species", "level", "hp", "max_hp", "status", "counter"),
    *(f"move.{place}" for place in range(record.MOVES_PER_POKEMON)),
)
_ACTIVE_FIELDS = (
    *("slot", "form", "type.0", "type.1"),
    *(f"boost.{stat}" for stat in ("atk", "def", "spa", "spd", "spe", "accuracy", "evasion")),
    *("conditions", "last_move", "active_turns", "effect"),
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


UNTOLD = "PP of the move that it is locked into, which no request tells: poke-env counts lines, and a two-turn move's first"
FAINTED = "of a fainted Pokémon that had mimicked, poke-env takes Mimic for the last move"
TWICE = "poke-env holds a move once that Mimic took though the Pokémon has it"
COPY = "poke-env transforms into what a transformed or converted Pokémon was, with what was known of its moves"


def explanation(
    place: int, wanted: NDArray[np.int16], got: NDArray[np.int16], locked: bool
) -> str | None:
    """Which of poke-env's mistakes makes a place of the records differ; None if none that is known."""
    if place < record.OWN_ACTIVE:
        start = place - place % record.POKEMON_WIDTH
        moves = got[start + record.MOVES : start + record.MOVES + 4]
        if place - start < record.MOVES:
            return None
        if _has_twice(moves):
            return TWICE
        foe_slot = got[record.FOE_ACTIVE + record.SLOT]
        is_foe = start == record.FOE + foe_slot * record.POKEMON_WIDTH
        copies = got[record.FOE_ACTIVE + record.CONDITIONS] & record.TRANSFORMED
        shows_less = wanted[start + record.MOVES] == 0 and moves[0] > 0
        return COPY if is_foe and copies and shows_less else None
    if place < record.OPTIONS:
        start = record.OWN_ACTIVE if place < record.FOE_ACTIVE else record.FOE_ACTIVE
        is_form = record.FORM <= place - start < record.BOOSTS_AT
        copies = got[start + record.CONDITIONS] & record.TRANSFORMED
        if is_form and copies:
            return COPY
        team = record.OWN if start == record.OWN_ACTIVE else record.FOE
        mon = team + got[start + record.SLOT] * record.POKEMON_WIDTH
        fell = got[mon + record.STATUS] == record.FAINTED
        return FAINTED if place - start == record.LAST_MOVE and fell else None
    if place < record.SWITCHES:
        options = got[record.OPTIONS : record.SWITCHES : record.OPTION_WIDTH]
        if _has_twice(options):
            return TWICE
        is_pp = (place - record.OPTIONS) % record.OPTION_WIDTH == record.OPTION_PP
        if locked and is_pp:
            return UNTOLD
    return None


def explanations(
    wanted: NDArray[np.int16], got: NDArray[np.int16], locked: bool
) -> set[str | None]:
    """Of all the places that differ."""
    places = np.flatnonzero(wanted != got)
    return {explanation(int(place), wanted, got, locked) for place in places}


def _has_twice(moves: NDArray[np.int16]) -> bool:
    shown = moves[moves > 0]
    return len(np.unique(shown)) < len(shown)


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
        locked: bool,
    ) -> None:
        """Counts a decision; `wanted` is poke-env's. `locked`: its request names one move alone."""
        self.decisions += 1
        wanted, got = canonical(wanted), canonical(got)
        if np.array_equal(wanted, got):
            return
        reasons = explanations(wanted, got, locked)
        if None not in reasons:
            self.explained.update(str(reason) for reason in reasons)
            return
        self.differing += 1
        kinds: dict[str, list[str]] = defaultdict(list)
        for place in np.flatnonzero(wanted != got):
            if explanation(int(place), wanted, got, locked) is not None:
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

    def play(self, name: str, seed: int, teams: tuple[str, str], key: int) -> None:
        """One battle; choices are drawn by `key`."""
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
                self._compare(f"{name} decision {decision}", states, update, records)
            except (BattleError, ValueError) as error:
                found.reasons[str(error)[:160]] += 1
                break
            choices = np.full((1, 2), -1, np.int8)
            commands = []
            for side, request in enumerate((update.request0, update.request1)):
                if request is None:
                    continue
                if not idents[side]:
                    idents[side] = [entry["ident"] for entry in request["side"]["pokemon"]]
                choice = int(rng.choice(np.flatnonzero(legal[0, side])))
                choices[0, side] = choice
                commands.append(("choose", 0, side, command(request, idents[side], choice)))
            watched.step(lanes, knowledge, choices)
            decision += 1
        self._simulator.run([("end", 0)])

    def _compare(
        self, where: str, states: list[BattleState], update: LaneUpdate, got: NDArray[np.int16]
    ) -> None:
        wanted = np.zeros((1, record.WIDTH), np.int16)
        seen = ((update.lines0, update.request0), (update.lines1, update.request1))
        for side, (lines, request) in enumerate(seen):
            states[side].read(lines)
            if request is None:
                continue
            states[side].decide(request)
            fill_record(states[side], wanted, 0)
            locked = "active" in request and len(request["active"][0]["moves"]) == 1
            self.found.compare(wanted[0], got[side], f"{where} side {side}", self._shown, locked)


def compare_battles(
    proof_seed: int, num_battles: int, kinds: tuple[str, ...], shown: int = 2
) -> Found:
    """Battles 0 … num_battles − 1 of the proof with this seed, of these kinds (matchups.py)."""
    found = Found()
    pair = SideBySide(found, shown)
    for number in range(num_battles):
        drawn = matchup(proof_seed, number, kinds)
        if any(has_twins(team) for team in drawn.teams):
            found.left_out += 1
            continue
        pair.play(f"{proof_seed}/{number} {drawn.kind}", drawn.seed, drawn.teams, number)
    pair.close()
    return found
