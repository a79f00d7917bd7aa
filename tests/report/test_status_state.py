import os
import subprocess
import sys
from dataclasses import replace

import pytest

from psro.machine.identity import Identity
from psro.machine.lock import RunLock
from psro.machine.manifest import DONE, FAILED, PREEMPTED, RUNNING, Manifest, Transition
from psro.report.status.state import Presence, State, judge, presence_of, read_holder
from tests.phases.conftest import drive_config, rps_config

HERE = Identity("login1", "boot-a", 4711, 100, None, 0)
NODE = Identity("node7", "boot-b", 99, 200, "12", 1)


@pytest.fixture(scope="module")
def real_manifest(tmp_path_factory):
    directory = tmp_path_factory.mktemp("run")
    drive_config(rps_config(num_iterations=0), directory)
    return Manifest.load(directory)


@pytest.fixture
def manifest_of(real_manifest):
    """A manifest with `status` whose newest entry is `who`'s."""

    def make(status, who=NODE, note="finished COLLECT, iteration 1, round 0"):
        last: Transition = replace(
            real_manifest.history[-1],
            host=who.host,
            pid=who.pid,
            job_id=who.job_id,
            restart_count=who.restart_count,
            note=note,
        )
        return replace(real_manifest, status=status, history=(*real_manifest.history[:-1], last))

    return make


def test_a_living_holder_runs(manifest_of):
    judged = judge(manifest_of(RUNNING), NODE, Presence.ALIVE, 3.0)
    assert (judged.state, judged.process, judged.words) == (State.RUNNING, NODE, "")


def test_a_holder_that_has_noted_nothing_yet_is_starting(manifest_of):
    for manifest in (None, manifest_of(RUNNING, HERE), manifest_of(PREEMPTED, HERE)):
        assert judge(manifest, NODE, Presence.ALIVE, 3.0).state is State.STARTING


@pytest.mark.parametrize(
    ("status", "note", "state"),
    [
        (PREEMPTED, "stopped by SIGTERM", State.PREEMPTED),
        (FAILED, "UnitError: unit 'x' failed", State.FAILED),
        (DONE, "finished REPORT, iteration 2, round 0", State.DONE),
    ],
)
def test_a_process_that_said_how_it_ended(manifest_of, status, note, state):
    manifest = manifest_of(status, note=note)
    freed = judge(manifest, None, Presence.GONE, 3.0)
    assert freed.state is state
    assert state is State.DONE or note in freed.words
    # It may die, or be seen, between its last word and letting go of the lock.
    assert judge(manifest, NODE, Presence.GONE, 3.0).state is state
    assert judge(manifest, NODE, Presence.ALIVE, 3.0).state is state


def test_of_a_preempted_job_the_reader_learns_where_to_look_for_it(manifest_of):
    judged = judge(manifest_of(PREEMPTED, note="stopped by SIGUSR1"), None, Presence.GONE, 3.0)
    assert "squeue -j 12" in judged.words
    assert "the same command goes on" in judged.words


@pytest.mark.parametrize("holder", [None, NODE])
def test_no_process_and_no_last_word_is_a_death(manifest_of, holder):
    judged = judge(manifest_of(RUNNING), holder, Presence.GONE, 3.0)
    assert judged.state is State.DIED
    assert "the same command goes on from the last commit" in judged.words


def test_on_another_host_silence_is_no_proof(manifest_of):
    manifest = manifest_of(RUNNING)
    fresh = judge(manifest, NODE, Presence.ELSEWHERE, 12.0)
    assert fresh.state is State.RUNNING
    assert "heard of 12.0 s ago" in fresh.words
    silent = judge(manifest, NODE, Presence.ELSEWHERE, 840.0)
    assert silent.state is State.SILENT
    assert "14 min" in silent.words
    assert "squeue -j 12" in silent.words
    without_job = replace(NODE, job_id=None)
    words = judge(manifest_of(RUNNING, without_job), without_job, Presence.ELSEWHERE, 840.0).words
    assert "ssh node7" in words


def test_what_has_no_manifest_has_not_begun():
    assert judge(None, None, Presence.GONE, 0.0).state is State.NOT_BEGUN
    died_early = judge(None, NODE, Presence.GONE, 0.0)
    assert died_early.state is State.NOT_BEGUN
    assert "node7" in died_early.words


def test_a_finished_run_that_is_taken_up_again_says_so(manifest_of):
    judged = judge(manifest_of(DONE), HERE, Presence.ALIVE, 3.0)
    assert judged.state is State.DONE
    assert HERE.describe() in judged.words


def test_presence_of_this_process_of_a_dead_one_and_of_one_elsewhere():
    me = Identity.of_this_process()
    assert presence_of(me, me) is Presence.ALIVE
    child = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], stdout=-1)
    gone = replace(me, pid=int(child.stdout), start_ticks=1)
    assert presence_of(gone, me) is Presence.GONE
    assert presence_of(replace(me, boot_id="before the reboot"), me) is Presence.GONE
    assert presence_of(NODE, me) is Presence.ELSEWHERE
    # A container on this kernel: its process numbers mean nothing here.
    assert presence_of(replace(gone, host="container"), me) is Presence.ELSEWHERE


def test_the_holder_is_read_and_not_touched(tmp_path):
    assert read_holder(tmp_path) is None
    with RunLock(tmp_path):
        before = os.stat(tmp_path / "run.lock")
        assert read_holder(tmp_path) == Identity.of_this_process()
        assert os.stat(tmp_path / "run.lock").st_mtime_ns == before.st_mtime_ns
    assert read_holder(tmp_path) is None
    (tmp_path / "run.lock").write_text('{"host": "no')
    assert read_holder(tmp_path) is None
