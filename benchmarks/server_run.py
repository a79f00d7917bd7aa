"""A whole PSRO run on a Showdown server that is cut off, killed and started again, while its driver is killed and started again.

    python benchmarks/server_run.py [--directory DIRECTORY] [--seed 0] [override …]

Starts a server of its own and plays +experiment=smoke arena=server on it twice: left alone, and disturbed while battles go on (in turn:
every connection is cut, the server is killed and started again, the driver and its workers are killed and started again) until it ends.
Then compares what must be equal. What cannot be: who won, and all that follows from it, since the dice are the server's.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.torture.results import read_journal
from psro.machine.durable import sha256_of
from tests.pokemon.server.conftest import RealServer, Wire

QUIET_S = (4.0, 9.0)
"""Between two disturbances."""


class Driver:
    """psro.main over a wire to the server; its log grows with every start."""

    def __init__(self, name: str, directory: Path, wire: Wire, overrides: list[str]):
        self.run = directory / name / "seed_0"
        self.log = directory / f"{name}.log"
        self._command = [
            *(sys.executable, "-m", "psro.main", "+experiment=smoke", "arena=server"),
            *(f"name={name}", f"runs_directory={directory}"),
            *(f"game.server.address=127.0.0.1:{wire.port}", *overrides),
        ]

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self._command, stdout=log, stderr=log, start_new_session=True
            )

    def kill(self) -> None:
        """It and its workers, as the kernel does."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def disturb(driver: Driver, server: RealServer, wire: Wire, dice: random.Random) -> list[str]:
    """Runs it to its end, whatever happens; what was done to it. Raises RuntimeError where it ends otherwise than well."""
    done: list[str] = []
    kept: list[dict[str, Any]] = []
    driver.start()
    while True:
        quiet_until = time.monotonic() + dice.uniform(*QUIET_S)
        # Two connections of a battle, and nothing is disturbed that is a training.
        while driver.process.poll() is None and (
            time.monotonic() < quiet_until or wire.num_open < 4
        ):
            time.sleep(0.1)
        if driver.process.poll() is not None:
            break
        done.append(("cut", "server", "driver")[len(done) % 3])
        if done[-1] == "cut":
            wire.cut()
        elif done[-1] == "server":
            server.kill()
            time.sleep(dice.uniform(0, 3))
            server.start()
        else:
            driver.kill()
            journal = read_journal(driver.run)
            assert journal[: len(kept)] == kept, "what was committed before a kill is still there"
            kept = journal
            driver.start()
    if driver.process.returncode != 0:
        raise RuntimeError(f"exit code {driver.process.returncode}: {driver.log}")
    assert read_journal(driver.run)[: len(kept)] == kept
    return done


def battles(run: Path) -> dict[str, list[Any]]:
    """Unit → its battles without what the dice decide: seed, both policies, both teams. Of matches; shards hold theirs inside."""
    found = {}
    for path in sorted(run.glob("*/matchups/*.json")):
        unit = json.loads(path.read_bytes())
        assert not unit["failures"], f"{path}: {unit['failures']}"
        found[unit["unit"]] = [[*row[:3], *row[7:]] for row in unit["outcomes"]]
    return found


def whole(run: Path) -> int:
    """The number of committed files, each of which has the journal's bytes."""
    files = {file["path"]: file["sha256"] for row in read_journal(run) for file in row["artifacts"]}
    wrong = [path for path, expected in files.items() if sha256_of(run / path) != expected]
    assert not wrong, wrong
    return len(files)


def units(run: Path) -> dict[str, Any]:
    """Unit → kind, as the journal has them."""
    return {row["unit"]["key"]: row["unit"]["kind"] for row in read_journal(run) if row["unit"]}


def main(directory: Path, seed: int, overrides: list[str]) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    server = RealServer()
    wire = Wire(server.port)
    alone, disturbed = (Driver(name, directory, wire, overrides) for name in ("alone", "disturbed"))
    try:
        began = time.monotonic()
        alone.start()
        if alone.process.wait() != 0:
            raise RuntimeError(f"exit code {alone.process.returncode}: {alone.log}")
        print(f"alone: {time.monotonic() - began:.0f} s, {whole(alone.run)} files", flush=True)
        began = time.monotonic()
        done = disturb(disturbed, server, wire, random.Random(seed))
    finally:
        for driver in (alone, disturbed):
            if hasattr(driver, "process") and driver.process.poll() is None:
                driver.kill()
        wire.close()
        server.kill()
    again = disturbed.log.read_text().count("was left unfinished")
    counts = ", ".join(f"{done.count(what)} × {what}" for what in ("cut", "server", "driver"))
    print(f"disturbed: {time.monotonic() - began:.0f} s, {whole(disturbed.run)} files; {counts}")
    print(f"battles that were left unfinished and begun again: {again}; broken: 0")
    first, second = units(alone.run), units(disturbed.run)
    assert first == second, set(first.items()) ^ set(second.items())
    print(f"the same {len(first)} units")
    here, there = battles(alone.run), battles(disturbed.run)
    first_to_last = ("seeds", slice(0, 1)), ("teams", slice(3, 5)), ("policies", slice(1, 3))
    for what, part in first_to_last:
        equal = [k for k in here if [r[part] for r in here[k]] == [r[part] for r in there[k]]]
        print(f"of {len(here)} matches, with the same {what}: {len(equal)}")
    print(
        "opponents that differ were drawn from a σ that differs: "
        + ", ".join(sorted(set(here) - set(equal)))
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--directory", type=Path, default=Path("runs", "server_run"))
    parser.add_argument("--seed", type=int, default=0, help="of the disturbances")
    parser.add_argument("overrides", nargs="*")
    given = parser.parse_args()
    main(given.directory.resolve(), given.seed, given.overrides)
