"""Committed files that were damaged while nobody ran come back, whoever wrote them."""

import functools
import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from psro.machine.errors import Preempted, UserError
from psro.machine.events import RunListener
from psro.machine.manifest import Manifest
from psro.machine.signals import StopFlag
from tests.machine import toy_algorithm
from tests.machine.toy_algorithm import results, run_serially
from tests.machine.toy_run import run

FILES = (
    "config.yaml", "iteration_0/draw_0.bin", "iteration_0/draw_0.json", "iteration_0/sum.json",
    "iteration_1/sum.json", "iteration_2/draw_1.bin", "summary.json",
)  # fmt: skip
DAMAGE = {
    "gone": lambda path: path.unlink(),
    "torn": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "flipped": lambda path: path.write_bytes(b"\xff" + path.read_bytes()[1:]),
    "empty": lambda path: path.write_bytes(b""),
}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    directory = tmp_path_factory.mktemp("finished")
    run_serially(directory, num_iterations=3)
    return directory


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_file_of_a_finished_run(finished, tmp_path, caplog, name, damage):
    directory = tmp_path / "run"
    shutil.copytree(finished, directory)
    damage(directory / name)
    run_serially(directory, num_iterations=3)
    assert results(directory) == results(finished)
    assert f"{directory / name} " in caplog.text
    assert "it is computed again" in caplog.text
    manifest = Manifest.load(directory)
    assert name in manifest.history[-1].note
    assert manifest.status == "done"


def test_all_files_at_once(finished, tmp_path):
    shutil.copytree(finished, tmp_path / "run")
    shutil.rmtree(tmp_path / "run" / "iteration_0")
    shutil.rmtree(tmp_path / "run" / "iteration_2")
    (tmp_path / "run" / "summary.json").unlink()
    run_serially(tmp_path / "run", num_iterations=3)
    assert results(tmp_path / "run") == results(finished)


def test_a_replaced_file_keeps_its_newest_content(finished, tmp_path):
    """SUM of iteration 0 writes summary.json too, which two later iterations have replaced."""
    shutil.copytree(finished, tmp_path / "run")
    (tmp_path / "run/iteration_0/sum.json").unlink()
    run_serially(tmp_path / "run", num_iterations=3)
    assert json.loads((tmp_path / "run/summary.json").read_bytes())["iterations"] == 3


def test_an_undamaged_run_is_left_alone(finished, tmp_path):
    shutil.copytree(finished, tmp_path / "run")
    before = (tmp_path / "run/manifest.json").read_bytes()
    run_serially(tmp_path / "run", num_iterations=3)
    assert (tmp_path / "run/manifest.json").read_bytes() == before


def test_a_file_that_comes_out_otherwise_is_refused(finished, tmp_path, monkeypatch):
    shutil.copytree(finished, tmp_path / "run")
    (tmp_path / "run/iteration_1/sum.json").unlink()
    before = results(tmp_path / "run")
    other = SimpleNamespace(loads=json.loads, dumps=lambda value: json.dumps(value, indent=1))
    monkeypatch.setattr(toy_algorithm, "json", other)
    with pytest.raises(UserError, match=r"sum\.json is missing, and computed again .* otherwise"):
        run_serially(tmp_path / "run", num_iterations=3)
    assert results(tmp_path / "run") == before


@pytest.mark.parametrize(
    ("path", "make"),
    [("iteration_1/sum.json", Path.mkdir), ("iteration_1", Path.touch)],
    ids=["a directory in a file's place", "a file in a directory's place"],
)
def test_what_stands_in_the_way_is_named_before_anything_is_done(finished, tmp_path, path, make):
    directory = tmp_path / "run"
    shutil.copytree(finished, directory)
    (directory / "iteration_0/sum.json").unlink()
    obstacle = directory / path
    shutil.rmtree(obstacle) if obstacle.is_dir() else obstacle.unlink()
    make(obstacle)
    before = results(directory)
    with pytest.raises(UserError, match=rf"{obstacle} stands where iteration_1/.*move it away"):
        run_serially(directory, num_iterations=3)
    assert results(directory) == before
    obstacle.rmdir() if obstacle.is_dir() else obstacle.unlink()
    run_serially(directory, num_iterations=3)
    assert results(directory) == results(finished)


class StopAfterCommit(RunListener):
    """Sets the stop flag when `path` is committed: the phase is not over then."""

    def __init__(self, stop, path):
        self.stop, self.path = stop, path

    def on_commit(self, record, seconds):
        if record.artifacts[-1].path == self.path:
            self.stop.set("SIGTERM")
            raise Preempted("SIGTERM")


def test_a_phase_cut_short_elsewhere_may_come_out_otherwise_here(tmp_path, monkeypatch, caplog):
    """The bits of a file that no later phase has read are this machine's; a bug stays a bug."""
    stop = StopFlag()
    listener = StopAfterCommit(stop, "iteration_0/sum.json")
    with pytest.raises(Preempted):
        run(tmp_path, stop, listener)
    monkeypatch.setattr(
        toy_algorithm, "handlers", functools.partial(handlers_with, toy_algorithm.handlers)
    )
    with pytest.raises(RuntimeError, match="not deterministic"):
        run(tmp_path)
    run(tmp_path, versions={"python": "3.11", "cpu": "another"})
    assert "iteration_0/sum.json comes out otherwise here" in caplog.text
    assert json.loads((tmp_path / "iteration_0/sum.json").read_bytes())["where"] == "here"


def handlers_with(handlers, *args):
    """The toy's, with a SUM whose files say that they were written here."""
    table = handlers(*args)
    total = table[toy_algorithm.Phase.SUM]

    def total_here(run):
        commit = run.commit

        def commit_here(path, data, replace=False):
            return commit(path, json.dumps(json.loads(data) | {"where": "here"}).encode(), replace)

        run.commit = commit_here
        try:
            return total(run)
        finally:
            del run.commit

    return table | {toy_algorithm.Phase.SUM: total_here}
