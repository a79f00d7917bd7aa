"""Where σ is weak: its battles broken down, the worst cases, and the defeats to look at."""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from psro.report.breakdown import Subject, quickest_defeats, worst_cases
from psro.report.charts.chart import Chart
from psro.report.outcomes import SeenBattle
from psro.report.page.elements import figure, folded, link, paragraph, table
from psro.report.page.replays import Replay, replay_of
from psro.report.text import count_text, interval_text, level_text
from psro.report.watching import command_for, not_made, unit_of


def weaknesses(
    subjects: Sequence[Subject],
    charts: Mapping[str, Chart],
    replays: Sequence[Replay],
    played_again: Path | None,
) -> list[str]:
    """Every subject's figure, and its worst cases as tables, each with a defeat to watch.

    played_again: the run's directory; None where its battles do not come out the same again (samples.py).
    """
    content = []
    for subject in subjects:
        if (name := f"breakdown_{subject.name}") in charts:
            content.append(figure(charts[name]))
        content.append(_worst(subject, replays))
        content.append(_defeats(subject, replays))
        if played_again is not None:
            content.append(_how_to_watch(subject, played_again))
    return content


def _worst(subject: Subject, replays: Sequence[Replay]) -> str:
    cases = worst_cases(subject)
    if not cases:
        return ""
    rows = [
        (
            interval_text(case.interval, percent=True).partition(" at ")[0],
            case.group.name,
            case.dimension.removeprefix("By "),
            f"{case.group.counts.num_battles:,}",
            _to_watch(case.group.defeat, subject.root, replays),
        )
        for case in cases
    ]
    level = level_text(cases[0].interval.level)
    caption = (
        f"{subject.title}: the {len(cases)} worst of {cases[0].num_groups} groups of battles. The intervals are at "
        f"{level}, so that those of all groups hold together at 95 %"
    )
    columns = (f"σ's win rate [{level} interval]", "which", "by", "battles", "its quickest defeat")
    return table(columns, rows, caption)


def _defeats(subject: Subject, replays: Sequence[Replay]) -> str:
    lost = quickest_defeats(subject)
    if not lost:
        return ""
    rows = [
        (
            _to_watch(battle, subject.root, replays),
            battle.opponent,
            battle.start or "–",
            battle.opponent_start or "–",
            f"`{unit_of(battle, subject.root)}:{battle.place}`",
        )
        for battle in lost
    ]
    who = subject.who
    columns = ("length", who, "σ's team", "opposing team", "unit and place in it")
    return folded(f"{subject.title}: the {len(rows)} quickest defeats", table(columns, rows))


def _to_watch(battle: SeenBattle | None, root: str, replays: Sequence[Replay]) -> str:
    """Its length, as a link where it can be watched."""
    if battle is None:
        return "none lost"
    words = count_text(battle.num_turns, "turn")
    replay = replay_of(battle, root, replays)
    return words if replay is None else link(replay.path, words)


def _how_to_watch(subject: Subject, directory: Path) -> str:
    """What makes the replays that are missing."""
    missing = not_made([subject], directory)
    if not missing:
        return ""
    num = sum(map(len, missing.values()))
    commands = f"{command_for(directory, missing)}\npython -m psro.report {directory}"
    told = paragraph(
        f"{count_text(num, 'defeat')} of these {'has' if num == 1 else 'have'} no replay yet. To make "
        f"{'it' if num == 1 else 'them'}, and to link {'it' if num == 1 else 'them'} here:",
        "note",
    )
    return f"{told}<pre>{escape(commands)}</pre>"
