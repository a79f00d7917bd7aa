"""How long a run takes to end after a signal, in every phase; and whether anything outlives it.

    python benchmarks/stopping.py +experiment=smoke [executor=serial ...]

One run is signalled in each phase in turn, somewhere in it, SIGTERM and SIGUSR1 by turns, and started again; each
signal comes a second time shortly after, as SLURM and its batch script deliver it. Then the driver is killed by SIGKILL
in the middle of battles. In the end the results must be those of a run that nobody disturbed. Exit code 1 if a process
ended otherwise than by code 75, took longer than --limit seconds, left a process behind, or a byte differs.
"""

import argparse
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import yaml

from psro.machine.exit_codes import DONE, PREEMPTED
from psro.machine.manifest import Manifest
from psro.phases.psro import Phase
from psro.report.timings import phase_seconds, read_timings

PHASES = [phase.name for phase in Phase if phase is not Phase.DONE]
REPEAT_AFTER_S = 0.3
ORPHANS_LIMIT_S = 5.0
VIEWS = ("report/", "tensorboard/", "slurm/")


@dataclass(frozen=True)
class Stop:
    """One signal: where it was sent, where the run ended, how, and how long that took.

    cpu_seconds: of the program, its workers and simulators together, from the signal to the exit; on an
    idle machine `seconds` is not much more.
    """

    phase: str
    signal: str
    ended_in: str
    code: int
    seconds: float
    cpu_seconds: float


class Program:
    """A start of the run; its output is read as it comes."""

    def __init__(self, runs: Path, overrides: list[str]) -> None:
        command = [sys.executable, "-m", "psro.main", *overrides, f"runs_directory={runs}"]
        self._cpu_before = _cpu_of_children()
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.lines: list[str] = []
        self._heard = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._heard:
                self.lines.append(line)
                self._heard.notify_all()
        with self._heard:
            self.lines.append("")
            self._heard.notify_all()

    def wait_for_phase(self, phase: str) -> bool:
        """True once the program says that it is there; False if it ended before."""
        with self._heard:
            self._heard.wait_for(
                lambda: self.lines[-1:] == [""] or any(_names(line, phase) for line in self.lines)
            )
            return any(_names(line, phase) for line in self.lines)

    def finish(self) -> None:
        """Waits for its end, which must be a good one."""
        if self.process.wait() != DONE:
            sys.exit("".join(self.lines))

    def stop(self, signum: signal.Signals) -> tuple[int, float, float]:
        """Signals it, twice as SLURM does; the exit code, the seconds and the CPU seconds that it took."""
        tree = [self.process.pid, *descendants(self.process.pid)]
        used = sum(map(_cpu_of, tree))
        began = time.monotonic()
        self.process.send_signal(signum)
        try:
            self.process.wait(REPEAT_AFTER_S)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signum)
        code = self.process.wait()
        seconds = time.monotonic() - began
        return code, seconds, _cpu_of_children() - self._cpu_before - used


def _cpu_of(pid: int) -> float:
    """CPU seconds of a process and of its children that it has waited for; 0 when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _names(line: str, phase: str) -> bool:
    """`21:03:10 TRAIN · iteration 1 of 1 · round 1 of 2` names TRAIN."""
    words = line.split()
    return len(words) > 1 and words[1] == phase


def stop_in(phase: str, signum: signal.Signals, runs: Path, args: list[str], delay: float) -> Stop:
    """Starts the run, signals it `delay` seconds after it has come to `phase`."""
    program = Program(runs, args)
    if not program.wait_for_phase(phase):
        sys.exit(f"the run did not come to {phase}:\n" + "".join(program.lines))
    time.sleep(delay)
    code, seconds, cpu_seconds = program.stop(signum)
    manifest = Manifest.load(run_directory(runs))
    assert manifest is not None
    if code == PREEMPTED and manifest.status != "preempted":
        print(f"  the manifest says {manifest.status}, for the process was ended where it was")
    return Stop(phase, signum.name, manifest.position["phase"], code, seconds, cpu_seconds)


def kill_in(phase: str, runs: Path, args: list[str], delay: float, has_simulator: bool) -> float:
    """SIGKILLs the driver there, or once there is a simulator; the seconds until nothing it started is left."""
    program = Program(runs, args)
    if not program.wait_for_phase(phase):
        sys.exit(f"the run did not come to {phase}:\n" + "".join(program.lines))
    time.sleep(delay)
    started = descendants(program.process.pid)
    while has_simulator and not any("host.js" in name for name in started.values()):
        time.sleep(0.1)
        assert program.process.poll() is None, "no simulator was started"
        started = descendants(program.process.pid)
    print(f"killing the driver in {phase}; below it: {', '.join(started.values())}", flush=True)
    program.process.kill()
    began = time.monotonic()
    while left := [name for pid, name in started.items() if name_of(pid) == name]:
        if time.monotonic() - began > ORPHANS_LIMIT_S:
            print(f"STILL THERE: {left}")
            break
        time.sleep(0.02)
    program.process.wait()
    return time.monotonic() - began


def descendants(pid: int) -> dict[int, str]:
    """{pid: name} of all processes below `pid`."""
    parents: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
    found: dict[int, str] = {}
    new = {pid}
    while new := {child for child, parent in parents.items() if parent in new} - found.keys():
        found |= {child: name_of(child) for child in new}
    return found


def name_of(pid: int) -> str:
    """`node host.js 4711`; empty when it is gone."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return ""
    if not words[0]:
        return ""
    what = next((Path(word).name for word in words[1:] if word.endswith(".js")), "")
    kind = "worker" if "--multiprocessing-fork" in words else what
    return f"{Path(words[0]).name} {kind} {pid}".replace("  ", " ")


def run_directory(runs: Path) -> Path:
    """The only run below `runs`."""
    (manifest,) = runs.glob("*/*/manifest.json")
    return manifest.parent


def results(run: Path) -> dict[str, bytes]:
    """Every committed file but config.yaml, whose operational part may change."""
    manifest = Manifest.load(run)
    assert manifest is not None
    assert manifest.status == "done"
    files = (path for path in sorted(run.glob("*/**/*")) if path.is_file())
    named = {path.relative_to(run).as_posix(): path for path in files}
    return {name: p.read_bytes() for name, p in named.items() if not name.startswith(VIEWS)}


def main() -> int:
    """Returns an exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--limit", type=float, default=20.0, help="seconds from signal to exit")
    parser.add_argument("--seed", type=int, default=0, help="of where in a phase the signals come")
    options, overrides = parser.parse_known_args()
    draw = random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix="psro-stopping-") as folder:
        whole, stopped = Path(folder, "whole"), Path(folder, "stopped")
        Program(whole, overrides).finish()
        reference = run_directory(whole)
        seconds = phase_seconds(read_timings(reference))
        config = yaml.safe_load((reference / "config.yaml").read_text())
        print(f"{config['name']}, executor={config['executor']['name']}; undisturbed: "
              + ", ".join(f"{name} {s:.1f} s" for name, s in seconds.items()), flush=True)  # fmt: skip
        stops = []
        for number, phase in enumerate(PHASES):
            signum = (signal.SIGTERM, signal.SIGUSR1)[number % 2]
            # Rounds come several times: the first pass is one of them. Half, so that it surely is still there.
            delay = draw.random() * seconds.get(phase, 0.0) / 2 / max(1, _times(reference, phase))
            if phase == "COLLECT":
                has_simulator = config["game"]["name"] == "gen1ou"
                orphans = kill_in(phase, stopped, overrides, delay, has_simulator)
            stops.append(stop_in(phase, signum, stopped, overrides, delay))
            print(f"  {stops[-1]}", flush=True)
        Program(stopped, overrides).finish()
        same = results(run_directory(stopped)) == results(reference)
    print(
        "\n| signal in | which | it ended in | exit code | seconds to exit | CPU seconds |\n|---|---|---|---|---|---|"
    )
    for stop in stops:
        print(
            f"| {stop.phase} | {stop.signal} | {stop.ended_in} | {stop.code} | {stop.seconds:.1f} "
            f"| {stop.cpu_seconds:.1f} |"
        )
    print(f"\nafter SIGKILL of the driver in battles nothing was left {orphans:.1f} s later")
    print("all results are " + ("the same bytes" if same else "NOT the same bytes"))
    # REPORT is the last phase: a signal there may find nothing left to stop.
    codes = all(s.code == PREEMPTED or (s.phase == "REPORT" and s.code == DONE) for s in stops)
    slowest = max(stop.seconds for stop in stops)
    return 0 if codes and same and slowest <= options.limit and orphans < ORPHANS_LIMIT_S else 1


def _times(run: Path, phase: str) -> int:
    """How often a run passed through a phase."""
    return sum(1 for s in read_timings(run) if s.what == "phase" and s.label == phase)


if __name__ == "__main__":
    os.chdir(Path(__file__).resolve().parents[1])
    sys.exit(main())
