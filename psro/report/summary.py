"""<run>/report: the figures as PNG and summary.md, made anew from the run's files each time.

The same files give the same bytes (with the same matplotlib), apart from the times table.
"""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from matplotlib.figure import Figure

from psro.machine.durable import atomic_write
from psro.report import figures, panels, tables
from psro.report.broken import breakage_of
from psro.report.details import detail_lines
from psro.report.measures import EXPLANATIONS
from psro.report.record import RunRecord, read_run
from psro.report.style import to_png
from psro.report.text import Table, count_text, duration_text, percent_text
from psro.report.timings import phase_seconds, read_timings, throughputs

REPORT = "report"
SUMMARY = "summary.md"


def write_report(directory: Path, interim: bool = False) -> list[Path]:
    """Draws <directory>/report and returns the paths written, summary.md last.

    `interim`: say that the run is not over. What is not there yet (responses, a certificate) is left out.
    Raises UserError if `directory` is no run directory.
    """
    record = read_run(directory)
    report = directory / REPORT
    written = []
    for name, draw in _figures(record):
        path = report / f"{name}.png"
        atomic_write(path, to_png(draw()).png)
        written.append(path)
    names = [path.name for path in written]
    text = "\n".join(_sections(record, names, interim))
    atomic_write(report / SUMMARY, text.encode())
    return [*written, report / SUMMARY]


def _figures(record: RunRecord) -> list[tuple[str, Callable[[], Figure]]]:
    """Name → how to draw it, for what the run has so far."""
    drawn: list[tuple[str, Callable[[], Figure]]] = []
    iterations = record.iterations
    if iterations:
        drawn.append(
            ("interaction_matrix", lambda: figures.interaction_matrix(iterations[-1].matrix))
        )
        drawn.append(("sigma_over_iterations", lambda: figures.sigma_over_iterations(iterations)))
        drawn.append(("exploitability", lambda: figures.exploitability_over_iterations(record)))
        drawn.append(
            ("win_rates_by_opponent", lambda: panels.win_rates_by_opponent(iterations[-1]))
        )
    if len(iterations) > 1 or record.certificates:
        drawn.append(("response_win_rates", lambda: figures.response_win_rates(record)))
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
    lines += _provenance(record)
    return lines


def _result(record: RunRecord) -> list[str]:
    """The outcome in a few sentences."""
    if not record.iterations:
        return ["No iteration is solved yet.", ""]
    last = record.iterations[-1]
    weights = sorted(last.weights.items(), key=lambda item: -item[1])
    mixture = ", ".join(
        f"{name} {percent_text(weight)}" for name, weight in weights if weight > tables.SHOWN_WEIGHT
    )
    solver = last.analysis["solver"]
    rule = ", the mixture of them that no single one of them beats," if "nash" in solver else ""
    lines = [
        f"After {count_text(last.index, 'iteration')} the population has "
        f"{count_text(len(last.weights), 'policy', 'policies')}, and the meta-strategy σ{rule} "
        f"is: {mixture} (solver: {solver}).",
        "",
    ]
    if (certificate := record.certificate) is not None:
        headline = certificate.data["exploitability"]
        lines += [
            f"A fresh response trained on purpose against this σ gains "
            f"**{tables.headline_text(headline)}** in win rate above one half "
            f"(exploitability found by an oracle with: {headline['oracle_budget']}).",
            "",
        ]
    else:
        lines += [
            "The last σ has no certificate (yet): how exploitable it is was not measured.",
            "",
        ]
    return lines


def _reading_guide() -> list[str]:
    lines = ["## How to read the numbers", ""]
    lines += [f"- **{measure}**: {text}." for measure, text in EXPLANATIONS.items()]
    lines += [
        "- **σ** (the meta-strategy): with which probability each policy is played.",
        "- **x [low, high]**: an estimate and its 95 % interval; (exact) where the game computes it. "
        "Ties count one half.",
        "- An interval of σ or of a measure on the tournament's counts says what these could have been with "
        "other battles; the restricted exploitability of the very σ that was chosen lies below its own, for "
        "σ was chosen on these counts.",
        "",
    ]
    return lines


def _tables(record: RunRecord) -> list[str]:
    if not record.iterations:
        return []
    summaries = [iteration.summary for iteration in record.iterations]
    last = record.iterations[-1]
    shown = [
        tables.iterations_table(summaries),
        tables.exploitability_table(
            summaries, [(c.iteration, c.data) for c in record.certificates]
        ),
        tables.sigma_table(last.summary),
        tables.measures_table(last.summary),
    ]
    if record.certificate is not None:
        shown.append(tables.certificate_table(record.certificate.data))
        if record.certificate.data["showcase"]:
            shown.append(tables.showcase_table(record.certificate.data))
    shown.append(tables.matrix_table(last.matrix))
    return ["## Results", "", *(table.to_markdown() for table in shown)]


def _broken(directory: Path) -> list[str]:
    breakage = breakage_of(directory)
    lines = ["## Broken battles", "", *(f"- NOT COUNTED: {why}" for why in breakage.unreadable), ""]
    broken = breakage.battles
    if not broken:
        return [*lines, "None.", ""]
    reasons = Counter(battle.reason for battle in broken)
    rows = [(f"{num:,}", reason) for reason, num in reasons.most_common()]
    table = Table(
        f"{len(broken):,} in all; they are in no result", ("battles", "reason"), tuple(rows)
    )
    first = broken[0]
    named = f"The first: seed {first.seed}, {' against '.join(first.policies)}, in `{first.file}`."
    return [*lines, table.to_markdown(), named, ""]


def _times(directory: Path) -> list[str]:
    """Wall times: operational, from timings.jsonl; they differ from run to run."""
    spans = read_timings(directory)
    phases = [(name, duration_text(seconds)) for name, seconds in phase_seconds(spans).items()]
    if not phases:
        return []
    total = sum(phase_seconds(spans).values())
    phases.append(("all", duration_text(total)))
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
        "writing of this report is not among them"
    )
    lines = ["## Where the time went", ""]
    lines.append(Table("By phase", ("phase", "wall time"), tuple(phases), note).to_markdown())
    columns = ("work", "done", "wall time", "per second, all workers together")
    lines.append(Table("Throughput", columns, tuple(work)).to_markdown())
    return lines


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
