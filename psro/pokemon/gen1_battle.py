"""poke-env's Battle for Gen 1: fed line by line, with its Gen 1 mistakes put right, and fast.

What is put right (poke-env 0.16.1):
 - `[from] Wrap`, `[from] Thrash`, `[from] Dig`…: a move that goes on costs no PP; poke-env takes one and logs a warning.
 - `[from] Metronome`, `[from] Mirror Move`: the called move is not the caller's; poke-env adds it to its moves.
 - `must_recharge` stays set after the turn of recharging (`cant|…|recharge`).
 - A Pokemon that faints while transformed or with a mimicked move gets the copied moves for good from the next request.
 - Mimic called by Metronome or Mirror Move replaces its caller, not a move named mimic.
 - Abilities: Gen 1 has none, but requests may name one; poke-env would then double PP use against Pressure.
 - Light Screen, which Gen 1 reports as an effect, is no member of `Effect`: see `LIGHT_SCREEN`.
"""

import logging
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from poke_env.battle import Battle, Effect, Move, Pokemon, Status
from poke_env.battle.move import MoveSet

LIGHT_SCREEN = Effect.UNKNOWN
"""How Light Screen stands in `Pokemon.effects`: the only effect of Gen 1 that poke-env has no name for."""

MAX_TEAM_SIZE = 6
MAX_MOVES = 4
_LOGGER = logging.getLogger("psro.pokemon.battle")


class BattleError(Exception):
    """A battle that cannot be followed any further: it is broken, and never becomes a result."""


class Gen1MoveSet(MoveSet):
    """A Pokemon's moves, one of which Mimic may stand in for."""

    mimic_slot = "mimic"
    """The move that the mimicked one replaces: what called Mimic, if Metronome or Mirror Move did."""

    @property
    def moves(self) -> dict[str, Move]:
        """Move id → move, as they are now."""
        resolved = self._resolved()
        mimicked = resolved._mimic_move
        if mimicked is None:
            return resolved._base_moves
        slot = getattr(resolved, "mimic_slot", "mimic")
        return {
            (mimicked.id if id_ == slot else id_): (mimicked if id_ == slot else move)
            for id_, move in resolved._base_moves.items()
        }


class Gen1Battle(Battle):
    """One battle as one side sees it. `turn`, teams, statuses, boosts, effects are poke-env's own objects."""

    def __init__(self, tag: str, side: int):
        """`side` is 0 or 1; the players must be named p1 and p2."""
        super().__init__(tag, f"p{side + 1}", _LOGGER, gen=1)
        # Updates come before the first request, which is what poke-env learns its side from.
        self._player_role = f"p{side + 1}"
        self._opponent_username = f"p{2 - side}"
        self._active_own: Pokemon | None = None
        self._active_foe: Pokemon | None = None
        self._on_field: dict[str, Pokemon] = {}
        self._conditions: dict[str, str] = {}
        self.previous_moves: dict[str, str] = {}
        """Ident → id of the last move of its own choice that the Pokemon made, on the field now or before."""

    @property
    def active_pokemon(self) -> Pokemon | None:
        """The own Pokemon on the field, fainted or not."""
        return self._active_own

    @property
    def opponent_active_pokemon(self) -> Pokemon | None:
        """The foe on the field, fainted or not."""
        return self._active_foe

    def read(self, lines: Iterable[str]) -> None:
        """Takes in what happened. Raises BattleError naming the line it does not understand."""
        handlers = _HANDLERS
        for line in lines:
            event = line.split("|")
            handler = handlers.get(event[1])
            try:
                if handler is not None:
                    handler(self, event)
                elif event[1] not in _IGNORED:
                    self.parse_message(event)
                    self._replay_data.clear()
            except Exception as error:
                raise BattleError(
                    f"cannot parse {line!r} of turn {self.turn}: {error!r}"
                ) from error

    def read_request(self, request: dict[str, Any]) -> None:
        """Takes in the own team as a request tells it: what poke-env's `parse_request` does, less its cost.

        Available moves and switches are left to the caller (see state.py), who knows them from the request.
        """
        self._last_request = request
        self._wait = False
        self._force_switch = bool(request.get("forceSwitch", [False])[0])
        conditions = self._conditions
        for entry in request["side"]["pokemon"]:
            ident = entry["ident"]
            mon = self._team.get(ident)
            if mon is None or ident not in conditions:
                if mon is None:
                    mon = self._add(self._team, ident, entry["details"])
                for move in entry["moves"]:
                    mon._add_move(move)
                mon._stats.update(entry["stats"])
            if conditions.get(ident) != entry["condition"]:
                condition = conditions[ident] = entry["condition"]
                _set_condition(mon, condition)
                if "/" in condition:
                    mon._stats["hp"] = mon._max_hp
            if entry["active"]:
                assert mon is self._active_own, f"{ident} is active in the request alone"
                if mon._status is not Status.FNT and mon.moves.keys() != set(entry["moves"]):
                    _match_moves(mon, entry["moves"])

    def _add(self, team: dict[str, Pokemon], ident: str, details: str) -> Pokemon:
        if len(team) >= MAX_TEAM_SIZE:
            raise ValueError(f"{ident} would be Pokemon {len(team) + 1} of {list(team)}")
        mon = Pokemon(gen=1, details=details, name=ident[4:])
        mon._ability = "noability"
        mon._item = None
        mon._moves = Gen1MoveSet({})
        team[ident] = mon
        return mon

    def _at(self, position: str) -> Pokemon:
        """The Pokemon that a message calls `p1a: Name` (on the field) or `p1: Name`."""
        mon = self._on_field.get(position)
        if mon is None:
            ident = _ident(position)
            team = self._team if ident.startswith(self._player_role or "?") else self._opponent_team
            mon = self._on_field[position] = team[ident]
        return mon

    def _on_switch(self, event: list[str]) -> None:
        position, details, condition = event[2:5]
        own = position.startswith(self._player_role or "?")
        leaving = self._active_own if own else self._active_foe
        if leaving is not None:
            leaving.switch_out(self._fields)
        team = self._team if own else self._opponent_team
        ident = _ident(position)
        mon = team.get(ident) or self._add(team, ident, details)
        self._on_field[position] = mon
        mon.switch_in()
        if own:
            self._active_own = mon
        else:
            self._active_foe = mon
        _set_condition(mon, condition)

    def _on_move(self, event: list[str]) -> None:
        """|move|p1a: Own|Move|target, then any of |[from] Source, |[miss], |[still], |[notarget]"""
        mon = self._at(event[2])
        name = event[3]
        source = None
        for tag in event[5:]:
            if tag.startswith("[from] "):
                source = tag[7:].removeprefix("move: ")
        if name == "Minimize":
            # It has no message of its own but the evasion boost's.
            mon.start_effect("MINIMIZE")
        mon._must_recharge = False
        mon._preparing_move = None
        mon._preparing_target = None
        if source is None:
            moves = mon.moves
            id_ = Move.retrieve_id(name)
            # A fifth move is none of its own: calls within calls lose their [from].
            used = moves.get(id_) or (mon._add_move(name) if len(moves) < MAX_MOVES else None)
            if used is not None:
                used.use()
                for move in mon.moves.values():
                    move._is_last_used = move is used
                self.previous_moves[_ident(event[2])] = used.id
        if mon._status is Status.SLP:
            mon._status_counter += 1

    def _on_condition(self, event: list[str]) -> None:
        """|-damage|p1a: Own|123/200 par|… and -heal"""
        _set_condition(self._at(event[2]), event[3])

    def _on_turn(self, event: list[str]) -> None:
        self._turn = int(event[2])
        for mon in (self._active_own, self._active_foe):
            if mon is not None:
                mon._active_turns += 1
                if mon._status is Status.TOX:
                    mon._status_counter += 1
                for effect in list(mon._effects):
                    turn_countable, ends_on_turn = _on_turn_end(effect)
                    if turn_countable:
                        mon._effects[effect] += 1
                    if ends_on_turn:
                        mon.end_effect(effect.name)

    def _on_faint(self, event: list[str]) -> None:
        self._at(event[2]).faint()

    def _on_status(self, event: list[str]) -> None:
        mon = self._at(event[2])
        status = _STATUSES[event[3]]
        if status is not mon._status:
            mon._status_counter = 0
        mon._status = status

    def _on_cant(self, event: list[str]) -> None:
        mon = self._at(event[2])
        mon.cant_move()
        mon._must_recharge = False

    def _on_boost(self, event: list[str]) -> None:
        self._at(event[2]).boost(event[3], int(event[4]))

    def _on_unboost(self, event: list[str]) -> None:
        self._at(event[2]).boost(event[3], -int(event[4]))

    def _on_start(self, event: list[str]) -> None:
        mon, name = self._at(event[2]), event[3]
        if name == "Light Screen":
            mon._effects[LIGHT_SCREEN] = 0
        elif name == "typechange":
            mon.start_effect(name, details=event[4])
        else:
            if name == "Mimic":
                moves = _moves_of(mon)
                caller = next((id_ for id_, move in mon.moves.items() if move._is_last_used), None)
                moves.mimic_slot = caller or "mimic"
                moves._mimic_move = Move(Move.retrieve_id(event[4]), gen=1, from_mimic=True)
            mon.start_effect(name)

    def _on_transform(self, event: list[str]) -> None:
        mon = self._at(event[2])
        mon.transform(self._at(event[3]))
        mon._moves._transform_moves = Gen1MoveSet(mon._moves.base_moves)

    def _on_end(self, event: list[str]) -> None:
        mon, name = self._at(event[2]), event[3]
        if name == "Light Screen":
            mon._effects.pop(LIGHT_SCREEN, None)
        elif name != "Toxic counter":  # Haze and Rest reset it; no effect of poke-env's
            mon.end_effect(name)

    def _on_activate(self, event: list[str]) -> None:
        if event[3] in _LASTING_ACTIVATIONS:
            self._at(event[2]).start_effect(event[3])

    def _on_mustrecharge(self, event: list[str]) -> None:
        self._at(event[2])._must_recharge = True

    def _on_ability(self, event: list[str]) -> None:
        raise ValueError("Gen 1 has no abilities: the battle was not set up as a server would")

    def _on_win(self, event: list[str]) -> None:
        self._won = event[2] == self._player_username
        self._finished = True

    def _on_tie(self, event: list[str]) -> None:
        self._finished = True


_HANDLERS: dict[str, Callable[[Gen1Battle, list[str]], None]] = {
    "switch": Gen1Battle._on_switch,
    "drag": Gen1Battle._on_switch,
    "move": Gen1Battle._on_move,
    "-damage": Gen1Battle._on_condition,
    "-heal": Gen1Battle._on_condition,
    "-sethp": Gen1Battle._on_condition,
    "turn": Gen1Battle._on_turn,
    "faint": Gen1Battle._on_faint,
    "-status": Gen1Battle._on_status,
    "cant": Gen1Battle._on_cant,
    "-boost": Gen1Battle._on_boost,
    "-unboost": Gen1Battle._on_unboost,
    "-start": Gen1Battle._on_start,
    "-end": Gen1Battle._on_end,
    "-activate": Gen1Battle._on_activate,
    "-transform": Gen1Battle._on_transform,
    "-mustrecharge": Gen1Battle._on_mustrecharge,
    "-ability": Gen1Battle._on_ability,
    "win": Gen1Battle._on_win,
    "tie": Gen1Battle._on_tie,
}
"""What Gen 1 is made of; anything else goes to poke-env's own parser, which raises on what it does not know."""

_IGNORED = (Battle.MESSAGES_TO_IGNORE - {""}) | {"-immune", "player"}
"""The ability that `-immune` may name is of later generations; who the players are is given."""

_LASTING_ACTIVATIONS = frozenset({"Bide", "confusion"})
"""Effects that an activation may be the first sign of. (Haze and Mist pass; Substitute has its own start and end.)"""

_STATUSES = {status.name.lower(): status for status in Status}


def _ident(position: str) -> str:
    """`p1a: Tauros` (on the field) → `p1: Tauros` (in the team)."""
    return position if position[2] == ":" else position[:2] + position[3:]


def _set_condition(mon: Pokemon, condition: str) -> None:
    """HP and status as `263/353 par`, `54/100` or `0 fnt` tell them."""
    hp, max_hp, status = _parse_condition(condition)
    mon._current_hp = hp
    if max_hp is not None:
        mon._max_hp = max_hp
    if mon._status is not status:
        # The simulator names toxic poison `tox` throughout: a change here is a change of status.
        mon._status = status
        mon._status_counter = 0


def _moves_of(mon: Pokemon) -> Gen1MoveSet:
    """Its moves as they are now: the copied ones of a transformed Pokemon."""
    moves = mon._moves._resolved()
    assert isinstance(moves, Gen1MoveSet)
    return moves


def _match_moves(mon: Pokemon, ids: list[str]) -> None:
    """Makes the moves of an own Pokemon those that its request lists, once the messages say otherwise."""
    moves = _moves_of(mon)
    base = moves._base_moves
    if moves._mimic_move is not None:
        moves.mimic_slot = next((id_ for id_ in base if id_ not in ids), "mimic")
        if mon.moves.keys() == set(ids):
            return
        moves._mimic_move = None
    copied = mon.transformed
    moves._base_moves = {
        id_: base.get(id_) or Move(id_, gen=1, from_transform=copied) for id_ in ids
    }


@lru_cache(1 << 16)
def _parse_condition(condition: str) -> tuple[int, int | None, Status | None]:
    if condition == "0 fnt":
        return 0, None, Status.FNT
    health, _, status = condition.partition(" ")
    hp, max_hp = health.split("/")
    return int(hp), int(max_hp), _STATUSES[status] if status else None


@lru_cache(512)
def _on_turn_end(effect: Effect) -> tuple[bool, bool]:
    return effect.is_turn_countable, effect.ends_on_turn
