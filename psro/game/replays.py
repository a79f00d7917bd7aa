"""What a game may be able to do besides being played: show single battles to people."""

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from psro.game.battles import Outcome


@runtime_checkable
class KeepsLogs(Protocol):
    """An arena that can keep what it takes to play a battle again, without any policy."""

    logs: Mapping[int, Any]
    """By job seed, once played; the game knows what a log is."""

    def keep_logs(self, seeds: Collection[int]) -> None:
        """Battles of these job seeds, and no others, are logged by what is played from now on."""
        ...


@runtime_checkable
class Watchable(Protocol):
    """A game whose logged battles can be made into files that people read or watch."""

    def write_replays(
        self, directory: Path, battles: Mapping[str, tuple[Outcome, Any]]
    ) -> list[tuple[Path, str]]:
        """Writes the files of each battle (file name without ending → outcome and log) into `directory`.

        Returns, in the order given, what to open of each and the battle in a line. Raises UserError where it cannot be done.
        """
        ...


def file_name(place: int, outcome: Outcome) -> str:
    """`012_br_1_vs_grunt_<job seed>`: the battle's place in its unit, and who played it; the report's page finds it by the seed."""
    first, second = (re.sub(r"[^\w.-]+", "_", name) for name in outcome.policies)
    return f"{place:03d}_{first}_vs_{second}_{outcome.seed}"
