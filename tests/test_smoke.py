"""Everything on real battles: the smoke experiment, whole, and killed and resumed."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import orjson

from tests.machine.test_kill_and_compare import children_of, command_line
from tests.phases.conftest import result_bytes

ROOT = Path(__file__).resolve().parents[1]
LOOKING_AHEAD = ("oracle.response.weighting=lookahead", "oracle.self_play.weighting=lookahead")
"""As in phase 1; smoke itself leaves it out, so that it plays in every arena."""
VIEWS = ("report/", "tensorboard/", "config.yaml")


def start(runs: Path, *overrides: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "psro.main", "+experiment=smoke", f"runs_directory={runs}"]
    return subprocess.Popen(
        [*command, *LOOKING_AHEAD, *overrides],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def finish(process: subprocess.Popen[str]) -> str:
    output, _ = process.communicate(timeout=900)
    assert process.returncode == 0, output
    return output


def num_journal_lines(run: Path) -> int:
    journal = run / "journal.jsonl"
    return journal.read_bytes().count(b"\n") if journal.exists() else 0


def results(run: Path) -> dict[str, bytes]:
    return {path: data for path, data in result_bytes(run).items() if not path.startswith(VIEWS)}


def test_smoke_killed_and_resumed_with_another_number_of_workers_gives_the_same_bytes(
    tmp_path: Path,
) -> None:
    output = finish(start(tmp_path / "whole"))
    whole = tmp_path / "whole/smoke/seed_0"
    assert "battles/s" in output
    assert "best-response gain" in output
    summary = orjson.loads((whole / "psro_summary.json").read_bytes())
    assert len(summary["iterations"]) == 2
    report = (whole / "report/summary.md").read_text()
    assert report.count("To watch: [") == 2, "of the response and of the certificate's"
    assert list((whole / "report/replays/iteration_1").rglob("*.html"))
    assert num_journal_lines(whole) > 20

    killed = tmp_path / "killed/smoke/seed_0"
    process = start(tmp_path / "killed", "executor.num_workers=1", "report.replays=false")
    enough = random.Random(5).randint(8, num_journal_lines(whole) // 2)
    while num_journal_lines(killed) < enough:
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.05)
    children = children_of(process.pid)
    below = {pid: command_line(pid) for c in children for pid in (c, *children_of(c))}
    assert any("spawn_main" in command for command in below.values()), below
    os.killpg(process.pid, signal.SIGKILL)  # the workers are in no group of it
    deadline = time.monotonic() + 5
    while any(command_line(pid) == command for pid, command in below.items()):
        assert time.monotonic() < deadline, f"some of {below} outlived the driver"
        time.sleep(0.01)
    process.communicate()
    # None at all: two workers, one, none. Each start of one costs seconds.
    resumed = finish(start(tmp_path / "killed", "executor=serial", "report.replays=false"))
    assert "RESUMED" in resumed, resumed
    assert results(killed) == results(whole)
