"""CPU time of a decision by folded weights (psro/oracle/acting) and by the modules that were trained, side by side in one process.

    python benchmarks/acting.py POLICY_DIRECTORY [--battles 60] [--repeats 5]

The decisions are a policy's own, of battles against itself under phase 1's config (the engine's lanes, sampled, one thread), so batches are
as legal, as sparse and as varied as they are in collecting; `values` is what one turn of lookahead asks of each successor: actor and critic.
Smaller batches are the first decisions of those. Each repeat runs both on every batch in turn; shown are medians over repeats, CPU time of
this process, and how far the two are apart.
"""

import argparse
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from battles import phase1_config

from psro import wiring
from psro.config import to_plain
from psro.game.battles import Job
from psro.game.policies import Decisions
from psro.machine.seeds import seed_from
from psro.oracle.policy import NeuralPolicy
from psro.phases.workbench import PlayMode

SIZES = (1, 16, 64, 256, 1024)
NUM_BATCHES = 12


def decisions_of(policy: NeuralPolicy, num_battles: int) -> list[Decisions]:
    """What the policy is asked while it plays itself, without the first and the last steps, whose batches are small or all alike."""
    config = to_plain(phase1_config("competitive", "engine", "mlp"))
    config["game"]["arena"]["audit_fraction"] = 0.0
    bench = wiring.make_worker({"config": config, "directory": os.getcwd()}).bench
    asked: list[Decisions] = []
    act = policy.act

    def kept(decisions: Decisions) -> Any:
        asked.append(decisions)
        return act(decisions)

    policy.act = kept  # type: ignore[method-assign]
    jobs = [Job(seed_from("acting", index), ("it", "it")) for index in range(num_battles)]
    bench.arena.play(jobs, {"it": policy}, "none", lambda *_: None, lambda: False)
    policy.act = act  # type: ignore[method-assign]
    bench.close()
    return asked[3:]


def batches_of(asked: Sequence[Decisions], size: int) -> list[Decisions]:
    """Batches of this size, of decisions that follow one another; fewer where there are not as many."""
    names = list(asked[0].observations)  # type: ignore[arg-type]  # an array view's
    observations = {name: np.concatenate([d.observations[name] for d in asked]) for name in names}  # type: ignore[call-overload]
    legal_mask = np.concatenate([d.legal_mask for d in asked])
    seeds = np.concatenate([d.seeds for d in asked])
    starts = range(0, len(seeds) - size, max(size, len(seeds) // NUM_BATCHES))
    return [
        Decisions(
            {name: array[start : start + size] for name, array in observations.items()},
            legal_mask[start : start + size],
            seeds[start : start + size],
            np.arange(size),
        )
        for start in list(starts)[:NUM_BATCHES]
    ]


def cpu_of(function: Callable[[Decisions], Any], batches: Sequence[Decisions]) -> float:
    """CPU microseconds a call."""
    began = time.process_time()
    for batch in batches:
        function(batch)
    return 1e6 * (time.process_time() - began) / len(batches)


def main() -> None:
    """Prints a row per kind of call and batch size."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("policy", type=Path)
    parser.add_argument("--battles", type=int, default=60)
    parser.add_argument("--repeats", type=int, default=5)
    given = parser.parse_args()
    game = wiring.make_game(phase1_config("competitive", "engine", "mlp"))
    policies = []
    for folded in (True, False):
        policy = wiring.load_policy(game, given.policy.resolve(), PlayMode(1.0, 0.03))
        assert isinstance(policy, NeuralPolicy)
        policy.is_folded = folded
        policies.append(policy)
    asked = decisions_of(policies[0], given.battles)
    calls: dict[str, Callable[[NeuralPolicy], Callable[[Decisions], Any]]] = {
        "act": lambda policy: policy.act,
        "values": lambda policy: lambda d: policy.values(d.observations, d.legal_mask),  # type: ignore[arg-type]
    }
    print(f"{given.policy}; load of the machine {os.getloadavg()[0]:.1f}\n")
    print(
        "| call | batch | folded, CPU µs a decision | modules | times [lowest, highest] | apart |"
    )
    print("|---" * 6 + "|")
    for (name, call), size in ((c, s) for c in calls.items() for s in SIZES):
        batches = batches_of(asked, size)
        if not batches:
            continue
        functions = [call(policy) for policy in policies]
        found = [[np.asarray(f(batch), np.float64) for batch in batches] for f in functions]
        apart = max(float(np.abs(a - b).max()) for a, b in zip(*found, strict=True))
        rows = [[cpu_of(f, batches) / size for f in functions] for _ in range(given.repeats)]
        ratios = [modules / folded for folded, modules in rows]
        print(
            f"| {name} | {size} | {median(row[0] for row in rows):.1f} | {median(row[1] for row in rows):.1f} | "
            f"{median(ratios):.2f} [{min(ratios):.2f}, {max(ratios):.2f}] | {apart:.1g} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
