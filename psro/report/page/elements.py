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
MOST_ROWS = 600
"""Of a longer table of numbers only what its figure picks stands on the page; the CSV has all."""
_INTERVAL = re.compile(r"\S+ (?:% )?\[[-\d.,]+, [-\d.,]+\]")
_NUMBER = re.compile(r"[-+]?[\d,]*\.?\d+(?:e[-+]?\d+)?(?:\N{NO-BREAK SPACE}| )?%?|–")


def inline(text: str) -> str:
    """Escaped, with **bold** and `code` as elements; per cent sign and interval stay with their number."""
    text = _INTERVAL.sub(lambda found: found[0].replace(" ", "\N{NO-BREAK SPACE}"), escape(text))
    text = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", text)
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


def table(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    caption: str = "",
    css_class: str = "cards",
) -> str:
    """A table; of the class `cards` a row is a card on a phone, else it scrolls sideways there. A cell that is a link already stays as it is."""
    of_numbers = [
        all(_NUMBER.fullmatch(row[place]) for row in rows) for place in range(len(columns))
    ]
    parts = [f'<div class="scroll"><table class="{css_class}">']
    if caption:
        parts.append(f"<caption>{inline(caption)}</caption>")
    if all(columns[1:]):
        heads = (
            f'<th scope="col"{_right(is_number)}>{inline(column)}</th>'
            for column, is_number in zip(columns, of_numbers, strict=True)
        )
        parts.append(f"<thead><tr>{''.join(heads)}</tr></thead>")
    parts.append("<tbody>")
    for row in rows:
        cells = zip(row, columns, of_numbers, strict=True)
        parts.append("<tr>" + "".join(_cell(*cell, css_class) for cell in cells) + "</tr>")
    parts.append("</tbody></table></div>")
    return "\n".join(parts)


def _right(is_number: bool) -> str:
    return ' class="number"' if is_number else ""


def _cell(text: str, column: str, is_number: bool, css_class: str) -> str:
    # What a card, which has no head, says before the value.
    label = f' data-label="{escape(column)}"' if css_class == "cards" and column else ""
    return f"<td{_right(is_number)}{label}>{text if text.startswith('<a ') else inline(text)}</td>"


def words_table(shown: Table) -> str:
    """One of the report's tables, with its title and note."""
    note = paragraph(f"{shown.note[:1].upper()}{shown.note[1:]}.", "note") if shown.note else ""
    return table(shown.columns, shown.rows, shown.title) + note


def folded(title: str, content: str, printed: bool = True) -> str:
    """Content that is shown on demand, and on paper if it is `printed`."""
    attribute = ' class="printed"' if printed else ""
    return f"<details{attribute}><summary>{inline(title)}</summary>\n{content}\n</details>"


def section(name: str, title: str, *content: str) -> str:
    """A part of the page that can be linked to."""
    return (
        f'<section id="{name}">\n<h2>{inline(title)}</h2>\n' + "\n".join(content) + "\n</section>"
    )


def figure(chart: Chart) -> str:
    """A figure for either width, what it shows, how it is read, and its numbers."""
    rows = chart.rows if len(chart.rows) <= MOST_ROWS else chart.picked
    at = (
        "Its numbers stand in the table below it."
        if rows
        else f"Its numbers stand in {chart.name}.csv."
    )
    drawn = [
        to_svg(chart.draw(width), f"{chart.title}. {chart.shows} {at}", css_class)
        for width, css_class in ((WIDE, "wide"), (NARROW, "narrow"))
    ]
    links = f"{link(f'{chart.name}.png', 'PNG')} · {link(f'{chart.name}.csv', 'CSV')}"
    parts = [
        f'<figure id="{chart.name}">',
        f"<h3>{inline(chart.title)}</h3>",
        paragraph(chart.shows, "shows"),
        *drawn,
        f'<figcaption><p>{inline(chart.caption)} <span class="links">{links}</span></p>',
    ]
    if rows:
        columns = [column.replace("_", " ") for column in chart.columns]
        words = [[_words(value) for value in row] for row in rows]
        which = (
            "the numbers"
            if rows is chart.rows
            else f"the numbers, {len(rows):,} of {len(chart.rows):,}"
        )
        parts.append(folded(which, table(columns, words, css_class="numbers"), printed=False))
    return "\n".join([*parts, "</figcaption>", "</figure>"])


def _words(value: Value) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else value
