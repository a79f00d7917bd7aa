"""What stands on the page, from top to bottom."""

from collections.abc import Mapping, Sequence
from html import escape

from psro.report import tables
from psro.report.charts.chart import Chart
from psro.report.exploit.belonging import exploitation_sentences, exploitations_table
from psro.report.exploit.tables import exploiters_table
from psro.report.findings import Findings
from psro.report.gain_tables import exploitability_table, gains_table, hindsight_table
from psro.report.page.elements import (
    bullets,
    figure,
    folded,
    link,
    operational,
    paragraph,
    section,
    words_table,
)
from psro.report.page.opening import opening
from psro.report.page.provenance import broken_battles, provenance
from psro.report.page.replays import REPLAYS, Replay, replay_lists
from psro.report.page.style_sheet import STYLE_SHEET
from psro.report.page.weaknesses import weaknesses
from psro.report.result import reading_guide
from psro.report.samples import can_be_played_again


def report_page(
    findings: Findings, charts: Mapping[str, Chart], replays: Sequence[Replay], interim: bool
) -> str:
    """The whole page. `interim`: say that the run is not over."""
    name = "/".join(findings.record.directory.resolve().parts[-2:])
    parts = [
        (title, anchor, content)
        for title, anchor, content in (
            ("How exploitable is it?", "gains", _gains(findings, charts)),
            ("What do fresh exploiters gain?", "exploitations", _exploitations(findings, charts)),
            ("What is σ?", "sigma", _drawn(charts, "sigma_over_iterations", "sigma_weights")),
            ("Who beats whom?", "matchups", _matchups(findings, charts)),
            ("Where is σ weak?", "weaknesses", _weaknesses(findings, charts, replays)),
            ("Replays", REPLAYS, replay_lists(replays)),
            ("How did it learn?", "training", _drawn(charts, "training_curves")),
            ("What did it cost?", "cost", _cost(charts)),
            ("Broken battles", "broken", broken_battles(findings.results)),
            (
                "Where does it come from?",
                "provenance",
                [operational("\n".join(provenance(findings)))],
            ),
        )
        if content
    ]
    links = "\n".join(f'<a href="#{anchor}">{title}</a>' for title, anchor, _ in parts)
    body = [
        opening(findings, name, interim),
        f"<nav>{links}</nav>",
        folded("What the words mean", bullets(reading_guide())),
        *(section(anchor, title, *content) for title, anchor, content in parts),
    ]
    head = (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>PSRO run {escape(name)}</title>\n<style>{STYLE_SHEET}</style>\n</head>\n<body>\n"
    )
    return head + "\n".join(body) + "\n</body>\n</html>\n"


def _drawn(charts: Mapping[str, Chart], *names: str) -> list[str]:
    return [figure(charts[name]) for name in names if name in charts]


def _gains(findings: Findings, charts: Mapping[str, Chart]) -> list[str]:
    content = _drawn(charts, "exploitability", "response_win_rates")
    known, certificate = findings.known, findings.record.certificate
    found = []
    if known:
        found += [exploitability_table(known), gains_table(known)]
    if findings.later:
        found.append(hindsight_table(findings.later))
    if certificate is not None:
        found.append(tables.certificate_table(certificate.data))
        if certificate.exploiters:
            found.append(exploiters_table(certificate.data))
        content += _drawn(charts, "certificate_curve")
    if found:
        content.append(folded("the same in words", "\n".join(map(words_table, found))))
    return content


def _exploitations(findings: Findings, charts: Mapping[str, Chart]) -> list[str]:
    found = findings.exploitations
    if not found:
        return []
    pages = [
        f"<li>{link(one.page, f'all of {one.label}')}: its exploiters, their battles broken down, replays</li>"
        for one in found
        if one.result is not None
    ]
    return [
        *map(paragraph, exploitation_sentences(found)),
        words_table(exploitations_table(found)),
        *_drawn(charts, *(one.figure for one in found)),
        *(["<ul>\n" + "\n".join(pages) + "\n</ul>"] if pages else []),
    ]


def _matchups(findings: Findings, charts: Mapping[str, Chart]) -> list[str]:
    content = _drawn(charts, "interaction_matrix", "ratings", "win_rates_by_opponent")
    if content and findings.ratings is None:
        content.append(
            paragraph(
                "Ratings are not shown: payoffs are exact here, and the matrix says all.", "note"
            )
        )
    return content


def _weaknesses(
    findings: Findings, charts: Mapping[str, Chart], replays: Sequence[Replay]
) -> list[str]:
    directory = findings.record.directory
    again = directory if can_be_played_again(findings.manifest.config) else None
    return weaknesses(findings.subjects, charts, replays, again)


def _cost(charts: Mapping[str, Chart]) -> list[str]:
    times = _drawn(charts, "time_by_phase", "throughput")
    return [*_drawn(charts, "battles_spent"), *map(operational, times)]
