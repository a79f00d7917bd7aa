"""The battles that can be watched: pages under report/replays, in a folder called as the unit that played them.

report/replays/iteration_1/measure_3/0/012_br_1_vs_rock.html is battle 12 of the unit iteration_1/measure_3/0.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import unescape
from pathlib import Path

from psro.report.outcomes import SeenBattle
from psro.report.page.elements import inline, link, paragraph
from psro.report.watching import unit_of

REPLAYS = "replays"
_TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)
HEAD = 20_000
"""Characters in which a page's title is looked for."""


@dataclass(frozen=True)
class Replay:
    """One of them."""

    path: str
    """Relative to report/."""
    unit: str
    """Key of the unit; empty for a page that lies in no folder."""
    words: str
    """What it shows: its title, else its name."""


def replays_in(report: Path) -> list[Replay]:
    """Those under <run>/report, unit by unit; none where there is no such folder."""
    folder = report / REPLAYS
    return [
        Replay(
            path.relative_to(report).as_posix(),
            path.parent.relative_to(folder).as_posix().removeprefix("."),
            _words(path),
        )
        for path in sorted(folder.rglob("*.html"))
    ]


def replay_of(battle: SeenBattle, root: str, replays: Sequence[Replay]) -> Replay | None:
    """That of a battle of the iteration or certificate `root`; None where it was not made."""
    begins = f"{REPLAYS}/{unit_of(battle, root)}/{battle.place:03d}_"
    return next((replay for replay in replays if replay.path.startswith(begins)), None)


def replay_lists(replays: Sequence[Replay]) -> list[str]:
    """Pieces of a page: links, unit by unit; none without replays."""
    if not replays:
        return []
    content = [
        paragraph("Battles of this run to watch, turn by turn, by the unit that played them.")
    ]
    for unit in dict.fromkeys(replay.unit for replay in replays):
        of_unit = [replay for replay in replays if replay.unit == unit]
        items = "\n".join(f"<li>{link(replay.path, replay.words)}</li>" for replay in of_unit)
        content.append(f"<h3>{inline(unit)}</h3>" if unit else "")
        content.append(f"<ul>\n{items}\n</ul>")
    return content


def _words(path: Path) -> str:
    with open(path, encoding="utf-8", errors="replace") as file:
        head = file.read(HEAD)
    found = _TITLE.search(head)
    words = " ".join(unescape(found.group(1)).split()) if found else ""
    return words or path.stem.replace("_", " ")
