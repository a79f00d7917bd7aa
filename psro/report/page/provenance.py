"""What made the results: the processes that worked on the run, versions, and the whole config."""

from collections import Counter
from datetime import UTC, datetime
from html import escape

from psro.report.audited import audited
from psro.report.findings import Findings
from psro.report.page.elements import folded, paragraph, table
from psro.report.results import Results
from psro.report.status.lives import Life, lives_of
from psro.report.text import count_text, duration_text


def provenance(findings: Findings) -> list[str]:
    """Tables of all three, and the commands that make it again."""
    manifest = findings.manifest
    lives = lives_of(manifest.history, findings.spans, lambda ended: ended)
    audit = audited(manifest.config, findings.spans)
    content = [
        table(
            ("", ""),
            [
                ("run id", f"`{manifest.run_id}`"),
                ("code version", manifest.code_version),
                ("config hash", f"`{manifest.config_hash}`"),
                *sorted(manifest.versions.items()),
                *([("audit", audit.text)] if audit is not None else []),
            ],
            "What made this",
        ),
        table(
            ("began (UTC)", "worked for", "host", "process", "began as", "ended as"),
            [_row(life) for life in lives],
            f"History: {count_text(len(lives), 'process worked', 'processes worked')} on it",
        ),
    ]
    if findings.incidents:
        rows = [(i.time, i.unit or "–", str(i.num_deaths), i.reason) for i in findings.incidents]
        caption = f"{count_text(len(rows), 'worker')} died or hung and was replaced; no result depends on it"
        content.append(table(("time", "unit", "death", "reason"), rows, caption))
    where = findings.record.directory
    path = str(where) if where.is_absolute() else f'"$PWD/{where}"'
    commands = (
        f"python -m psro.main --config-path {path} --config-name config name=again\n"
        f"python -m psro.report {where}"
    )
    content += [
        paragraph(
            "The same run again from its frozen config, and this report again from the run's files:"
        ),
        f"<pre>{escape(commands)}</pre>",
    ]
    config = [(key, f"`{value}`") for key, value in sorted(manifest.config.items())]
    content.append(
        folded(
            f"the config, {len(config)} settings",
            table(("setting", "value"), config),
            printed=False,
        )
    )
    return content


def broken_battles(results: Results) -> list[str]:
    """Battles that are in no result, by reason; nothing where none broke."""
    content = [paragraph(f"NOT COUNTED: {why}") for why in results.unreadable]
    broken = results.broken
    if broken:
        reasons = Counter(battle.reason for battle in broken)
        rows = [(f"{num:,}", reason) for reason, num in reasons.most_common()]
        content.append(
            table(("battles", "reason"), rows, f"{len(broken):,} in all; they are in no result")
        )
        first = broken[0]
        content.append(
            paragraph(
                f"The first: seed {first.seed}, {' against '.join(first.policies)}, in `{first.file}`.",
                "note",
            )
        )
    return content


def _row(life: Life) -> tuple[str, ...]:
    first = life.entries[0]
    began = datetime.fromtimestamp(life.began, UTC).strftime("%Y-%m-%d %H:%M:%S")
    process = str(first.pid) + (f", job {first.job_id}" if first.job_id else "")
    ended = life.end_note or "did not say (killed, or at work)"
    return began, duration_text(life.seconds), first.host, process, life.start_note, ended
