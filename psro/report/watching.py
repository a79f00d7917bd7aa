"""The battles that a report names, and what makes the replays of those that were not made yet.

A defeat for each of the worst cases, and the quickest defeats (breakdown.py). Replays lie under report/replays, in a folder
called as the unit that played them; psro.replay plays that unit again.
"""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from psro.report.breakdown import Subject, quickest_defeats, subjects, worst_cases
from psro.report.outcomes import SeenBattle
from psro.report.record import read_run
from psro.report.samples import REPLAYS, can_be_played_again

Units = Mapping[str, Sequence[int]]
"""Key of a unit → places of battles in it."""


def named_battles(subject: Subject) -> list[SeenBattle]:
    """Those that the tables of a subject show, each once."""
    defeats = [case.group.defeat for case in worst_cases(subject)]
    return list(dict.fromkeys([*(d for d in defeats if d is not None), *quickest_defeats(subject)]))


def unit_of(battle: SeenBattle, root: str) -> str:
    """Key of the unit of the iteration, certificate or exploiter `root` that played it."""
    label, _, index = Path(battle.file).stem.rpartition("_")
    return f"{root}/{label}/{int(index)}"


def not_made(of: Sequence[Subject], directory: Path) -> dict[str, list[int]]:
    """Of the battles that these subjects name, those without a replay under `directory`; none where a game has none to watch."""
    missing: dict[str, list[int]] = {}
    for subject in of:
        for battle in named_battles(subject):
            unit = unit_of(battle, subject.root)
            made = (directory / REPLAYS / unit).glob(f"{battle.place:03d}_*.html")
            if battle.start and not any(made):  # games without starts have no replays
                missing.setdefault(unit, []).append(battle.place)
    return {unit: sorted(set(places)) for unit, places in missing.items()}


def named_and_not_made(directory: Path) -> dict[str, list[int]]:
    """The same of a whole run; nothing for a directory of another kind, or battles that do not come out the same again.

    Raises UserError for a damaged file.
    """
    record = read_run(directory)
    assert record.manifest is not None, "read_run refuses a directory without one"
    if not can_be_played_again(record.manifest.config):
        return {}
    return not_made(list(subjects(record)), directory)


def arguments_for(directory: Path, units: Units) -> list[str]:
    """What makes their replays, after the interpreter's name."""
    named = [f"{unit}:{','.join(map(str, places))}" for unit, places in units.items()]
    return ["-m", "psro.replay", str(directory), *named]


def command_for(directory: Path, units: Units) -> str:
    """The same as it is typed."""
    return shlex.join(["python", *arguments_for(directory, units)])
