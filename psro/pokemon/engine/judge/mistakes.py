"""poke-env's mistakes that make a sighting record of its differ from the engine's: each by name, each with what shows that it is one.

What shows it: the record itself, the request (which lists a side's own moves as they are), and the protocol's lines.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from psro.pokemon.observations.facts import MOVES as MOVE_FACTS
from psro.pokemon.observations.records import record
from psro.pokemon.observations.records.tables import MOVE_NUMBER

UNTOLD = "PP of the move that it is locked into, which no request tells: poke-env counts lines, and a two-turn move's first"
FAINTED = "of a fainted Pokémon that had mimicked, poke-env takes Mimic for the last move"
TWICE = "poke-env holds a move once that Mimic took though the Pokémon has it"
AFTERWARDS = (
    "poke-env has lost moves of its own Pokémon that the request lists, after one stood twice"
)
COPY = "poke-env transforms into what a transformed or converted Pokémon was, with what was known of its moves"
AGAIN = "Mimic once more in one stay: poke-env finds no caller among the set's moves, or finds the first Mimic's flag"
KEPT = "a move that the first of two Mimics in one stay took: poke-env takes it for the foe's own once it is used, and keeps it after the stay"
UNCLEAR = "PP of a foe's Pokémon that mimicked a move it had, or twice in one stay: no line tells which of its moves was used"
GOES_ON = "a called move that goes on: poke-env takes it for its own Pokémon's last, and drops it when the request lists no such"

_MIMIC = MOVE_FACTS["mimic"].number
_STRUGGLE = MOVE_FACTS["struggle"].number


@dataclass
class Stay:
    """What the lines told of a Pokémon on the field since it came in."""

    copied: bool = False
    """It transformed, or converted."""
    copied_a_copy: bool = False
    """It transformed into one that had."""
    has_mimicked: bool = False
    mimics: int = 0
    """How often it mimicked, since it transformed last."""
    mimicked: frozenset[int] = frozenset()
    """What it mimicked, all of it."""
    shown: int = 0
    """The move of its last `move` line without `[from]`, Struggle left out; 0: none."""


@dataclass(frozen=True)
class Told:
    """What a side was told up to a decision, besides its record."""

    locked: bool = False
    """Its request names one move alone."""
    moves: tuple[tuple[int, ...], ...] = ()
    """Of its own Pokémon in the order brought, as the request lists them; sorted."""
    foe_moves: tuple[int, ...] = ()
    """Of the foe's Pokémon on the field, as the foe's request lists them, sorted; empty if it has no request."""
    unclear: frozenset[int] = frozenset()
    """The foe's Pokémon, by their blocks, whose uses of moves the lines do not tell apart."""
    mimicked: Mapping[int, frozenset[int]] = field(default_factory=dict)
    """Of the foe's Pokémon that mimicked more than once in one stay, by their blocks: what they mimicked in such stays."""
    own: Stay = field(default_factory=Stay)
    foe: Stay = field(default_factory=Stay)


class Stays:
    """Follows a battle's lines and requests."""

    def __init__(self) -> None:
        self._stays = {"p1a": Stay(), "p2a": Stay()}
        self._idents: dict[int, list[str]] = {}
        self._unclear: tuple[set[int], set[int]] = (set(), set())
        self._mimicked: tuple[dict[int, frozenset[int]], ...] = ({}, {})

    def read(self, lines: Iterable[str]) -> None:
        """Takes in what happened."""
        for line in lines:
            event = line.split("|")
            if len(event) < 4 or event[2][:3] not in self._stays:
                continue
            at = event[2][:3]
            stay = self._stays[at]
            if event[1] in ("switch", "drag"):
                self._stays[at] = Stay()
            elif event[1] == "-transform":
                stay.copied_a_copy = self._stays[event[3][:3]].copied
                stay.copied = True
                stay.mimics = 0
            elif event[1] == "-start" and event[3] == "typechange":
                stay.copied = True
            elif event[1] == "-start" and event[3] == "Mimic":
                stay.mimics += 1
                stay.mimicked |= {_number(event[4])}
                stay.has_mimicked = True
            elif event[1] == "move" and not any(tag.startswith("[from]") for tag in event[5:]):
                number = _number(event[3])
                if number != _STRUGGLE:
                    stay.shown = number

    def told(
        self,
        side: int,
        request: dict[str, Any],
        foe_request: dict[str, Any] | None,
        got: NDArray[np.int16],
    ) -> Told:
        """What the side knows at a decision whose lines have been read; `got` is the engine's record."""
        foe = self._stays[f"p{2 - side}a"]
        foe_slot = int(got[record.FOE_ACTIVE + record.SLOT])
        block = record.FOE + foe_slot * record.POKEMON_WIDTH
        if foe.mimics > 1 or _has_twice(_moves(got, block)):
            self._unclear[side].add(foe_slot)
        if foe.mimics > 1:
            known = self._mimicked[side]
            known[foe_slot] = known.get(foe_slot, frozenset()) | foe.mimicked
        entries = {entry["ident"]: entry for entry in request["side"]["pokemon"]}
        idents = self._idents.setdefault(side, list(entries))
        return Told(
            locked="active" in request and len(request["active"][0]["moves"]) == 1,
            moves=tuple(
                tuple(sorted(MOVE_NUMBER[move] for move in entries[ident]["moves"]))
                for ident in idents
            ),
            foe_moves=_listed(foe_request),
            unclear=frozenset(self._unclear[side]),
            mimicked=dict(self._mimicked[side]),
            own=self._stays[f"p{side + 1}a"],
            foe=foe,
        )


def _number(name: str) -> int:
    """A move's, by its name in the protocol."""
    return MOVE_NUMBER["".join(filter(str.isalnum, name)).lower()]


def _listed(request: dict[str, Any] | None) -> tuple[int, ...]:
    if request is None:
        return ()
    (active,) = (entry for entry in request["side"]["pokemon"] if entry["active"])
    return tuple(sorted(MOVE_NUMBER[move] for move in active["moves"]))


def explanation(
    place: int, wanted: NDArray[np.int16], got: NDArray[np.int16], told: Told
) -> str | None:
    """Which of poke-env's mistakes makes a place of the records differ; None if none that is known."""
    if place < record.FOE:
        return _of_own_block(place, got, told)
    if place < record.OWN_ACTIVE:
        return _of_foe_block(place, wanted, got, told)
    if place < record.OPTIONS:
        return _of_active(place, wanted, got, told)
    if place < record.SWITCHES:
        options = got[record.OPTIONS : record.SWITCHES : record.OPTION_WIDTH]
        if _has_twice(options):
            return TWICE
        is_pp = (place - record.OPTIONS) % record.OPTION_WIDTH == record.OPTION_PP
        if told.locked and is_pp:
            return UNTOLD
    return None


def _of_own_block(place: int, got: NDArray[np.int16], told: Told) -> str | None:
    slot, offset = divmod(place - record.OWN, record.POKEMON_WIDTH)
    moves = _moves(got, place - offset)
    if not record.MOVES <= offset < record.STATS or slot >= len(told.moves):
        return None
    if tuple(sorted(moves[moves > 0].tolist())) != told.moves[slot]:
        return None
    return TWICE if _has_twice(moves) else AFTERWARDS


def _of_foe_block(
    place: int, wanted: NDArray[np.int16], got: NDArray[np.int16], told: Told
) -> str | None:
    slot, offset = divmod(place - record.FOE, record.POKEMON_WIDTH)
    moves = _moves(got, place - offset)
    if offset < record.MOVES:
        return None
    if _has_twice(moves):
        return TWICE
    if (
        offset >= record.PP
        and slot in told.unclear
        and np.array_equal(_moves(wanted, place - offset), moves)
    ):
        return UNCLEAR
    # All else of the two lists is equal, PP too.
    extra = dict(_with_pp(wanted, place - offset)).keys() - dict(_with_pp(got, place - offset))
    rest = [entry for entry in _with_pp(wanted, place - offset) if entry[0] not in extra]
    is_kept = extra and extra <= told.mimicked.get(slot, frozenset())
    if is_kept and rest == _with_pp(got, place - offset):
        return KEPT
    if slot != got[record.FOE_ACTIVE + record.SLOT]:
        return None
    before = _moves(wanted, place - offset)
    shows_less = set(before.tolist()) - {0} < set(moves.tolist())
    is_true = told.foe.copied_a_copy and tuple(sorted(moves[moves > 0].tolist())) == told.foe_moves
    if got[record.FOE_ACTIVE + record.CONDITIONS] & record.TRANSFORMED and (shows_less or is_true):
        return COPY
    # Mimic is back in poke-env's list, for what the second Mimic took; or one of two moves has gone that the foe does have.
    is_back = _MIMIC in before and _MIMIC not in moves
    has_gone = shows_less and set(moves[moves > 0].tolist()) <= set(told.foe_moves)
    if told.foe.mimics > 1 and (is_back or has_gone):
        return AGAIN
    return None


def _of_active(
    place: int, wanted: NDArray[np.int16], got: NDArray[np.int16], told: Told
) -> str | None:
    is_own = place < record.FOE_ACTIVE
    start, team = (record.OWN_ACTIVE, record.OWN) if is_own else (record.FOE_ACTIVE, record.FOE)
    stay = told.own if is_own else told.foe
    if record.FORM <= place - start < record.BOOSTS_AT:
        return COPY if stay.copied_a_copy else None
    if place - start not in (record.LAST_MOVE, record.PREVIOUS_MOVE):
        return None
    block = team + int(got[start + record.SLOT]) * record.POKEMON_WIDTH
    moves = _moves(got, block)
    if got[block + record.STATUS] == record.FAINTED and stay.has_mimicked:
        return FAINTED
    if stay.mimics > 1 and (got[place] == 0 or wanted[place] == _MIMIC):
        return AGAIN
    if _has_twice(moves):
        return TWICE
    if is_own and wanted[place] == 0 and stay.shown not in moves:
        return GOES_ON
    return None


def _moves(row: NDArray[np.int16], block: int) -> NDArray[np.int16]:
    return row[block + record.MOVES : block + record.MOVES + record.MOVES_PER_POKEMON]


def _with_pp(row: NDArray[np.int16], block: int) -> list[tuple[int, int]]:
    """A foe's moves, each with its PP, by their numbers."""
    pp = row[block + record.PP : block + record.PP + record.MOVES_PER_POKEMON]
    shown = zip(_moves(row, block).tolist(), pp.tolist(), strict=True)
    return sorted(entry for entry in shown if entry[0] > 0)


def _has_twice(moves: NDArray[np.int16]) -> bool:
    shown = moves[moves > 0]
    return len(np.unique(shown)) < len(shown)
