"""NashConv of every σ of runs on Kuhn or Leduc poker, in chips: what both seats could gain against it.

    python -m psro.main +experiment=kuhn
    python benchmarks/nash_conv.py runs/kuhn/seed_0

With an exact oracle the best-response gain g is the symmetric exploitability, so NashConv = 4 · (the most that
can be won) · g: see psro/toys/tree_game.py.
"""

import argparse
from pathlib import Path

import orjson
import yaml

from psro.toys.tree_game import PokerConfig, TreeGame


def rows(run: Path) -> list[tuple[int, float, int]]:
    """(iteration, NashConv in chips, policies that σ uses) of a finished run."""
    summary = orjson.loads((run / "psro_summary.json").read_bytes())
    max_chips = TreeGame(_game(run)).tree.max_chips
    gains = [row["trained_against"]["exploitability"] for row in summary["iterations"][1:]]
    if summary["certificate"] is not None:
        gains.append(summary["certificate"]["exploitability"])
    found = []
    for iteration, gain in enumerate(gains):
        entries = summary["iterations"][iteration]["meta_strategy"].values()
        used = sum(entry["weight"] > 0 for entry in entries)
        found.append((iteration, 4 * max_chips * gain["estimate"], used))
    return found


def _game(run: Path) -> PokerConfig:
    game = yaml.safe_load((run / "config.yaml").read_text())["game"]
    if game["name"] != "poker":
        raise SystemExit(f"{run} is a run on {game['name']}, not on poker")
    return PokerConfig(**game)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("runs", nargs="+", type=Path)
    for run in parser.parse_args().runs:
        print(f"{run}\n\n| σ of iteration | NashConv, chips | policies in σ |\n|---|---|---|")
        for iteration, value, used in rows(run):
            print(f"| {iteration} | {value:.4f} | {used} |")


if __name__ == "__main__":
    main()
