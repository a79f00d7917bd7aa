"""What is damaged is computed again where a unit can, and refused by name where none can."""

from enum import Enum

import pytest

from psro.machine.engine import Algorithm
from psro.machine.errors import Preempted, UserError
from psro.machine.journal import Journal
from psro.machine.manifest import COPY_FILE, Manifest
from psro.machine.position import Position
from psro.machine.signals import StopFlag
from tests.machine.toy_algorithm import results, run_serially
from tests.machine.toy_run import Events, run, run_algorithm, stop_before_sum


def test_a_manifest_that_is_gone_is_an_error_not_a_restart(tmp_path):
    run(tmp_path)
    (tmp_path / "manifest.json").unlink()
    (tmp_path / COPY_FILE).unlink()
    with pytest.raises(UserError, match="no manifest"):
        run(tmp_path)


def test_a_finished_run_whose_manifest_is_damaged_has_it_again_before_listeners_read_it(tmp_path):
    """They say what the run takes on disk; the manifest of a run that is done is written no more later."""
    run(tmp_path)
    (tmp_path / "manifest.json").write_bytes(b"{")
    heard = Events(start=lambda: Manifest.load(tmp_path))
    run(tmp_path, listener=heard)
    assert "gone on from its copy" in heard.of("start")[0][1]


def test_a_journal_that_is_gone_is_an_error_not_a_restart(tmp_path):
    run(tmp_path)
    (tmp_path / "journal.jsonl").unlink()
    with pytest.raises(UserError, match=r"journal\.jsonl has 0 lines where"):
        run(tmp_path)


def stop_in_draw(directory):
    """Leave both units committed, the phase unfinished."""
    stop = StopFlag()
    count = []

    def listen():
        count.append(1)
        if len(count) == 2:
            stop.set("x")

    with pytest.raises(Preempted):
        run(directory, stop, Events(commit=listen))


@pytest.mark.parametrize(
    ("until", "name"),
    [
        (stop_in_draw, "draw_0.json"),
        (stop_in_draw, "draw_0.bin"),
        (stop_before_sum, "draw_0.json"),  # the phase is over, but the next one reads it
    ],
)
@pytest.mark.parametrize("damage", ["missing", "shorter", "flipped"])
def test_a_damaged_result_of_a_unit_is_computed_again(tmp_path, caplog, until, name, damage):
    run_serially(tmp_path / "reference")
    until(tmp_path / "run")
    path = tmp_path / "run" / "iteration_0" / name
    data = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(data[:-1] if damage == "shorter" else b"X" + data[1:])
    num_records = Journal(tmp_path / "run").mark.num_records
    run(tmp_path / "run")
    assert "running unit 'draw/0/0' again" in caplog.text
    assert results(tmp_path / "run") == results(tmp_path / "reference")
    lines = (tmp_path / "run" / "journal.jsonl").read_text().splitlines()[num_records:]
    assert not any('"draw/0/0"' in line for line in lines)


def test_a_unit_that_comes_out_otherwise_is_refused(tmp_path, monkeypatch):
    stop_before_sum(tmp_path)
    (tmp_path / "iteration_0" / "draw_0.json").unlink()
    monkeypatch.setattr("tests.machine.toy_algorithm.ToyContext.draw", lambda *_: b"other bytes")
    with pytest.raises(UserError, match=r"'draw/0/0'.*other bytes than committed.*draw_0\.json"):
        run(tmp_path)


def test_a_damaged_file_of_the_driver_names_itself(tmp_path):
    class AnyPhase(Enum):
        WRITE = 1
        READ = 2
        DONE = 3

    def write(run):
        run.commit("a.json", b"good")
        run.path("a.json").write_bytes(b"goof")
        return Position(AnyPhase.READ)

    def read(run):
        run.read("a.json")
        raise AssertionError("it was read")

    algorithm = Algorithm(
        "x", Position(AnyPhase.WRITE), AnyPhase.DONE, {AnyPhase.WRITE: write, AnyPhase.READ: read}
    )
    with pytest.raises(UserError, match=r"a\.json has sha256 .* run the same command again"):
        run_algorithm(tmp_path, algorithm)
    assert Manifest.load(tmp_path).status == "failed"
