"""The torture command, short: kills in every mode are survived, and what is not as it should be is found."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from benchmarks.torture.losses import Kill, Steps
from benchmarks.torture.results import differences, results
from benchmarks.torture.witness import Step
from tests.phases.conftest import drive_config, rps_config

ROOT = Path(__file__).resolve().parents[1]
SHORT = (
    "psro.num_iterations=1",
    "psro.rounds=1",
    "certificate.enabled=false",
    "population.replay.num_battles=6",
    "psro.collect.num_battles=8",
    "psro.collect.battles_per_unit=4",
    "tournament.battles_per_matchup=4",
    "tournament.battles_per_unit=4",
)
MARK = "TORTURE_TEST"


def start(experiment: str, directory: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "benchmarks.torture", "--experiment", experiment]
    return subprocess.Popen(
        [*command, "--directory", str(directory), *arguments],
        cwd=ROOT,
        env=os.environ | {MARK: str(directory)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def still_running(directory: Path) -> list[str]:
    """What the torture in `directory` started and left behind."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"{MARK}={directory}\0".encode() in path.read_bytes():
                found.append(path.with_name("cmdline").read_bytes().decode())
        except (OSError, ProcessLookupError):
            continue  # it ended meanwhile, or is another user's
    return found


def torture(experiment: str, directory: Path, *arguments: str) -> dict[str, Any]:
    process = start(experiment, directory, *arguments)
    output, _ = process.communicate(timeout=900)
    assert process.returncode == 0, output
    assert "0 divergences, 0 restarts that did not go on" in output
    assert not still_running(directory)
    report: dict[str, Any] = json.loads((directory / "report.json").read_bytes())
    assert report["failures"] == report["broken_promises"] == []
    # Runs that were as they should be are gone; the reference stays.
    assert {path.name for path in directory.iterdir()} == {"reference", "report.json"}
    return report


def test_every_phase_of_a_matrix_game_survives(tmp_path: Path) -> None:
    report = torture("rps", tmp_path, "--kills", "10", "--seed", "5")
    assert report["num_kills"] >= 10
    sorts = Counter(
        "instant" if k["how"].startswith("instant") else "step" for k in report["kills"]
    )
    assert sorts["instant"] >= 1
    assert sorts["step"] >= 1
    assert len({kill["num_workers"] for kill in report["kills"]}) > 1


def test_battles_and_training_survive_deaths_at_steps_of_their_writes(tmp_path: Path) -> None:
    # A seed of which most attempts are quick to start: forked, serial; one is with a worker.
    report = torture("smoke", tmp_path, "--kills", "4", "--seed", "192", "--mode", "writes", *SHORT)
    assert report["num_kills"] >= 4
    assert any(kill["how"].endswith("in the worker") for kill in report["kills"])
    assert report["num_steps_compared"] > 10


def test_an_interrupted_torture_tells_what_it_found_and_leaves_no_process(tmp_path: Path) -> None:
    process = start("rps", tmp_path, "--kills", "1000", "--mode", "instants")
    assert process.stdout is not None
    for line in process.stdout:
        if "  1/1000" in line:
            break
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    rest = process.stdout.read()
    assert process.wait(60) == 130, rest
    assert "kills survived" in rest or "kill survived" in rest
    assert json.loads((tmp_path / "report.json").read_bytes())["num_kills"] >= 1
    assert not still_running(tmp_path)


def test_a_directory_in_use_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    process = start("rps", tmp_path)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 2
    assert output == f"torture: {tmp_path} is not empty: name another --directory\n"


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    root = tmp_path_factory.mktemp("runs")
    for name in ("one", "other"):
        drive_config(rps_config(num_iterations=1), root / name)
    return root / "one", root / "other"


def test_equal_runs_do_not_differ(two_runs: tuple[Path, Path]) -> None:
    one, other = map(results, two_runs)
    assert len(one) > 20
    assert differences(one, other) == []


@pytest.mark.parametrize(
    ("path", "change", "found"),
    [
        ("iteration_0/meta_strategy.json", lambda data: data + b" ", "has other bytes"),
        ("iteration_1/interaction_matrix.csv", None, "is missing"),
        ("iteration_1/.x.1.1.tmp", lambda data: b"", "is there, which no uninterrupted run leaves"),
        ("journal.jsonl", lambda data: b"".join(data.splitlines(True)[:-1]), "has other bytes"),
        ("manifest.json", lambda data: data.replace(b'"done"', b'"failed"'), "has other bytes"),
    ],
)
def test_a_difference_is_named(
    two_runs: tuple[Path, Path], path: str, change: Any, found: str
) -> None:
    one, other = two_runs
    changed = other / path
    before = changed.read_bytes() if changed.exists() else None
    try:
        if change is None:
            changed.unlink()
        else:
            changed.write_bytes(change(before or b""))
        assert differences(results(one), results(other)) == [f"{path} {found}"]
    finally:
        changed.unlink(missing_ok=True)
        if before is not None:
            changed.write_bytes(before)


def test_an_empty_directory_that_was_left_is_named(two_runs: tuple[Path, Path]) -> None:
    one, other = two_runs
    scratch = other / "iteration_1/oracle/round_0/scratch"
    scratch.mkdir(parents=True)
    try:
        assert differences(results(one), results(other)) == [
            "iteration_1/oracle/round_0/scratch/ is there, which no uninterrupted run leaves"
        ]
    finally:
        scratch.rmdir()


def test_the_order_of_commits_is_no_difference_but_what_they_say_is(
    two_runs: tuple[Path, Path],
) -> None:
    one, other = two_runs
    journal = other / "journal.jsonl"
    lines = journal.read_bytes().splitlines(True)
    try:
        journal.write_bytes(b"".join(reversed(lines)))
        assert differences(results(one), results(other)) == []
        journal.write_bytes(b"".join(lines).replace(b'"round":0', b'"round":7', 1))
        assert differences(results(one), results(other)) == ["journal.jsonl has other bytes"]
    finally:
        journal.write_bytes(b"".join(lines))


def a_kill() -> Kill:
    return Kill(1, 1, False, 0, "TRAIN", 1, "instant, everything", "", 1.0)


def steps(first: int, last: int) -> list[Step]:
    return [Step("train", step, {"loss": 1.0 / step}) for step in range(first, last + 1)]


def test_steps_taken_again_are_counted_from_the_checkpoint_that_was_gone_on_from() -> None:
    follow = Steps({"train": {step: {"loss": 1.0 / step} for step in range(1, 21)}})
    first, second, third = a_kill(), a_kill(), a_kill()
    follow.see(steps(1, 13))
    follow.killed(first, steps(1, 13), {"train"})
    follow.killed(second, [], {"train"})  # while it was starting: nothing done, nothing lost
    follow.see(steps(11, 20))
    follow.killed(third, steps(11, 20), {"train"})
    assert (first.steps_redone, second.steps_redone) == (3, None)
    assert third.steps_redone is None  # not known before somebody goes on
    follow.see(steps(16, 20))
    assert third.steps_redone == 5
    assert follow.num_compared == 13 + 10 + 5
    assert not follow.first_difference


def test_a_training_that_was_committed_or_went_on_unseen_tells_nothing_of_steps() -> None:
    follow = Steps({"train": {step: {"loss": 1.0 / step} for step in range(1, 21)}})
    committed, unseen = a_kill(), a_kill()
    follow.killed(committed, steps(1, 20), set())
    follow.killed(unseen, steps(1, 13), {"train"})
    follow.not_seen()
    follow.see(steps(1, 20))
    assert (committed.steps_redone, unseen.steps_redone) == (None, None)


def test_a_step_with_another_loss_is_named() -> None:
    follow = Steps({"train": {1: {"loss": 1.0}, 2: {"loss": 0.5}}})
    follow.see([Step("train", 1, {"loss": 1.0}), Step("train", 2, {"loss": 0.5000000001})])
    assert follow.first_difference == (
        "step 2 of train has {'loss': 0.5000000001}, uninterrupted {'loss': 0.5}"
    )
