"""How good an estimate of exploitability the best-response gain is: both, and the truth, for every σ of a run on a toy game.

    python -m psro.main +experiment=kuhn_learned
    python benchmarks/gain_against_truth.py runs/kuhn_learned/seed_0 --out gain_against_truth

For each iteration: the exact exploitability of σ (the game's own best response to it), the gain that the run measured
with its oracle and its battles, that response's exact gain, and the exact restricted exploitability (what the best
member of the population gains). All in win rate above ½; on poker the exact NashConv in chips too. --out writes
<out>.csv and <out>.png. Networks are taken as they are measured: greedy.
"""

import argparse
import csv
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import yaml

from psro import wiring
from psro.config import parse_config
from psro.game.policies import Decisions, Policy
from psro.phases.workbench import PlayMode
from psro.pokemon.config import Gen1OUConfig
from psro.toys.matrix import MatrixGame, MixedStrategy
from psro.toys.tree_game import PokerConfig, TabularPolicy, TreeGame

matplotlib.use("Agg")
import matplotlib.pyplot as plt


@dataclass(frozen=True)
class Row:
    """Of the σ of one iteration, in win rate above ½."""

    iteration: int
    exact: float
    """Exploitability."""
    measured: float | None
    low: float | None
    high: float | None
    """The gain of the response that was trained against it, and its 95 % interval; None for a σ without one."""
    response: float | None
    """That response's gain, exactly."""
    restricted: float
    """What the best member of the population gains, exactly."""
    num_used: int
    """Policies that σ uses."""


class Truth:
    """The exact values of a run's game."""

    def __init__(self, run: Path):
        config = parse_config(yaml.safe_load((run / "config.yaml").read_text()), wiring.SCHEMAS)
        if isinstance(config.game, Gen1OUConfig):
            raise SystemExit(
                f"{run}: nobody knows the truth of {config.game.name}; take a toy game"
            )
        if not isinstance(config.game, PokerConfig):
            config.game.exact = True  # whatever the run was told, here payoffs are computed
        game = wiring.make_game(config)
        assert isinstance(game, MatrixGame | TreeGame)
        self.game: MatrixGame | TreeGame = game
        self.run = run
        self._policies: dict[str, Policy] = {}

    @property
    def nash_conv(self) -> tuple[float, str]:
        """What one win rate of exploitability is as NashConv, and in which unit."""
        if isinstance(self.game, TreeGame):
            return 4 * self.game.tree.max_chips, "chips"
        return 2.0, "win rate"

    def policy(self, name: str) -> Policy:
        """A member as the table of what it plays."""
        if name not in self._policies:
            path = self.run / "population" / name
            self._policies[name] = self.table(
                name, wiring.load_policy(self.game, path, PlayMode(temperature=0.0))
            )
        return self._policies[name]

    def table(self, name: str, policy: Policy) -> Policy:
        """What a policy plays, written out."""
        if isinstance(policy, MixedStrategy | TabularPolicy):
            return policy
        if isinstance(self.game, MatrixGame):
            seen: dict[str, Any] = {"numbers": np.ones((1, 1), np.float32)}
            legal = np.ones((1, self.game.num_actions), np.bool_)
        else:
            tree = self.game.tree
            numbers = np.arange(tree.num_infosets)
            seen = {"numbers": tree.features, "ids": numbers[:, None].astype(np.int16)}
            legal = tree.legal
        rows = np.arange(len(legal))
        chosen = policy.act(Decisions(seen, legal, np.zeros(len(rows), np.uint64), rows))
        played = np.eye(legal.shape[1])[chosen]
        if isinstance(self.game, MatrixGame):
            return MixedStrategy(name, played[0])
        return TabularPolicy(name, played)

    def exploitability(self, sigma: Mapping[str, float]) -> float:
        """The most that anything gains against σ (name → weight)."""
        used = {name: weight for name, weight in sigma.items() if weight > 0}
        opponents = [self.policy(name) for name in used]
        return self.game.best_response(opponents, list(used.values()))[2] - 0.5

    def gain(self, name: str, sigma: Mapping[str, float]) -> float:
        """What one policy gains against σ."""
        total = 0.0
        for other, weight in sigma.items():
            if weight > 0:
                score = self.game.exact_score(self.policy(name), self.policy(other))
                assert score is not None
                total += weight * score
        return total - 0.5


def rows(run: Path, truth: Truth) -> list[Row]:
    """One for the σ of every iteration of a finished run."""
    summary = json.loads((run / "psro_summary.json").read_bytes())
    iterations, certificate = summary["iterations"], summary["certificate"]
    found = []
    for index, iteration in enumerate(iterations):
        sigma = {name: each["weight"] for name, each in iteration["meta_strategy"].items()}
        following = iterations[index + 1]["response"] if index + 1 < len(iterations) else None
        measured = following["best_response_gain"] if following else (certificate or {}).get("gain")
        gain = measured["gain"] if measured else {}
        found.append(
            Row(
                iteration=index,
                exact=truth.exploitability(sigma),
                measured=gain.get("estimate"),
                low=gain.get("low"),
                high=gain.get("high"),
                response=truth.gain(following["name"], sigma) if following else None,
                restricted=max(truth.gain(name, sigma) for name in sigma),
                num_used=sum(weight > 0 for weight in sigma.values()),
            )
        )
    return found


def draw(found: list[Row], title: str, path: Path) -> None:
    """The four curves in one picture."""
    figure, axes = plt.subplots(figsize=(8, 4.5), layout="constrained")
    x = [row.iteration for row in found]
    axes.plot(x, [row.exact for row in found], "k-", marker="o", label="exploitability, exact")
    known = [row for row in found if row.measured is not None]
    measured = np.array([[row.measured, row.low, row.high] for row in known], np.float64)
    axes.errorbar(
        [row.iteration for row in known],
        measured[:, 0],
        np.abs(measured[:, 1:].T - measured[:, 0]),
        fmt="s--",
        color="#0072B2",
        capsize=3,
        label="best-response gain, measured (95 %)",
    )
    axes.plot(
        [row.iteration for row in found if row.response is not None],
        [row.response for row in found if row.response is not None],
        ":",
        color="#56B4E9",
        marker="D",
        markersize=4,
        label="the same response's gain, exact",
    )
    axes.plot(
        x,
        [row.restricted for row in found],
        "-.",
        color="#D55E00",
        marker="^",
        label="restricted exploitability, exact",
    )
    axes.axhline(0, color="grey", linewidth=0.8)
    axes.set(xlabel="σ of iteration", ylabel="win rate above ½", title=title)
    axes.legend(frameon=False)
    figure.savefig(path, dpi=140)
    plt.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--out", type=Path, help="<out>.csv and <out>.png")
    options = parser.parse_args()
    truth = Truth(options.run)
    found = rows(options.run, truth)
    factor, unit = truth.nash_conv
    print(
        f"| σ of iteration | exploitability | gain measured | of that response, exact | "
        f"restricted | policies in σ | NashConv, {unit} |\n" + "|---" * 7 + "|"
    )
    for row in found:
        measured = "–"
        if row.measured is not None:
            measured = f"{row.measured:.3f} [{row.low:.3f}, {row.high:.3f}]"
        response = "–" if row.response is None else f"{row.response:.3f}"
        print(
            f"| {row.iteration} | {row.exact:.3f} | {measured} | {response} | {row.restricted:.3f} | "
            f"{row.num_used} | {factor * row.exact:.3f} |"
        )
    if options.out is not None:
        with options.out.with_suffix(".csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, list(asdict(found[0])), lineterminator="\n")
            writer.writeheader()
            writer.writerows(asdict(row) for row in found)
        title = f"{options.run.resolve().parent.name}, {options.run.name}"
        draw(found, title, options.out.with_suffix(".png"))


if __name__ == "__main__":
    main()
