"""A small algorithm for the machine's tests: units draw numbers, a phase sums them, repeatedly.

Run it: python toy_algorithm.py DIRECTORY [--executor processes --num-workers 2 ...]
"""

import argparse
import functools
import hashlib
import json
import logging
import os
import signal
import sys
import threading
import time
from enum import Enum
from pathlib import Path

from psro.machine.durable import atomic_write
from psro.machine.engine import Algorithm, Machine, RunSpec
from psro.machine.errors import Preempted, UserError
from psro.machine.executors import ProcessExecutor, SerialExecutor
from psro.machine.exit_codes import exit_code_for
from psro.machine.position import Position
from psro.machine.seeds import rng_from
from psro.machine.signals import StopFlag
from psro.machine.units import Unit, UnitOutput

BOOKKEEPING = {
    "manifest.json",
    ".manifest.copy.json",
    "journal.jsonl",
    "run.lock",
    "incidents.jsonl",
}


class Phase(Enum):
    DRAW = 1
    SUM = 2
    DONE = 3


class ToyContext:
    """payload: {"directory": run directory, "pause_s": seconds per step, "forks": whether each
    unit forks a child that lives on}."""

    def __init__(self, payload):
        self.directory = Path(payload["directory"])
        self.pause_s = payload.get("pause_s", 0.0)
        self.forks = payload.get("forks", False)

    def run(self, unit, progress, stop):
        return getattr(self, unit.kind)(unit, progress, stop)

    def draw(self, unit, progress, stop):
        if self.forks and os.fork() == 0:
            time.sleep(60)
            os._exit(0)
        num_steps = unit.payload["num_steps"]
        before = unit.payload["before"]
        start = json.loads((self.directory / before).read_bytes())["sum"] if before else 0
        total = start
        for step in range(num_steps):
            stop.raise_if_set()
            time.sleep(self.pause_s)
            total += int(rng_from("toy", unit.key, step).integers(1000))
            progress(step + 1, num_steps, "steps")
        weights = rng_from("weights", unit.key).bytes(2000)
        weights_path = unit.result.replace(".json", ".bin")
        atomic_write(self.directory / weights_path, weights)
        main = {"total": total, "weights": hashlib.sha256(weights).hexdigest()}
        return UnitOutput(json.dumps(main).encode(), (weights_path,))

    def raise_bug(self, unit, progress, stop):
        raise ZeroDivisionError("the bug")

    def raise_user_error(self, unit, progress, stop):
        raise UserError("team set 'xyz' is not there: look under teams/")

    def die(self, unit, progress, stop):
        """Die in the first num_deaths attempts, counted in a file."""
        counter = self.directory / "deaths"
        num_deaths = len(counter.read_text()) if counter.exists() else 0
        if num_deaths < unit.payload["num_deaths"]:
            counter.write_text("x" * (num_deaths + 1))
            os.kill(os.getpid(), signal.SIGKILL)
        return b"survived"

    def fork_and_die(self, unit, progress, stop):
        """The first time, fork a child that lives on (as a data loader does), and be killed."""
        marker = self.directory / "child"
        if marker.exists():
            return b"second time"
        child = os.fork()
        if child == 0:
            time.sleep(60)
            os._exit(0)
        marker.write_text(str(child))
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("unreachable")

    def hang(self, unit, progress, stop):
        """Give no more sign of life in the first num_hangs attempts, but for a thread's."""
        counter = self.directory / "hangs"
        num_hangs = len(counter.read_text()) if counter.exists() else 0
        if num_hangs == unit.payload["num_hangs"]:
            return b"awake"
        counter.write_text("x" * (num_hangs + 1))

        def poll():
            while True:
                stop.is_set()
                progress(0, 1, "naps")
                time.sleep(0.01)

        threading.Thread(target=poll, daemon=True).start()
        time.sleep(60)
        raise AssertionError("nobody killed it")

    def sleep(self, unit, progress, stop):
        progress(0, 1, "naps", pid=os.getpid())
        deadline = time.monotonic() + unit.payload["seconds"]
        while time.monotonic() < deadline:
            if unit.payload.get("polls", True) and stop.is_set():
                raise Preempted("half asleep")
            time.sleep(0.01)
        return b"slept"

    def log(self, unit, progress, stop):
        logging.getLogger("toy.worker").info("hello from %r", unit.key)
        return b"logged"

    def pid(self, unit, progress, stop):
        return str(os.getpid()).encode()

    def close(self):
        pass


def make_context(payload):
    if payload.get("fail_to_start"):
        raise UserError("no GPU here: set device=cpu")
    marker = Path(payload["directory"]) / "started"
    if payload.get("hang_at_start") and not marker.exists():
        marker.touch()
        time.sleep(60)
    return ToyContext(payload)


def handlers(num_iterations, num_units, num_steps):
    def draw(run):
        t = run.position.iteration
        before = f"iteration_{t - 1}/sum.json" if t else None
        units = [
            Unit(f"draw/{t}/{i}", "draw", {"num_steps": num_steps, "before": before},
                 f"iteration_{t}/draw_{i}.json")
            for i in range(num_units)
        ]  # fmt: skip
        run.execute(units, "draws")
        return Position(Phase.SUM, t)

    def total(run):
        t = run.position.iteration
        draws = [json.loads(run.read(f"iteration_{t}/draw_{i}.json")) for i in range(num_units)]
        result = {"sum": sum(draw["total"] for draw in draws)}
        run.commit(f"iteration_{t}/sum.json", json.dumps(result).encode())
        run.commit("summary.json", json.dumps({**result, "iterations": t + 1}).encode(), True)
        return Position(Phase.DRAW, t + 1) if t + 1 < num_iterations else Position(Phase.DONE, t)

    return {Phase.DRAW: draw, Phase.SUM: total}


def reopen(num_iterations, position):
    if position.phase is Phase.DONE and position.iteration + 1 < num_iterations:
        return Position(Phase.DRAW, position.iteration + 1)
    return None


def make_machine(
    directory, executor, stop, num_iterations=2, num_units=2, num_steps=2, listeners=(), **spec
):
    algorithm = Algorithm(
        "toy", Position(Phase.DRAW), Phase.DONE, handlers(num_iterations, num_units, num_steps),
        functools.partial(reopen, num_iterations),
    )  # fmt: skip
    fields = {
        "config": {"num_iterations": num_iterations, "num_steps": num_steps},
        "extendable": frozenset({"num_iterations"}),
        "code_version": "1.0",
        "versions": {"python": "3.11"},
        "initial_files": {"config.yaml": f"num_iterations: {num_iterations}\n".encode()},
        **spec,
    }
    return Machine(algorithm, RunSpec(directory, **fields), executor, stop, listeners)


def run_serially(directory, **kwargs):
    """The toy to its end in this process; returns the terminal position."""
    executor = SerialExecutor(directory, make_context, {"directory": str(directory)})
    return make_machine(directory, executor, StopFlag(), **kwargs).run()


def results(directory):
    """{relative path: bytes} of everything but the bookkeeping, whose times and order may differ."""
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.is_file() and path.name not in BOOKKEEPING
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("directory", type=Path)
    parser.add_argument("--executor", default="serial")
    parser.add_argument("--num-workers", type=int, default=2)
    parser.add_argument("--num-iterations", type=int, default=2)
    parser.add_argument("--num-units", type=int, default=2)
    parser.add_argument("--num-steps", type=int, default=2)
    parser.add_argument("--pause-s", type=float, default=0.0)
    parser.add_argument("--forks", action="store_true")
    args = parser.parse_args()
    payload = {"directory": str(args.directory), "pause_s": args.pause_s, "forks": args.forks}
    if args.executor == "serial":
        executor = SerialExecutor(args.directory, make_context, payload)
    else:
        executor = ProcessExecutor(args.directory, make_context, payload, args.num_workers)
    try:
        with StopFlag() as stop:
            make_machine(
                args.directory, executor, stop, args.num_iterations, args.num_units, args.num_steps
            ).run()
    except Exception as error:  # noqa: BLE001  this is the front door
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        sys.exit(exit_code_for(error))
    finally:
        executor.close()


if __name__ == "__main__":
    main()
