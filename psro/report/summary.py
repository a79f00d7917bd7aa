"""summary.md: the whole report as Markdown, tables and all."""

from collections import Counter
from pathlib import Path

from psro.machine.manifest import FAILED
from psro.report import tables
from psro.report.details import detail_lines
from psro.report.disk import disk_table, read_disk
from psro.report.exploit.belonging import exploitations_table
from psro.report.exploit.tables import exploiters_table
from psro.report.findings import Findings
from psro.report.gain_tables import exploitability_table, gains_table, hindsight_table
from psro.report.result import reading_guide, result_sentences
from psro.report.results import Results
from psro.report.text import Table, duration_text
from psro.report.timings import Span, phase_seconds, throughputs

FIRST_PICTURES = ("exploitability", "response_win_rates", "sigma_over_iterations", "sigma_weights")
"""Shown before the tables; the others after them."""


def summary_markdown(findings: Findings, pictures: list[str], interim: bool) -> str:
    """The text of summary.md.

    pictures: names of the figures that stand beside it. interim: say that the run is not over.
    """
    manifest = findings.manifest
    name = "/".join(findings.record.directory.resolve().parts[-2:])
    lines = [f"# PSRO run {name}", ""]
    if interim:
        at = manifest.position
        how = "FAILED in" if manifest.status == FAILED else "is not over: it is at"
        lines += [f"**The run {how} {at['phase']}, iteration {at['iteration']}.**", ""]
    for sentence in result_sentences(findings):
        lines += [sentence, ""]
    lines += ["The same with all figures, to look at: [index.html](index.html).", ""]
    lines += ["## How to read the numbers", "", *(f"- {point}" for point in reading_guide()), ""]
    first = [name for name in pictures if name in FIRST_PICTURES]
    lines += _pictured(first)
    lines += _tables(findings)
    lines += _pictured([name for name in pictures if name not in first])
    lines += detail_lines(findings.record, findings.known)
    lines += _broken(findings.record.directory, findings.results)
    lines += _times(findings.spans)
    lines += _disk(findings.record.directory)
    lines += _provenance(findings)
    return "\n".join(lines)


def _tables(findings: Findings) -> list[str]:
    record, known = findings.record, findings.known
    if not record.iterations:
        return []
    last = findings.last
    shown = [tables.iterations_table([iteration.summary for iteration in record.iterations])]
    if known:
        shown += [exploitability_table(known), gains_table(known)]
    if findings.later:
        shown.append(hindsight_table(findings.later))
    shown += [tables.sigma_table(last.summary), tables.measures_table(last.summary, known)]
    if record.certificate is not None:
        shown.append(tables.certificate_table(record.certificate.data))
        if record.certificate.exploiters:
            shown.append(exploiters_table(record.certificate.data))
        if record.certificate.data["showcase"]:
            shown.append(tables.showcase_table(record.certificate.data))
    if findings.exploitations:
        shown.append(exploitations_table(findings.exploitations))
    shown.append(tables.matrix_table(last.matrix))
    return ["## Results", "", *(table.to_markdown() for table in shown)]


def _broken(directory: Path, results: Results) -> list[str]:
    lines = ["## Broken battles", ""]
    if results.unreadable:
        lines += [*(f"- NOT COUNTED: {why}" for why in results.unreadable), ""]
    broken = results.broken
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


def _times(spans: list[Span]) -> list[str]:
    """Wall times: operational, from timings.jsonl; they differ from run to run."""
    spans = [span for span in spans if span.phase != "REPORT"]
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


def _provenance(findings: Findings) -> list[str]:
    manifest, record = findings.manifest, findings.record
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


def _pictured(pictures: list[str]) -> list[str]:
    lines = []
    for name in pictures:
        lines += [f"![{name.replace('_', ' ')}]({name}.png)", ""]
    return lines
