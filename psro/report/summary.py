"""<run>/report: the figures as PNG and summary.md, made anew from the run's files each time.

The same files give the same bytes (with the same matplotlib), apart from the times table.
"""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from matplotlib.figure import Figure

from psro.machine.durable import atomic_write
from psro.machine.errors import UserError
from psro.report import figures, gain_figures, panels, tables
from psro.report.broken import breakage_of
from psro.report.details import detail_lines
from psro.report.disk import disk_table, read_disk
from psro.report.gain_tables import (
    exploitability_table,
    gains_table,
    headline_text,
    hindsight_table,
    shortfall_text,
)
from psro.report.headlines import headlines, hindsights
from psro.report.measures import EXPLANATIONS
from psro.report.record import RunRecord, read_run
from psro.report.style import to_png
from psro.report.text import (
    USUAL_LEVEL,
    Table,
    count_text,
    duration_text,
    interval_of,
    interval_text,
)
from psro.report.timings import phase_seconds, read_timings, throughputs

REPORT = "report"
SUMMARY = "summary.md"


def write_report(directory: Path, interim: bool = False) -> list[Path]:
    """Draws <directory>/report and returns the paths written, summary.md last.

    `interim`: say that the run is not over. What is not there yet (responses, a certificate) is left out.
    Raises UserError if `directory` is no run directory. Where a file cannot be written, those before it go too:
    half a report is none, and on a full disk the run itself needs the room.
    """
    record = read_run(directory)
    files = {f"{name}.png": to_png(draw()).png for name, draw in _figures(record)}
    files[SUMMARY] = "\n".join(_sections(record, list(files), interim)).encode()
    written: list[Path] = []
    try:
        for name, data in files.items():
            atomic_write(directory / REPORT / name, data)
            written.append(directory / REPORT / name)
    except (OSError, UserError):
        for path in written:
            path.unlink(missing_ok=True)
        raise
    return written


def _figures(record: RunRecord) -> list[tuple[str, Callable[[], Figure]]]:
    """Name → how to draw it, for what the run has so far."""
    drawn: list[tuple[str, Callable[[], Figure]]] = []
    iterations = record.iterations
    if iterations:
        drawn.append(
            ("interaction_matrix", lambda: figures.interaction_matrix(iterations[-1].matrix))
        )
        drawn.append(("sigma_over_iterations", lambda: figures.sigma_over_iterations(iterations)))
        drawn.append(
            ("exploitability", lambda: gain_figures.exploitability_over_iterations(record))
        )
        drawn.append(
            ("win_rates_by_opponent", lambda: panels.win_rates_by_opponent(iterations[-1]))
        )
    if len(iterations) > 1 or record.certificates:
        drawn.append(("response_win_rates", lambda: gain_figures.response_win_rates(record)))
    if any(training.curve["points"] for training in record.trainings):
        drawn.append(("training_curves", lambda: panels.training_curves(record.trainings)))
    return drawn


def _sections(record: RunRecord, pictures: list[str], interim: bool) -> list[str]:
    manifest = record.manifest
    assert manifest is not None, "read_run refuses a directory without one"
    name = "/".join(record.directory.resolve().parts[-2:])
    lines = [f"# PSRO run {name}", ""]
    if interim:
        at = manifest.position
        lines += [
            f"**The run is not over: it is at {at['phase']}, iteration {at['iteration']}.**",
            "",
        ]
    lines += [*_result(record), *_reading_guide()]
    lines += _pictured(pictures, "exploitability", "sigma_over_iterations", "response_win_rates")
    lines += _tables(record)
    lines += _pictured(pictures, "interaction_matrix", "win_rates_by_opponent", "training_curves")
    lines += detail_lines(record)
    lines += _broken(record.directory)
    lines += _times(record.directory)
    lines += _disk(record.directory)
    lines += _provenance(record)
    return lines


def _result(record: RunRecord) -> list[str]:
    """The outcome in a few sentences."""
    if not record.iterations:
        return ["No iteration is solved yet.", ""]
    last = record.iterations[-1]
    mixture = ", ".join(" ".join(row) for row in tables.weight_rows(last.summary))
    solver = last.analysis["solver"]
    rule = ", the mixture of them that no single one of them beats," if "nash" in solver else ""
    lines = [
        f"After {count_text(last.index, 'iteration')} the population has "
        f"{count_text(len(last.weights), 'policy', 'policies')}, and the meta-strategy σ{rule} "
        f"is: {mixture}; in brackets what the counts allow (solver: {solver}).",
        "",
    ]
    if last.summary.get("converged"):
        why = shortfall_text(last.summary["response"])
        lines += [f"The loop ended there as converged (psro.on_no_gain=stop): {why}.", ""]
    headline = headlines(record.iterations, record.certificates).get(last.index)
    if headline is None:
        return [
            *lines,
            "The last σ has no certificate (yet): how exploitable it is was not measured.",
            "",
        ]
    found_by = headline["gains"][headline["response"]]
    played = f"{found_by['num_battles']:,} fresh battles" if found_by["num_battles"] else "exactly"
    num = headline["num_responses"]
    trained = "the response" if num == 1 else f"the best of {num} responses"
    return [
        *lines,
        f"The exploitability of this σ, as far as it is known: **{headline_text(headline)}** in win rate above "
        f"one half, a lower bound: a stronger response may be found. It is what {trained} trained on purpose against it gains, at least 0: "
        f"{headline['response']} gains "
        f"{interval_text(interval_of(found_by['gain']), exact=not found_by['num_battles'])} "
        f"({played}; what it cost: {headline['oracle_budget']}).",
        "",
    ]


def _reading_guide() -> list[str]:
    lines = ["## How to read the numbers", ""]
    lines += [f"- **{measure}**: {text}." for measure, text in EXPLANATIONS.items()]
    lines += [
        "- **σ** (the meta-strategy): with which probability each policy is played.",
        f"- **x [low, high]**: an estimate and its {USUAL_LEVEL} interval, or at the level written behind it. "
        "(exact) where the game computes the value. Ties count one half.",
        "- An interval of σ or of a measure on the tournament's counts says what these could have been with "
        "other battles; the restricted exploitability of the very σ that was chosen lies below its own, for "
        "σ was chosen on these counts.",
        "",
    ]
    return lines


def _tables(record: RunRecord) -> list[str]:
    if not record.iterations:
        return []
    last = record.iterations[-1]
    known = headlines(record.iterations, record.certificates)
    shown = [tables.iterations_table([iteration.summary for iteration in record.iterations])]
    if known:
        shown += [exploitability_table(known), gains_table(known)]
    if later := hindsights(record.iterations):
        shown.append(hindsight_table(later))
    shown += [tables.sigma_table(last.summary), tables.measures_table(last.summary, known)]
    if record.certificate is not None:
        shown.append(tables.certificate_table(record.certificate.data))
        if record.certificate.data["showcase"]:
            shown.append(tables.showcase_table(record.certificate.data))
    shown.append(tables.matrix_table(last.matrix))
    return ["## Results", "", *(table.to_markdown() for table in shown)]


def _broken(directory: Path) -> list[str]:
    breakage = breakage_of(directory)
    lines = ["## Broken battles", ""]
    if breakage.unreadable:
        lines += [*(f"- NOT COUNTED: {why}" for why in breakage.unreadable), ""]
    broken = breakage.battles
    if not broken:
        return [*lines, "None.", ""]
    reasons = Counter(battle.reason for battle in broken)
    rows = [(f"{num:,}", reason) for reason, num in reasons.most_common()]
    table = Table(
        f"{len(broken):,} in all; they are in no result", ("battles", "reason"), tuple(rows)
    )
    first = broken[0]
    gone = "" if (directory / first.file).exists() else " (pruned since)"
    named = f"The first: seed {first.seed}, {' against '.join(first.policies)}, in `{first.file}`{gone}."
    return [*lines, table.to_markdown(), named, ""]


def _times(directory: Path) -> list[str]:
    """Wall times: operational, from timings.jsonl; they differ from run to run."""
    spans = [span for span in read_timings(directory) if span.phase != "REPORT"]
    seconds = phase_seconds(spans)
    if not seconds:
        return []
    phases = [(name, duration_text(of_phase)) for name, of_phase in seconds.items()]
    phases.append(("all", duration_text(sum(seconds.values()))))
    work = [
        (
            t.label,
            f"{t.num_done:,} {t.counted_in}",
            duration_text(t.wall_seconds),
            f"{t.per_second:,.1f}",
        )
        for t in throughputs(spans)
    ]
    note = (
        "wall time of finished phases; of a phase that was killed, only its last pass counts; the "
        "writing of the report is not among them"
    )
    lines = ["## Where the time went", ""]
    lines.append(Table("By phase", ("phase", "wall time"), tuple(phases), note).to_markdown())
    columns = ("work", "done", "wall time", "per second, all workers together")
    lines.append(Table("Throughput", columns, tuple(work)).to_markdown())
    return lines


def _disk(directory: Path) -> list[str]:
    """A view of what lies there now."""
    return ["## What it takes on disk", "", disk_table(read_disk(directory)).to_markdown()]


def _provenance(record: RunRecord) -> list[str]:
    manifest = record.manifest
    assert manifest is not None
    num_processes = len({(entry.host, entry.pid) for entry in manifest.history})
    rows = [
        ("run id", manifest.run_id),
        ("code version", manifest.code_version),
        ("config hash", manifest.config_hash),
        ("processes that worked on it", str(num_processes)),
        ("first started", manifest.history[0].time if manifest.history else "–"),
        *sorted(manifest.versions.items()),
    ]
    where = record.directory
    return [
        "## Provenance",
        "",
        Table("What made this", ("", "value"), tuple(rows)).to_markdown(),
        "The same run again, from the frozen config (under another name, so that this one stays):",
        "",
        f'    python -m psro.main --config-path "$PWD/{where}" --config-name config name=again'
        if not where.is_absolute()
        else f"    python -m psro.main --config-path {where} --config-name config name=again",
        "",
        "This report and `tensorboard/` again, from the run's files:",
        "",
        f"    python -m psro.report {where}",
        "",
    ]


def _pictured(pictures: list[str], *wanted: str) -> list[str]:
    lines = []
    for name in wanted:
        if f"{name}.png" in pictures:
            lines += [f"![{name.replace('_', ' ')}]({name}.png)", ""]
    return lines
