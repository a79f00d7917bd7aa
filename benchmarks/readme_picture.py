"""The README's picture: exploitability above, σ and the interaction matrix below.

python benchmarks/readme_picture.py runs/phase1/seed_0 docs/images/phase1.png
"""

import sys
from pathlib import Path

from PIL import Image

ROWS = (("exploitability",), ("sigma_over_iterations", "interaction_matrix"))
WIDTH = 1400
"""Pixels."""


def main() -> None:
    """Joins the figures, every row as wide as the picture."""
    run, target = Path(sys.argv[1]), Path(sys.argv[2])
    rows = [_row([Image.open(run / "report" / f"{n}.png").convert("RGB") for n in r]) for r in ROWS]
    joined = Image.new("RGB", (WIDTH, sum(row.height for row in rows)), "white")
    top = 0
    for row in rows:
        joined.paste(row, (0, top))
        top += row.height
    joined.save(target, optimize=True)


def _row(pictures: list[Image.Image]) -> Image.Image:
    """The pictures at one height, WIDTH wide together."""
    height = round(WIDTH / sum(picture.width / picture.height for picture in pictures))
    row, left = Image.new("RGB", (WIDTH, height), "white"), 0
    for picture in pictures:
        scaled = picture.resize((round(picture.width * height / picture.height), height))
        row.paste(scaled, (left, 0))
        left += scaled.width
    return row


if __name__ == "__main__":
    main()
