"""The README's picture: three figures of a run's report side by side.

python benchmarks/readme_picture.py runs/phase1/seed_0 docs/images/phase1.png
"""

import sys
from pathlib import Path

from PIL import Image

FIGURES = ("exploitability", "sigma_over_iterations", "interaction_matrix")
HEIGHT = 560
"""Pixels."""


def main() -> None:
    """Joins the figures at one height, left to right."""
    run, target = Path(sys.argv[1]), Path(sys.argv[2])
    pictures = [Image.open(run / "report" / f"{name}.png").convert("RGB") for name in FIGURES]
    scaled = [p.resize((round(p.width * HEIGHT / p.height), HEIGHT)) for p in pictures]
    joined = Image.new("RGB", (sum(p.width for p in scaled), HEIGHT), "white")
    left = 0
    for picture in scaled:
        joined.paste(picture, (left, 0))
        left += picture.width
    joined.save(target, optimize=True)


if __name__ == "__main__":
    main()
