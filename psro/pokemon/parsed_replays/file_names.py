"""`{battle id}_{rating}_{p1}_vs_{p2}_{date}_{result}.json[.lz4]`: what metamon calls a parsed replay.

Its reader splits a name at underscores and takes only those with seven parts, so no part may have one.
"""

import re
from dataclasses import dataclass

ENDINGS = (".json.lz4", ".json")
UNRATED = "Unrated"
_PARTS = 7
_UNSAFE = re.compile(r"[^A-Za-z0-9-]+")


@dataclass(frozen=True)
class ReplayName:
    """The parts of a file's name."""

    battle_id: str
    """Has the format in it: gen1ou-1234567."""
    rating: str
    """A whole number, or Unrated."""
    player: str
    """Whose point of view it is."""
    opponent: str
    date: str
    """MM-DD-YYYY, or MM-DD-YYYY-HH:MM:SS"""
    won: bool
    """Ties count as losses in a name."""

    def __str__(self) -> str:
        """Without an ending. Players' names lose what a file name or the reader would not bear."""
        player, opponent = (
            _UNSAFE.sub("-", name).strip("-") or "nobody" for name in (self.player, self.opponent)
        )
        result = "WIN" if self.won else "LOSS"
        return f"{self.battle_id}_{self.rating}_{player}_vs_{opponent}_{self.date}_{result}"


def without_ending(name: str) -> str | None:
    """The name without its ending; None for one that is no parsed replay's."""
    for ending in ENDINGS:
        if name.endswith(ending):
            return name.removesuffix(ending)
    return None


def parse_name(stem: str) -> ReplayName | None:
    """The parts of a name without ending; None where metamon's reader would not take it."""
    parts = stem.split("_")
    if len(parts) != _PARTS or parts[3] != "vs" or parts[6] not in ("WIN", "LOSS"):
        return None
    return ReplayName(parts[0], parts[1], parts[2], parts[4], parts[5], parts[6] == "WIN")


def format_of(battle_id: str) -> str:
    """The id as the reader compares it: lower case, without brackets and spaces; it must have the format in it."""
    return re.sub(r"[\[\] ]", "", battle_id).lower()
