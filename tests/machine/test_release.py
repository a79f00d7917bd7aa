"""Files that the run lets go of: deleted, no damage, and made again for whoever asks for them."""

import json
import os
import shutil
from enum import Enum
from pathlib import Path

import pytest

from psro.machine import faults
from psro.machine.engine import Algorithm, Machine, RunSpec
from psro.machine.errors import UserError
from psro.machine.executors import SerialExecutor
from psro.machine.journal import JOURNAL_FILE
from psro.machine.manifest import COPY_FILE, DONE, MANIFEST_FILE, Manifest
from psro.machine.position import Position
from psro.machine.signals import StopFlag
from psro.machine.units import Unit
from tests.machine.toy_algorithm import results

DATA = [f"iteration_{t}/data_{i}.bin" for t in range(2) for i in range(2)]


class Phase(Enum):
    PLAY = 1
    LEARN = 2
    DONE = 3


class Context:
    """play: data that depends on what was learned before; learn: what its data files say together."""

    def __init__(self, payload):
        self.directory = Path(payload["directory"])
        self.done = payload["done"]

    def run(self, unit, progress, stop):
        self.done.append(unit.key)
        read = [(self.directory / path).read_bytes() for path in unit.payload["reads"]]
        return unit.key.encode() + b"".join(read)

    def close(self):
        pass


def make_context(payload):
    return Context(payload)


def plays(t):
    before = [f"iteration_{t - 1}/learned"] if t else []
    return [
        Unit(f"play/{t}/{i}", "play", {"reads": before}, f"iteration_{t}/data_{i}.bin")
        for i in range(2)
    ]


def play(run):
    run.execute(plays(run.position.iteration), "play")
    return Position(Phase.LEARN, run.position.iteration)


def learn(num_iterations, run):
    t = run.position.iteration
    reads = [unit.result for unit in plays(t)]
    run.execute([Unit(f"learn/{t}", "learn", {"reads": reads}, f"iteration_{t}/learned")], "learn")
    sizes = [len(run.read(path)) for path in reads]
    run.commit(f"iteration_{t}/sizes.json", json.dumps(sizes).encode())
    return Position(Phase.PLAY, t + 1) if t + 1 < num_iterations else Position(Phase.DONE, t)


def tidy(run):
    """A PLAY lets go of the data of the iterations before; the end, of its own."""
    over = run.position.iteration + (run.position.phase is Phase.DONE)
    run.release(
        [unit.result for t in range(over) for unit in plays(t)], lambda path: {"was": path.name}
    )


def drive(directory, num_iterations=2, prunes=True, done=None):
    """The run to its end in this process; `done` collects the keys of the units that it runs."""
    algorithm = Algorithm(
        "toy",
        Position(Phase.PLAY),
        Phase.DONE,
        {Phase.PLAY: play, Phase.LEARN: lambda run: learn(num_iterations, run)},
        lambda at: (
            Position(Phase.PLAY, at.iteration + 1)
            if at.phase is Phase.DONE and at.iteration + 1 < num_iterations
            else None
        ),
        tidy=tidy if prunes else None,
        reads=lambda unit: unit.payload["reads"] if unit.kind == "learn" else (),
    )
    payload = {"directory": str(directory), "done": [] if done is None else done}
    executor = SerialExecutor(directory, make_context, payload)
    config = {"num_iterations": num_iterations}
    spec = RunSpec(directory, config, "1", {}, frozenset(config))
    return Machine(algorithm, spec, executor, StopFlag()).run()


def drive_in_fork(directory, kill_at=None, **kwargs):
    child = os.fork()
    if child == 0:
        status = 1
        try:
            faults._trap = faults._Trap(kill_at)
            drive(directory, **kwargs)
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def left(directory):
    """The data files that are there."""
    return [path for path in DATA if (directory / path).exists()]


def pruned_results(directory):
    return {path: data for path, data in results(directory).items() if path not in DATA}


def journal_of(directory):
    return [json.loads(line) for line in (directory / JOURNAL_FILE).read_bytes().splitlines()]


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A run of two iterations that keeps everything."""
    directory = tmp_path_factory.mktemp("kept")
    drive(directory, prunes=False)
    return directory


@pytest.fixture
def pruned(tmp_path):
    """A finished run that let go of all of its data, at the end by being started again."""
    drive(tmp_path / "run")
    drive(tmp_path / "run")
    return tmp_path / "run"


def test_it_is_gone_and_the_results_are_those_of_a_run_that_keeps_it(tmp_path, kept):
    drive(tmp_path)
    assert left(tmp_path) == DATA[2:], "the last iteration is let go of at the next start"
    assert pruned_results(tmp_path) == pruned_results(kept)


def test_the_journal_tells_what_was_released_and_what_views_shall_tell_of_it(pruned):
    told = [record["released"] for record in journal_of(pruned) if "released" in record]
    assert told == [
        {path: {"was": path.partition("/")[2]} for path in DATA[:2]},
        {path: {"was": path.partition("/")[2]} for path in DATA[2:]},
    ]


def test_a_finished_run_that_kept_is_pruned_when_it_is_started_again(kept, tmp_path):
    shutil.copytree(kept, tmp_path / "run")
    done = []
    drive(tmp_path / "run", done=done)
    assert (left(tmp_path / "run"), done) == ([], [])
    assert pruned_results(tmp_path / "run") == pruned_results(kept)


def test_a_released_file_that_is_missing_is_no_damage(pruned, caplog):
    before, done = (pruned / MANIFEST_FILE).read_bytes(), []
    num_lines = len(journal_of(pruned))
    for prunes in (True, False):
        drive(pruned, prunes=prunes, done=done)
    assert done == []
    assert not caplog.records
    assert (pruned / MANIFEST_FILE).read_bytes() == before
    assert len(journal_of(pruned)) == num_lines, "released once, released for good"


def test_a_run_that_goes_back_to_keeping_keeps_from_then_on(tmp_path, kept):
    drive(tmp_path, num_iterations=1)
    drive(tmp_path, num_iterations=1)
    drive(tmp_path, num_iterations=2, prunes=False)
    assert left(tmp_path) == DATA[2:]
    assert pruned_results(tmp_path) == pruned_results(kept)


def test_an_extended_run_makes_nothing_again(tmp_path, kept):
    drive(tmp_path, num_iterations=1)
    drive(tmp_path, num_iterations=1)
    done = []
    drive(tmp_path, num_iterations=2, done=done)
    assert done == ["play/1/0", "play/1/1", "learn/1"]
    assert pruned_results(tmp_path) == pruned_results(kept)


def test_killed_at_every_step(tmp_path, kept):
    expected = pruned_results(kept)
    for n in range(1, 1000):
        directory = tmp_path / str(n)
        if drive_in_fork(directory, f"*:{n}") == 0:
            break
        done = []
        drive(directory, done=done)
        drive(directory, done=done)
        assert left(directory) == []
        assert pruned_results(directory) == expected
        assert len(done) == len(set(done)), "nothing was made again"
        released = [path for r in journal_of(directory) for path in r.get("released", {})]
        assert sorted(released) == DATA
    assert n > 40, "the faults were not injected"


def test_killed_while_a_finished_run_is_pruned(tmp_path, kept):
    for n in range(1, 100):
        directory = tmp_path / str(n)
        shutil.copytree(kept, directory)
        if drive_in_fork(directory, f"*:{n}") == 0:
            break
        drive(directory)
        assert left(directory) == []
    assert n > 4, "three steps of a line, one for each file"


@pytest.mark.parametrize("damaged", ["learned", "sizes.json"])
def test_what_a_repair_needs_is_made_again_and_let_go_of_again(pruned, kept, caplog, damaged):
    """A damaged unit reads released files; so does the driver, for a file of its own."""
    (pruned / "iteration_1" / damaged).write_bytes(b"garbage")
    done = []
    drive(pruned, done=done)
    assert done[:2] == ["play/1/0", "play/1/1"]
    assert done[2:] == (["learn/1"] if damaged == "learned" else [])
    assert (
        "iteration_1/data_0.bin is missing, for it was released, and is read again" in caplog.text
    )
    assert pruned_results(pruned) == pruned_results(kept)
    assert left(pruned) == []


def test_what_made_it_may_have_to_be_repaired_first(pruned, kept):
    for path in ("iteration_0/learned", "iteration_1/learned"):
        (pruned / path).unlink()
    drive(pruned)
    assert pruned_results(pruned) == pruned_results(kept)


def test_a_run_that_keeps_keeps_what_a_repair_made_again(pruned, kept):
    (pruned / "iteration_1/learned").unlink()
    drive(pruned, prunes=False)
    assert left(pruned) == DATA[2:]
    (pruned / DATA[2]).write_bytes(b"garbage")
    drive(pruned, prunes=False)
    assert pruned_results(pruned) == pruned_results(kept), "of no interest to anybody"


def test_a_released_file_that_is_garbage_is_made_again_for_whoever_reads_it(pruned, kept):
    for path in DATA[2:]:
        (pruned / path).write_bytes(b"garbage")
    (pruned / "iteration_1/learned").unlink()
    drive(pruned)
    assert pruned_results(pruned) == pruned_results(kept)


def test_a_file_that_comes_out_otherwise_is_refused(pruned, monkeypatch):
    (pruned / "iteration_1/learned").unlink()
    plain = Context.run
    monkeypatch.setattr(Context, "run", lambda *args: plain(*args) + b"!")
    with pytest.raises(UserError, match=r"'play/1/0', run again .* gave other bytes"):
        drive(pruned)


def test_a_journal_that_lost_its_end_is_made_again(pruned, kept, tmp_path):
    lines = (pruned / JOURNAL_FILE).read_bytes().splitlines(keepends=True)
    for num in range(2, len(lines)):
        directory = tmp_path / str(num)
        shutil.copytree(pruned, directory)
        (directory / JOURNAL_FILE).write_bytes(b"".join(lines[:num]))
        drive(directory)
        drive(directory)
        assert Manifest.load(directory).status == DONE
        assert pruned_results(directory) == pruned_results(kept)
        assert left(directory) == []


def test_a_manifest_that_fell_behind_the_release_has_it_made_again(tmp_path, kept):
    """From its copy a run may go on a phase earlier than the journal is: that phase reads its data."""
    directory = tmp_path / "run"
    drive_in_fork(directory, "boundary.before:2")
    manifest = (directory / MANIFEST_FILE).read_bytes()
    assert json.loads(manifest)["position"]["phase"] == "LEARN"
    drive(directory)
    (directory / MANIFEST_FILE).write_bytes(manifest)
    (directory / COPY_FILE).write_bytes(manifest)
    done = []
    drive(directory, done=done)
    assert done == ["play/0/0", "play/0/1"]
    assert left(directory) == DATA[2:]
    assert pruned_results(directory) == pruned_results(kept)


def test_only_what_units_made_can_be_released(tmp_path, kept):
    shutil.copytree(kept, tmp_path / "run")

    def refuse(run, path, error, words):
        with pytest.raises(error, match=words):
            run.release([path])

    def try_both(run):
        refuse(run, "iteration_0/sizes.json", ValueError, "no unit makes it again")
        refuse(run, "iteration_9/nothing", KeyError, "never committed")

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(globals(), "tidy", try_both)
        drive(tmp_path / "run")
    assert results(tmp_path / "run") == results(kept)


def test_what_stands_in_a_released_file_s_place_is_named(pruned):
    (pruned / DATA[0]).mkdir()
    with pytest.raises(UserError, match=rf"{DATA[0]}: .*directory.*"):
        drive(pruned)
