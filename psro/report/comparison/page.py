"""<comparison>/index.html: one page that needs nothing else to be read."""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from psro.machine.durable import atomic_write
from psro.report.charts.chart import Chart
from psro.report.comparison import tables
from psro.report.comparison.charts import charts_of
from psro.report.comparison.cross_play import CrossPlay
from psro.report.comparison.side import Side
from psro.report.drawing.raster import to_png
from psro.report.page.elements import (  # fmt: skip
    bullets,
    figure,
    folded,
    operational,
    paragraph,
    section,
    words_table,
)
from psro.report.page.style_sheet import STYLE_SHEET
from psro.report.page.widths import WIDE
from psro.report.result import reading_guide
from psro.report.text import interval_text

PAGE = "index.html"


def write_comparison(
    directory: Path, sides: Sequence[Side], played: CrossPlay | None, evaluations: Sequence[Path]
) -> list[Path]:
    """The page, and every figure as PNG and CSV; returns the paths, the page last.

    evaluations: where the cross-play lies.
    """
    charts = charts_of(sides, played)
    files: dict[str, bytes] = {}
    for name, chart in charts.items():
        files[f"{name}.png"] = to_png(chart.draw(WIDE), chart.title, chart.told).png
        files[f"{name}.csv"] = chart.to_csv()
    files[PAGE] = comparison_page(sides, played, charts, evaluations).encode()
    for name, data in files.items():
        atomic_write(directory / name, data)
    return [directory / name for name in files]


def comparison_page(
    sides: Sequence[Side],
    played: CrossPlay | None,
    charts: Mapping[str, Chart],
    evaluations: Sequence[Path],
) -> str:
    """The whole page."""
    title = " against ".join(side.label for side in sides)
    parts = [
        ("Which σ wins?", "sigma", _cross_play(played, charts)),
        ("Whose policies beat whose?", "populations", _populations(played, charts)),
        ("How exploitable are they?", "exploitability", _exploitability(sides, charts)),
        ("Side by side", "side_by_side", [words_table(tables.headline_table(sides))]),
        ("What was configured differently?", "settings", [words_table(tables.settings_table(sides))]),
        ("What did they cost?", "cost", _cost(charts)),
        ("Where does it come from?", "provenance", _provenance(sides, evaluations)),
    ]  # fmt: skip
    shown = [(heading, anchor, content) for heading, anchor, content in parts if content]
    links = "\n".join(f'<a href="#{anchor}">{heading}</a>' for heading, anchor, _ in shown)
    body = [
        f"<h1>{escape(title)}</h1>",
        *map(paragraph, sentences(sides, played)),
        f"<nav>{links}</nav>",
        folded("What the words mean", bullets(reading_guide())),
        *(section(anchor, heading, *content) for heading, anchor, content in shown),
    ]
    head = (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE_SHEET}</style>\n</head>\n<body>\n"
    )
    return head + "\n".join(body) + "\n</body>\n</html>\n"


def sentences(sides: Sequence[Side], played: CrossPlay | None) -> list[str]:
    """What came of it, a paragraph each."""
    runs = ", ".join(f"**{side.label}** (iteration {side.iteration})" for side in sides)
    told = [
        f"Runs of PSRO side by side: {runs}. σ is a run's newest meta-strategy: the mixture of its policies that it holds for "
        "the least exploitable."
    ]
    if played is None:
        return [*told, "Their policies were not played against each other (`--no-cross-play`)."]
    for match in played.sigma:
        exact = match.rate.low == match.rate.high
        pool = f" on the pool {match.pool}" if len({m.pool for m in played.sigma}) > 1 else ""
        rate = interval_text(match.rate, percent=True, exact=exact)
        verdict = f"they are {match.verdict}" if "wins" not in match.verdict else match.verdict
        told.append(
            f"The σ of {match.first} wins **{rate}** against the σ of {match.second}{pool}: {verdict}."
        )
    return told


def _cross_play(played: CrossPlay | None, charts: Mapping[str, Chart]) -> list[str]:
    table = tables.sigma_table(played)
    if table is None:
        return []
    return [figure(charts["sigma_against_sigma"]), words_table(table)]


def _populations(played: CrossPlay | None, charts: Mapping[str, Chart]) -> list[str]:
    content = [figure(chart) for name, chart in charts.items() if name.startswith("populations_")]
    table = tables.best_table(played)
    return content if table is None else [words_table(table), *content]


def _exploitability(sides: Sequence[Side], charts: Mapping[str, Chart]) -> list[str]:
    names = ("exploitability_over_iterations", "exploitability_over_battles")
    content = [figure(charts[name]) for name in names if name in charts]
    if not content:
        return [paragraph("Of none of these runs a response was measured against a σ.")]
    table = words_table(tables.exploitability_table(sides))
    return [*content, folded("the same in words", table)]


def _cost(charts: Mapping[str, Chart]) -> list[str]:
    content = [figure(charts["battles"])] if "battles" in charts else []
    return content + ([operational(figure(charts["time"]))] if "time" in charts else [])


def _provenance(sides: Sequence[Side], evaluations: Sequence[Path]) -> list[str]:
    points = [
        f"{side.label}: `{side.directory}`, run id `{side.findings.manifest.run_id}`, code {side.findings.manifest.code_version}"
        for side in sides
    ]
    points += [
        f"cross-play: `{path}`, an evaluation of its own (`python -m psro.evaluate`), with every policy's source and sha256"
        for path in evaluations
    ]
    return [bullets(points)]
