"""Marks as SVG, to stand in an HTML page."""

from collections.abc import Sequence
from html import escape

from psro.report.drawing.marks import Area, Box, Disc, Drawing, Line, Mark, Points, Text


def to_svg(drawing: Drawing, label: str, css_class: str = "") -> str:
    """An <svg> element. `label`: what it is, for who cannot see it."""
    size = f"{_n(drawing.width)} {_n(drawing.height)}"
    parts = [
        f'<svg class="{escape(css_class)}" viewBox="0 0 {size}" width="{_n(drawing.width)}" '
        f'height="{_n(drawing.height)}" role="img" aria-label="{escape(label)}">',
        *map(_element, drawing.marks),
        "</svg>",
    ]
    return "\n".join(parts)


def _element(mark: Mark) -> str:
    match mark:
        case Line():
            dash = f' stroke-dasharray="{" ".join(map(_n, mark.dash))}"' if mark.dash else ""
            style = f'fill="none" stroke="{mark.colour}" stroke-width="{_n(mark.width)}"{dash}'
            return _with_hint("polyline", f'points="{_points(mark.points)}" {style}', mark.hint)
        case Area():
            style = f'fill="{mark.colour}"{_opacity(mark.opacity)}'
            return _with_hint("polygon", f'points="{_points(mark.points)}" {style}', mark.hint)
        case Box():
            at = f'x="{_n(mark.x)}" y="{_n(mark.y)}" width="{_n(mark.width)}" height="{_n(mark.height)}"'
            return _with_hint(
                "rect", f'{at} fill="{mark.colour}"{_opacity(mark.opacity)}', mark.hint
            )
        case Disc():
            at = f'cx="{_n(mark.x)}" cy="{_n(mark.y)}" r="{_n(mark.radius)}"'
            return _with_hint("circle", f'{at} fill="{mark.colour}"', mark.hint)
        case Text():
            return _text(mark)


def _text(mark: Text) -> str:
    attributes = [f'x="{_n(mark.x)}"', f'y="{_n(mark.y)}"', f'font-size="{_n(mark.size)}"']
    attributes.append(f'fill="{mark.colour}"')
    if mark.anchor != "start":
        attributes.append(f'text-anchor="{mark.anchor}"')
    if mark.bold:
        attributes.append('font-weight="bold"')
    if mark.angle:
        attributes.append(f'transform="rotate({_n(mark.angle)} {_n(mark.x)} {_n(mark.y)})"')
    if mark.halo:
        attributes.append('paint-order="stroke" stroke="white" stroke-width="3"')
    return f"<text {' '.join(attributes)}>{escape(mark.text)}</text>"


def _with_hint(tag: str, attributes: str, hint: str) -> str:
    if not hint:
        return f"<{tag} {attributes}/>"
    return f"<{tag} {attributes}><title>{escape(hint)}</title></{tag}>"


def _opacity(opacity: float) -> str:
    return "" if opacity == 1 else f' fill-opacity="{_n(opacity)}"'


def _points(points: Points | Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{_n(x)},{_n(y)}" for x, y in points)


def _n(value: float) -> str:
    """A tenth of a pixel is enough (a hundredth of an opacity)."""
    text = f"{value:.2f}" if abs(value) < 1 else f"{value:.1f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
