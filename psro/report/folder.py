"""<run>/report: index.html, summary.md, and every figure as PNG and CSV; made anew from the run's files each time.

The same files give the same bytes (with the same matplotlib), apart from the times.
"""

from pathlib import Path

from psro.machine.durable import atomic_write
from psro.machine.errors import UserError
from psro.report.charts import charts_of
from psro.report.drawing.raster import to_png
from psro.report.findings import findings_of
from psro.report.page import report_page
from psro.report.page.replays import replays_in
from psro.report.page.widths import WIDE
from psro.report.summary import summary_markdown

REPORT = "report"
PAGE = "index.html"
SUMMARY = "summary.md"


def write_report(directory: Path, interim: bool = False) -> list[Path]:
    """Draws <directory>/report and returns the paths written, the page and summary.md last.

    `interim`: say that the run is not over. What is not there yet (responses, a certificate) is left out.
    Raises UserError if `directory` is no run directory. Where a file cannot be written, those before it go too:
    half a report is none, and on a full disk the run itself needs the room.
    """
    findings = findings_of(directory)
    charts = charts_of(findings)
    files: dict[str, bytes] = {}
    for name, chart in charts.items():
        files[f"{name}.png"] = to_png(chart.draw(WIDE), chart.title, chart.told).png
        files[f"{name}.csv"] = chart.to_csv()
    replays = replays_in(directory / REPORT)
    files[PAGE] = report_page(findings, charts, replays, interim).encode()
    files[SUMMARY] = summary_markdown(findings, list(charts), interim).encode()
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
