"""python -m psro.unit: one unit alone, compared with what the run committed, which is left as it was."""

import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from psro import unit as front_door
from psro import wiring
from psro.config import parse_config
from psro.machine.errors import UnitError
from psro.machine.failed_unit import note_failed_unit, read_failed_unit
from psro.machine.journal import JOURNAL_FILE
from psro.machine.signals import StopFlag
from psro.machine.units import Unit

ROOT = Path(__file__).resolve().parents[1]
MATCH, TRAIN = "iteration_1/measure_0/0", "iteration_2/train/round_0"


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of rock-paper-scissors whose battles are played."""
    runs = tmp_path_factory.mktemp("runs")
    command = [sys.executable, "-m", "psro.main", "+experiment=rps", f"runs_directory={runs}"]
    command += ["game.exact=false", "psro.measure_battles=200"]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return runs / "rps/seed_0"


@pytest.fixture
def run(finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it to do harm to; scratch directories are made beside it."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return shutil.copytree(finished, tmp_path / "run")


def everything(run: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(run.rglob("*")) if path.is_file()}


def scratch_beside(run: Path) -> list[str]:
    return [path.name for path in run.parent.iterdir() if path != run]


@pytest.mark.parametrize("key", [MATCH, TRAIN])
def test_a_committed_unit_alone_gives_the_same_bytes_and_touches_nothing(
    run: Path, capsys: pytest.CaptureFixture[str], key: str
) -> None:
    before = everything(run)
    assert front_door.main([str(run), key]) == 0
    said = capsys.readouterr().out
    assert "same bytes as committed" in said
    assert re.search(r"the longest without a sign of life: \d+\.\d s", said)
    assert everything(run) == before
    assert scratch_beside(run) == []


def test_its_own_files_are_no_input_even_if_they_are_damaged(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (run / "iteration_1/matchups/measure_0_00.json").write_bytes(b"garbage")
    before = everything(run)
    assert front_door.main([str(run), MATCH]) == 0
    assert everything(run) == before


def test_other_bytes_than_committed_are_named_and_kept(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = (run / "config.yaml").read_text()
    assert "measure_battles: 200" in config
    # The run was another: its own seed is part of every battle's.
    reseeded = config.replace("seed: 0", "seed: 1")
    journal = run / JOURNAL_FILE
    old, new = (sha256(text) for text in (config, reseeded))
    journal.write_text(journal.read_text().replace(old, new))
    (run / "config.yaml").write_text(reseeded)
    assert front_door.main([str(run), MATCH]) == 1
    said = capsys.readouterr().out
    assert "OTHER BYTES than committed: iteration_1/matchups/measure_0_00.json" in said
    assert [f"{run.parent}/{name}" in said for name in scratch_beside(run)] == [True]


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_the_message_of_a_failed_unit_holds_the_command_that_runs_it_alone(
    run: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    config = parse_config(yaml.safe_load((run / "config.yaml").read_text()), wiring.SCHEMAS)
    executor = wiring.make_executor(config, run)
    broken = Unit("iteration_9/odd one/0", "odd", {}, "iteration_9/odd.json")

    class Listener:
        def on_progress(self, *_: object) -> None: ...

        def on_worker_death(self, *_: object) -> None: ...

        def on_unit_failed(self, unit: Unit, reason: str) -> None:
            note_failed_unit(run, unit, reason)

    with pytest.raises(UnitError, match=r"run seed 0") as caught:
        list(executor.run([broken], StopFlag(), Listener()))
    executor.close()
    hint = str(caught.value).partition("To run it alone: ")[2].partition(" (")[0]
    assert hint.startswith(f"python -m psro.unit {run} ")
    command = [sys.executable, *shlex.split(hint)[1:]]
    environment = os.environ | {"TMPDIR": str(run.parent)}
    before = everything(run)
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert "ValueError: unit iteration_9/odd one/0: no kind 'odd'" in done.stderr
    assert "Traceback" in done.stderr
    assert everything(run) == before
    assert [f"{run.parent}/{name}" in done.stderr for name in scratch_beside(run)] == [True]
    assert front_door.main([str(run)]) == 1, "without a key it is the failed one"


def test_a_failed_unit_that_goes_well_now_is_said_to_be_uncommitted(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = front_door.find(run, MATCH)
    mended = Unit("iteration_1/measure_0/9", "match", found.unit.payload, "iteration_1/nine.json")
    note_failed_unit(run, mended, "it was cold")
    assert front_door.main([str(run)]) == 0
    assert "nothing of it is committed yet" in capsys.readouterr().out
    assert read_failed_unit(run) is not None, "only the run itself forgets it"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["iteration_1/measure_0/7"], "knows no unit.*iteration_1/measure_0/0"),
        ([], r"no failed_unit\.json: no unit failed; name a committed one, such as iteration_"),
    ],
)
def test_what_is_not_there_is_refused_in_one_line(
    run: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert front_door.main([str(run), *arguments]) == 2
    said = capsys.readouterr().err
    assert re.search(message, said)
    assert said.count("\n") == 1


def test_a_directory_that_is_no_run_and_a_damaged_config_are_refused(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert front_door.main([str(tmp_path), MATCH]) == 2
    assert "is no run directory" in capsys.readouterr().err
    (run / "config.yaml").write_text("seed: 3\n")
    assert front_door.main([str(run), MATCH]) == 2
    assert "config.yaml has" in capsys.readouterr().err
