"""The log of a battle of the simulator's, as one of the engine's: so that one kind of log is replayed, whoever played it."""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from psro.machine.errors import UserError
from psro.pokemon.config import ENGINE_FORMATS
from psro.pokemon.engine.battle_log import WAITS, BattleLog
from psro.pokemon.engine.layout import FIRST_SWITCH

Request = dict[str, Any] | None


def check_kept(seeds: Collection[int], format_: str) -> None:
    """Raises UserError where logs are wanted of a format that replays do not know: those with gen1ou's rules are replayed in it."""
    if seeds and format_ not in ENGINE_FORMATS:
        raise UserError(
            f"battles of game.format={format_} cannot be replayed; those of {', '.join(ENGINE_FORMATS)} can"
        )


class KeptLog:
    """Takes down choices in the engine's numbers, which name original slots; the simulator's name places that every switch moves."""

    def __init__(self) -> None:
        self._original: list[list[str]] = [[], []]
        """Each side's Pokémon in the order of its team."""
        self._now: list[list[str]] = [[], []]
        """And in the order of its newest request."""
        self._choices: list[list[int]] = []

    def see(self, requests: Sequence[Request]) -> None:
        """What both sides are asked next (None: nothing): a decision begins."""
        for side, request in enumerate(requests):
            if request is not None:
                self._now[side] = [entry["ident"] for entry in request["side"]["pokemon"]]
                self._original[side] = self._original[side] or self._now[side]
        self._choices.append([WAITS, WAITS])

    def choose(self, side: int, command: str) -> None:
        """A side's choice of this decision: `move 2`, `switch 3`."""
        kind, _, place = command.partition(" ")
        index = int(place) - 1
        if kind == "switch":
            index = FIRST_SWITCH + self._original[side].index(self._now[side][index])
        self._choices[-1][side] = index

    def log(self, seed: str, teams: tuple[str, str]) -> BattleLog:
        """The battle so far; `teams` packed. The decision that has begun is not carried out, whoever has chosen for it."""
        return BattleLog(seed, teams, np.array(self._choices[:-1], np.int8).reshape(-1, 2))
