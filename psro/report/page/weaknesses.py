"""Where σ is weak: its battles broken down, the worst cases, and the defeats to look at."""

from collections.abc import Mapping, Sequence

from psro.report.breakdown import Subject, quickest_defeats, worst_cases
from psro.report.charts.chart import Chart
from psro.report.outcomes import SeenBattle
from psro.report.page.elements import figure, folded, link, table
from psro.report.page.replays import Replay, replay_of
from psro.report.text import interval_text, level_text


def weaknesses(
    subjects: Sequence[Subject], charts: Mapping[str, Chart], replays: Sequence[Replay]
) -> list[str]:
    """Every subject's figure, and its worst cases as tables."""
    content = []
    for subject in subjects:
        if (name := f"breakdown_{subject.name}") in charts:
            content.append(figure(charts[name]))
        content.append(_worst(subject))
        content.append(_defeats(subject, replays))
    return content


def _worst(subject: Subject) -> str:
    cases = worst_cases(subject)
    if not cases:
        return ""
    rows = [
        (
            interval_text(case.interval, percent=True).partition(" at ")[0],
            case.group.name,
            case.dimension.removeprefix("By "),
            f"{case.group.counts.num_battles:,}",
        )
        for case in cases
    ]
    level = level_text(cases[0].interval.level)
    caption = (
        f"{subject.title}: the {len(cases)} worst of {cases[0].num_groups} groups of battles. The intervals are at "
        f"{level}, so that those of all groups hold together at 95 %"
    )
    return table(("σ's win rate", "which", "by", "battles"), rows, caption)


def _defeats(subject: Subject, replays: Sequence[Replay]) -> str:
    lost = quickest_defeats(subject)
    if not lost:
        return ""
    rows = [
        (
            str(battle.num_turns),
            battle.opponent,
            battle.start or "–",
            battle.opponent_start or "–",
            _seed(battle, subject.root, replays),
            f"`{subject.root}/{battle.file}`",
        )
        for battle in lost
    ]
    columns = ("turns", "policy", "σ's team", "opposing team", "seed", "in file")
    return folded(f"{subject.title}: the {len(rows)} quickest defeats", table(columns, rows))


def _seed(battle: SeenBattle, root: str, replays: Sequence[Replay]) -> str:
    """The battle's seed, as a link where it can be watched."""
    replay = replay_of(battle, root, replays)
    return link(replay.path, str(battle.seed)) if replay is not None else str(battle.seed)
