"""The battles that can be watched: pages that were put into report/replays.

One whose file name holds its battle's seed is linked from wherever the page names that battle.
"""

import re
from dataclasses import dataclass
from html import unescape
from pathlib import Path

REPLAYS = "replays"
_TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)
_DESCRIPTION = re.compile(r'<meta name="description" content="([^"]*)"')
HEAD = 20_000
"""Characters in which a page's title is looked for."""


@dataclass(frozen=True)
class Replay:
    """One of them."""

    path: str
    """Relative to report/."""
    words: str
    """What it shows: its description, else its title, else its name."""


def replays_in(report: Path) -> list[Replay]:
    """Those under <run>/report, in folders or not, by name; none where there is no such folder."""
    return [
        Replay(path.relative_to(report).as_posix(), _words(path))
        for path in sorted((report / REPLAYS).rglob("*.html"))
    ]


def _words(path: Path) -> str:
    with open(path, encoding="utf-8", errors="replace") as file:
        head = file.read(HEAD)
    found = _DESCRIPTION.search(head) or _TITLE.search(head)
    words = " ".join(unescape(found.group(1)).split()) if found else ""
    return words or path.stem.replace("_", " ")
