"""What a run takes on disk: a view, told from the directory as it is now.

Sizes are those of the files; a file system may take a little more. What a shard holds is read from its header.
"""

import functools
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from psro.game.shards import num_decisions, read_header
from psro.machine.errors import UserError
from psro.report.broken import SHARD
from psro.report.released import read_released
from psro.report.text import Table, bytes_text, count_text

SHARDS, POLICIES, RESULTS, REST = "shards", "policies", "results", "rest"
WORDS = {
    SHARDS: "shards",
    POLICIES: "policies and checkpoints",
    RESULTS: "other results",
    REST: "journal and views",
}
"""Kind of file → what it is called. The last are not the same from run to run: times, hosts, pictures."""
# Not config.yaml: how many workers there are is in it, and the figures are to be the same for any number.
RESULTS_AT_THE_TOP = ("psro_summary.json",)
NO_RESULTS = ("report", "tensorboard", "slurm")


@dataclass(frozen=True)
class Disk:
    """A run directory's files."""

    num_files: dict[str, int]
    """By kind: a key of WORDS."""
    num_bytes: dict[str, int]
    num_decisions: int
    """Recorded in the shards that are there."""
    num_unreadable: int
    """Shards whose header cannot be read; their decisions are not counted."""
    num_released: int
    """Shards that were pruned and are gone."""
    released_bytes: int
    released_decisions: int

    @property
    def total(self) -> int:
        """Bytes of all files."""
        return sum(self.num_bytes.values())

    @property
    def bytes_per_decision(self) -> float | None:
        """Of the shards that are there; None without a decision, or if some cannot be read."""
        if not self.num_decisions or self.num_unreadable:
            return None
        return self.num_bytes[SHARDS] / self.num_decisions


def read_disk(directory: Path) -> Disk:
    """What lies in a run directory. Files that come and go while it is read are counted or not."""
    num_files, num_bytes = Counter(dict.fromkeys(WORDS, 0)), Counter(dict.fromkeys(WORDS, 0))
    decisions = num_unreadable = 0
    for path, found in _files(directory):
        kind = kind_of(path.relative_to(directory).as_posix())
        num_files[kind] += 1
        num_bytes[kind] += found.st_size
        if kind == SHARDS:
            held = _decisions(path, found.st_size, found.st_mtime_ns)
            decisions += held or 0
            num_unreadable += held is None
    gone = [file for file in read_released(directory) if not (directory / file.path).exists()]
    return Disk(
        dict(num_files),
        dict(num_bytes),
        decisions,
        num_unreadable,
        len(gone),
        sum(file.size for file in gone),
        sum(file.told["num_decisions"] for file in gone),
    )


def kind_of(relative: str) -> str:
    """What sort of file lies at a path in a run directory: a key of WORDS."""
    parts = PurePosixPath(relative).parts
    if relative.endswith(SHARD):
        return SHARDS
    if len(parts) == 1:
        return RESULTS if relative in RESULTS_AT_THE_TOP else REST
    if parts[0] in NO_RESULTS:
        return REST
    return POLICIES if parts[0] == "population" or "oracle" in parts else RESULTS


def disk_text(disk: Disk) -> str:
    """`12.3 MB: shards 9.1 MB (81,234 decisions, 112.0 bytes each), policies and checkpoints 2.0 MB, …`."""
    parts = []
    for kind, words in WORDS.items():
        note = f" ({shards_text(disk)})" if kind == SHARDS and disk.num_files[SHARDS] else ""
        parts.append(f"{words} {bytes_text(disk.num_bytes[kind])}{note}")
    text = f"{bytes_text(disk.total)}: {', '.join(parts)}"
    return f"{text}; {released_text(disk)}" if disk.num_released else text


def shards_text(disk: Disk) -> str:
    """`81,234 decisions, 112.0 bytes each`."""
    text = count_text(disk.num_decisions, "decision")
    if disk.bytes_per_decision is not None:
        text += f", {disk.bytes_per_decision:,.1f} bytes each"
    if disk.num_unreadable:
        text += f" in the others, {count_text(disk.num_unreadable, 'shard')} CANNOT BE READ"
    return text


def released_text(disk: Disk) -> str:
    """`12 shards of 3.4 MB were pruned`."""
    shards = count_text(disk.num_released, "shard")
    were = "was" if disk.num_released == 1 else "were"
    return f"{shards} of {bytes_text(disk.released_bytes)} {were} pruned"


def disk_table(disk: Disk) -> Table:
    """For the report, which is itself none of what is counted: the same results give the same table."""
    rows = []
    for kind, words in WORDS.items():
        if kind != REST:
            note = shards_text(disk) if kind == SHARDS and disk.num_files[SHARDS] else ""
            num = f"{disk.num_files[kind]:,}"
            rows.append((words, num, bytes_text(disk.num_bytes[kind]), note))
    if disk.num_released:
        size = bytes_text(disk.released_bytes)
        held = count_text(disk.released_decisions, "decision")
        rows.append(("pruned shards", f"{disk.num_released:,}", size, f"{held}; gone"))
    note = "sizes of files; journal, report and TensorBoard are not counted here"
    return Table("By kind of file", ("", "files", "size", ""), tuple(rows), note)


def _files(directory: Path) -> Iterator[tuple[Path, os.stat_result]]:
    for folder, _, names in os.walk(directory):
        for name in sorted(names):
            path = Path(folder, name)
            try:
                yield path, path.lstat()
            except FileNotFoundError:
                continue  # it went while we looked


@functools.cache
def _decisions(path: Path, size: int, changed_ns: int) -> int | None:
    """Of a shard; None if it cannot be read. Size and time tell one content from the next (--watch)."""
    try:
        return num_decisions(read_header(path))
    except (OSError, UserError):
        return None
