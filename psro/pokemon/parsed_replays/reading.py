"""A file → its states and actions, or why it cannot be used."""

from pathlib import Path
from typing import Any, NamedTuple

import lz4.frame
import orjson

from psro.pokemon.parsed_replays.file_names import format_of, parse_name, without_ending

State = dict[str, Any]
"""metamon's UniversalState as JSON."""


class Unusable(Exception):
    """A battle that is left out. `reason`: a few words, the same for all of its kind; `detail`: what about this one."""

    def __init__(self, reason: str, detail: str = ""):
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason, self.detail = reason, detail


class ReplayFile(NamedTuple):
    """What one file says."""

    states: list[State]
    """[N + 1]; the last is how the battle ended"""
    actions: list[int]
    """[N]; −1 where not known"""
    player: str
    opponent: str


def read_file(path: Path, battle_format: str) -> ReplayFile:
    """The battle of a file of `battle_format`. Raises Unusable; OSError where the disk refuses."""
    stem = without_ending(path.name)
    assert stem is not None
    name = parse_name(stem)
    if name is None:
        raise Unusable("a name that metamon's reader would not take", stem)
    if battle_format not in format_of(name.battle_id):
        raise Unusable("another format or generation", name.battle_id)
    read = _parsed(path.read_bytes(), path.suffix == ".lz4")
    if not isinstance(read, dict):
        raise Unusable("no JSON object", type(read).__name__)
    states, actions = (_list_of(read, key) for key in ("states", "actions"))
    if len(states) < 2:
        raise Unusable("no decisions", f"{len(states)} states")
    # Files before v2 have one action a decision, later ones a −1 more, for the last state.
    if len(actions) not in (len(states) - 1, len(states)):
        raise Unusable(
            "actions that do not fit the states", f"{len(actions)} to {len(states)} states"
        )
    if any(type(action) is not int or not -1 <= action < 13 for action in actions):
        raise Unusable("actions that are no numbers from -1 to 12")
    _require_format(states, battle_format)
    return ReplayFile(states, actions[: len(states) - 1], name.player, name.opponent)


def _parsed(data: bytes, compressed: bool) -> Any:
    if compressed:
        try:
            data = lz4.frame.decompress(data)
        except (RuntimeError, EOFError) as error:
            raise Unusable("truncated or broken lz4", str(error)) from error
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise Unusable("broken JSON", str(error)) from error


def _list_of(read: dict[str, Any], key: str) -> list[Any]:
    if key not in read:
        raise Unusable("a missing field", key)
    if not isinstance(read[key], list):
        raise Unusable("a field of another type", key)
    value: list[Any] = read[key]
    return value


def _require_format(states: list[Any], battle_format: str) -> None:
    for state in states:
        if not isinstance(state, dict):
            raise Unusable("a field of another type", "states")
        if "format" not in state:
            raise Unusable("a missing field", "format")
        if state["format"] != battle_format:
            raise Unusable("another format or generation", f"a state of {state['format']}")
