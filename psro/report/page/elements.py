"""Pieces of HTML from words, tables and figures."""

import re
from collections.abc import Sequence
from html import escape

from psro.report.charts.chart import Chart, Value
from psro.report.drawing.svg import to_svg
from psro.report.page.widths import NARROW, WIDE
from psro.report.text import Table

OPERATIONAL = ("<!-- how the run went, not what came out -->", "<!-- what came out -->")
"""Around what differs from run to run by its nature: times, processes, hosts."""
LONG = 48
"""Characters of a cell whose text may be broken."""
MOST_ROWS = 600
"""A longer table of numbers is in the CSV alone."""


def inline(text: str) -> str:
    """Escaped, with **bold** and `code` as elements; a per cent sign stays with its number."""
    text = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", escape(text))
    return re.sub(r"`(.+?)`", r"<code>\1</code>", text).replace(" %", "\N{NO-BREAK SPACE}%")


def link(address: str, text: str) -> str:
    return f'<a href="{escape(address)}">{inline(text)}</a>'


def operational(content: str) -> str:
    """Marked as what two equal runs differ in, so that the rest can be compared."""
    return "\n".join((OPERATIONAL[0], content, OPERATIONAL[1]))


def paragraph(text: str, css_class: str = "") -> str:
    attribute = f' class="{css_class}"' if css_class else ""
    return f"<p{attribute}>{inline(text)}</p>"


def bullets(points: Sequence[str]) -> str:
    return "<ul>\n" + "\n".join(f"<li>{inline(point)}</li>" for point in points) + "\n</ul>"


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], caption: str = "") -> str:
    """A table of words that scrolls sideways where it is too wide. A cell that is a link already stays as it is."""
    parts = [f'<p class="caption">{inline(caption)}</p>'] if caption else []
    parts.append('<div class="scroll"><table>')
    if all(columns[1:]):
        heads = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
        parts.append(f"<thead><tr>{heads}</tr></thead>")
    parts.append("<tbody>")
    parts += ["<tr>" + "".join(map(_cell, row)) + "</tr>" for row in rows]
    parts.append("</tbody></table></div>")
    return "\n".join(parts)


def _cell(text: str) -> str:
    if text.startswith("<a "):
        return f"<td>{text}</td>"
    return (
        f'<td class="long">{inline(text)}</td>' if len(text) > LONG else f"<td>{inline(text)}</td>"
    )


def words_table(shown: Table) -> str:
    """One of the report's tables, with its title and note."""
    note = paragraph(f"{shown.note[:1].upper()}{shown.note[1:]}.", "note") if shown.note else ""
    return table(shown.columns, shown.rows, shown.title) + note


def folded(title: str, content: str) -> str:
    """Content that is shown on demand."""
    return f"<details><summary>{inline(title)}</summary>\n{content}\n</details>"


def section(name: str, title: str, *content: str) -> str:
    """A part of the page that can be linked to."""
    return (
        f'<section id="{name}">\n<h2>{inline(title)}</h2>\n' + "\n".join(content) + "\n</section>"
    )


def figure(chart: Chart) -> str:
    """A figure for either width, what it shows, and its numbers."""
    drawn = [
        to_svg(chart.draw(width), chart.title, css_class)
        for width, css_class in ((WIDE, "wide"), (NARROW, "narrow"))
    ]
    links = f"{link(f'{chart.name}.png', 'PNG')} · {link(f'{chart.name}.csv', 'CSV')}"
    parts = [
        f'<figure id="{chart.name}">',
        f"<h3>{inline(chart.title)}</h3>",
        *drawn,
        f'<figcaption>{inline(chart.caption)} <span class="links">{links}</span></figcaption>',
    ]
    if len(chart.rows) <= MOST_ROWS:
        columns = [column.replace("_", " ") for column in chart.columns]
        rows = [[_words(value) for value in row] for row in chart.rows]
        parts.append(folded("the numbers", table(columns, rows)))
    return "\n".join([*parts, "</figure>"])


def _words(value: Value) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else value
