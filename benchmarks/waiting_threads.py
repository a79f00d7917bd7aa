"""What it costs a training that OpenMP's threads spin while they wait for each other, alone and on a busy machine.

    python benchmarks/waiting_threads.py [--threads 2] [--steps 60] [--repeats 3]

Optimizer steps per second of the default network (mlp, batches of 512), with GOMP_SPINCOUNT as psro sets it (10000) and as it is
without (unset), turn by turn: first alone, then beside one busy process per core.
"""

import argparse
import os
import subprocess
import sys
import time
from statistics import median

SPIN_COUNTS = ("10000", "")


def steps_per_second(num_threads: int, num_steps: int) -> float:
    """Of this process."""
    import numpy as np
    import torch
    from oracle import SPEC, observations

    from psro.oracle.config import ModelConfig
    from psro.oracle.models import ActorCritic

    torch.set_num_threads(num_threads)
    arrays, legal = observations(512, np.random.default_rng(0))
    network = ActorCritic(SPEC, ModelConfig(), 0)
    inputs = network.prepare(
        {name: torch.from_numpy(array) for name, array in arrays.items()}, torch.from_numpy(legal)
    )
    optimizer = torch.optim.AdamW(network.parameters(), fused=True)
    began = 0.0
    for step in range(num_steps + 3):
        if step == 3:
            began = time.perf_counter()
        loss = (network.logits(inputs) + network.values(inputs)).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return num_steps / (time.perf_counter() - began)


def measured(spin_count: str, given: argparse.Namespace) -> float:
    """Steps per second of a process of its own with `spin_count`."""
    environment = {k: v for k, v in os.environ.items() if k != "GOMP_SPINCOUNT"}
    command = [
        sys.executable,
        __file__,
        "--threads",
        str(given.threads),
        "--steps",
        str(given.steps),
    ]
    done = subprocess.run(
        [*command, "--inside"],
        # torch is imported before psro, which so sets nothing that counts.
        env=environment | ({"GOMP_SPINCOUNT": spin_count} if spin_count else {}),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return float(done.stdout)


def main() -> None:
    """Prints steps per second and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.inside:
        print(steps_per_second(given.threads, given.steps))
        return
    for num_busy in (0, os.cpu_count() or 1):
        busy = [
            subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(num_busy)
        ]
        try:
            found: dict[str, list[float]] = {count: [] for count in SPIN_COUNTS}
            for _ in range(given.repeats):
                for count in SPIN_COUNTS:
                    found[count].append(measured(count, given))
        finally:
            for process in busy:
                process.kill()
        ours, default = (median(found[count]) for count in SPIN_COUNTS)
        print(
            f"{given.threads} threads beside {num_busy} busy processes: 10000 {ours:.1f} steps/s, "
            f"unset {default:.1f}; ratio {ours / default:.2f} (medians of {given.repeats}, turn by turn)"
        )


if __name__ == "__main__":
    main()
