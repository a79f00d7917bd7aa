"""Random play: turns a second of one core, the engine beside Showdown's simulator, in one run and in turn.

    python benchmarks/engine.py [--lanes 1024] [--seconds 4] [--repeats 3]

Both play the packaged competitive teams against each other, every legal choice alike, to the end of the battle. Seconds are CPU
seconds of one thread, so that other work on the machine does not count. The engine's figure is split into drawing legal
choices, steps and new battles; "steps" alone is what a policy that brings its own choices pays. Medians of the repeats, lowest and highest ratio.
"""

import argparse
import json
import subprocess
import time
from collections import Counter
from statistics import median

import numpy as np

from psro.pokemon.engine import kernels
from psro.pokemon.engine.layout import ENDED, LANE_SIZE, SEED, TURN
from psro.pokemon.engine.teams import new_lane
from psro.pokemon.simulator.node import find_node
from psro.pokemon.simulator.process import HOST
from psro.pokemon.teams.export import pack
from psro.pokemon.teams.sets import team_set

REFILL = 16
"""Steps after which lanes whose battle has ended get a new one: they idle half of that."""


def showdown(teams: list[str], seconds: float) -> dict[str, float]:
    """Showdown's counts, in a Node process of its own."""
    node = find_node()
    script = __file__.replace("engine.py", "engine_showdown.js")
    command = [node.executable, script, node.simulator, HOST.with_name("shortcuts.js"), seconds]
    done = subprocess.run(
        [str(part) for part in command],
        input=json.dumps(teams),
        capture_output=True,
        text=True,
        check=True,
    )
    counts: dict[str, float] = json.loads(done.stdout)
    return counts


class EnginePlay:
    """Lanes of the engine, kept full."""

    def __init__(self, teams: list[str], num_lanes: int):
        self._rng = np.random.default_rng(0)
        pairs = self._rng.integers(len(teams), size=(256, 2))
        self._fresh = np.stack([new_lane("gen5," + "0" * 16, teams[a], teams[b]) for a, b in pairs])
        self._lanes = np.zeros((num_lanes, LANE_SIZE), np.int16)
        self._lanes[:, ENDED] = 1
        self._choosers = self._rng.integers(-(2**15), 2**15, (num_lanes, 8)).astype(np.int16)
        self._choices = np.zeros((num_lanes, 2), np.int8)

    def refill(self) -> tuple[int, int]:
        """New battles where one has ended. Returns how many had, and their turns."""
        ended = np.flatnonzero(self._lanes[:, ENDED])
        turns = int(self._lanes[ended, TURN].sum())
        if ended.size:
            new = self._fresh[self._rng.integers(len(self._fresh), size=ended.size)]
            new[:, SEED : SEED + 4] = self._rng.integers(-(2**15), 2**15, (ended.size, 4))
            kernels.start(new)
            self._lanes[ended] = new
        return ended.size, turns

    def play(self, seconds: float) -> dict[str, float]:
        """Counts of battles that ended within the CPU seconds, and where those went."""
        counts: Counter[str] = Counter()
        spent = dict.fromkeys(("choose", "step", "refill"), 0.0)
        self.refill()
        turns_before = int(self._lanes[:, TURN].sum())
        begin = time.thread_time()
        while time.thread_time() - begin < seconds:
            for _ in range(REFILL):
                marks = [time.thread_time()]
                kernels.choose_uniformly(self._lanes, self._choosers, self._choices)
                marks.append(time.thread_time())
                kernels.step(self._lanes, self._choices)
                marks.append(time.thread_time())
                counts["decisions"] += int((self._choices >= 0).sum())
                for name, first, last in zip(spent, marks, marks[1:], strict=False):
                    spent[name] += last - first
            mark = time.thread_time()
            battles, turns = self.refill()
            spent["refill"] += time.thread_time() - mark
            counts["battles"] += battles
            counts["turns"] += turns
        counts["turns"] += int(self._lanes[:, TURN].sum()) - turns_before
        return {**counts, **spent, "seconds": time.thread_time() - begin}


def main() -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lanes", type=int, default=1024)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    teams = [pack(team) for team in team_set("competitive").teams]
    engine = EnginePlay(teams, given.lanes)
    engine.play(0.2)
    rows: list[tuple[dict[str, float], dict[str, float]]] = []
    for _ in range(given.repeats):
        rows.append((showdown(teams, given.seconds), engine.play(given.seconds)))
    for name, place in (("showdown", 0), ("engine", 1)):
        turns = median(row[place]["turns"] / row[place]["seconds"] for row in rows)
        battles = median(row[place]["battles"] / row[place]["seconds"] for row in rows)
        print(f"{name:9} {turns:12,.0f} turns/s {battles:10,.0f} battles/s")
    ratios = [(b["turns"] / b["seconds"]) / (a["turns"] / a["seconds"]) for a, b in rows]
    print(f"ratio     {median(ratios):12,.0f} [{min(ratios):,.0f}, {max(ratios):,.0f}]")
    for part in ("choose", "step", "refill"):
        per_decision = median(1e9 * row[1][part] / row[1]["decisions"] for row in rows)
        share = median(row[1][part] / row[1]["seconds"] for row in rows)
        print(f"  {part:7} {per_decision:7.0f} ns a decision {100 * share:5.1f} %")
    steps = median(row[1]["turns"] / row[1]["step"] for row in rows)
    print(f"steps alone {steps:10,.0f} turns/s")


if __name__ == "__main__":
    main()
