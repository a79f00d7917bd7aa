"""What a run cost: battles by purpose, wall time by phase, and how fast the work went."""

from collections.abc import Sequence

from psro.report.charts.chart import Chart, Value
from psro.report.drawing.small_multiples import Panel, small_multiples
from psro.report.drawing.stacks import stacked_rows
from psro.report.findings import Findings
from psro.report.text import count_text, duration_text
from psro.report.timings import Span, phase_seconds, throughputs

REPORT_PHASE = "REPORT"
CERTIFY = "CERTIFY"
SERIES = "work"


def battles_spent(findings: Findings) -> Chart | None:
    """Battles by iteration and purpose; None where the game's exact values needed none."""
    spent = findings.results.spent()
    rows = {
        root.replace("_", " "): {p: float(n) for p, n in of_root.items() if n}
        for root, of_root in spent.items()
    }
    rows = {root: row for root, row in rows.items() if row}
    if not rows:
        return None
    parts = list(dict.fromkeys(part for row in rows.values() for part in row))
    total = sum(num for of_root in spent.values() for num in of_root.values())
    broken = len(findings.results.broken)
    said = (
        f"; {count_text(broken, 'battle')} broke and {'is' if broken == 1 else 'are'} left out"
        if broken
        else ""
    )
    return Chart(
        "battles_spent",
        "Battles spent",
        "How many battles each iteration played, and what for.",
        f"To the right: battles, counted, so without intervals. {total:,} battles in all, from the run's files{said}. Iteration 0 is the founding population: replay data and base "
        "policies.",
        lambda width: stacked_rows(rows, parts, lambda n: f"{n:,.0f}", "battles", width),
        ("root", "purpose", "battles"),
        tuple((root, part, num) for root, row in spent.items() for part, num in row.items()),
    )


def time_by_phase(spans: Sequence[Span]) -> Chart | None:
    """Wall time of finished phases by iteration; None where no times were kept."""
    rows: dict[str, dict[str, float]] = {}
    for (index, certifies), of_it in _by_iteration(spans).items():
        name = f"certificate {index}" if certifies else f"iteration {index}"
        if seconds := phase_seconds(of_it):
            rows[name] = {phase.lower(): s for phase, s in seconds.items()}
    if not rows:
        return None
    parts = list(dict.fromkeys(part for row in rows.values() for part in row))
    total = sum(sum(row.values()) for row in rows.values())
    unit, words = (60.0, "minutes") if total > 300 else (1.0, "seconds")
    scaled = {name: {p: s / unit for p, s in row.items()} for name, row in rows.items()}
    return Chart(
        "time_by_phase",
        "Where the time went",
        "How long each iteration took, phase by phase.",
        f"To the right: {words} of wall time of finished phases, {duration_text(total)} in all; of a phase that was killed only its last pass "
        "counts, and the writing of this report is not among them. Times differ from run to run.",
        lambda width: stacked_rows(scaled, parts, lambda n: f"{n:.3g}", words, width),
        ("root", "phase", "seconds"),
        tuple((name, part, s) for name, row in rows.items() for part, s in row.items()),
    )


def throughput(spans: Sequence[Span]) -> Chart | None:
    """Work per second of every kind, over iterations; None where none was counted."""
    curves: dict[str, list[tuple[float, float]]] = {}
    rows: list[tuple[Value, ...]] = []
    for (index, certifies), of_it in _by_iteration(spans).items():
        for done in throughputs(of_it):
            label = f"{CERTIFY.lower()}: {done.label}" if certifies else done.label
            curves.setdefault(f"{label}, {done.counted_in}/s", []).append((index, done.per_second))
            rows.append(
                (label, done.counted_in, index, done.num_done, done.wall_seconds, done.per_second)
            )
    if not curves:
        return None
    # Work that is done once (replay data, base policies, the certificate) is no curve: it stands in the table.
    drawn = {n: c for n, c in curves.items() if len(c) > 1} or curves
    panels = [Panel(name, {SERIES: curve}) for name, curve in drawn.items()]
    rest = " Work of one iteration alone stands in the table." if len(drawn) < len(curves) else ""
    return Chart(
        "throughput",
        "Throughput",
        "How fast the work went: battles played or optimizer steps taken in a second of wall time, all workers together.",
        f"Upwards: work per second, as the panel says; to the right: iterations. Measured times, not repeated, so without intervals.{rest}",
        lambda width: small_multiples(panels, [SERIES], "iteration", width, from_zero=True),
        ("work", "counted_in", "iteration", "done", "wall_seconds", "per_second"),
        tuple(rows),
    )


def _by_iteration(spans: Sequence[Span]) -> dict[tuple[int, bool], list[Span]]:
    """(iteration, whether it is the certificate's) → its spans, in order."""
    found: dict[tuple[int, bool], list[Span]] = {}
    for span in spans:
        if span.phase != REPORT_PHASE:
            found.setdefault((span.iteration, span.phase == CERTIFY), []).append(span)
    return dict(sorted(found.items()))
