"""Real rock-paper-scissors runs, in every state that a run can be found in."""

import shutil
from dataclasses import replace

import orjson
import pytest

from psro.machine.errors import Preempted, UserError
from psro.machine.identity import Identity
from psro.machine.incidents import note_incident
from psro.machine.journal import JOURNAL_FILE
from psro.machine.lock import RunLock
from psro.machine.manifest import COPY_FILE, MANIFEST_FILE, RUNNING, Manifest
from psro.machine.signals import StopFlag
from psro.report.heartbeat import STATUS_FILE, HeartbeatListener
from psro.report.status.reading import read_status
from psro.report.status.state import State
from psro.report.timings import TimingListener
from tests.phases.conftest import StopAtBoundary, drive_config, rps_config

ME = Identity.of_this_process()
BOUNDARIES = 12
"""So many phases are over when the run is stopped: it is in its second iteration."""


def drive(directory, stop=None, listeners=()):
    followers = [TimingListener(directory), HeartbeatListener(directory), *listeners]
    drive_config(rps_config(), directory, stop, followers)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """Read only."""
    directory = tmp_path_factory.mktemp("done")
    drive(directory)
    return directory


@pytest.fixture(scope="module")
def preempted(tmp_path_factory):
    """Read only."""
    directory = tmp_path_factory.mktemp("preempted")
    stop = StopFlag()
    with pytest.raises(Preempted):
        drive(directory, stop, [StopAtBoundary(stop, BOUNDARIES)])
    return directory


@pytest.fixture
def killed(preempted, tmp_path):
    """As a kill leaves it: the manifest says that it runs, and its last entry is a finished phase."""
    directory = tmp_path / "killed"
    shutil.copytree(preempted, directory)
    manifest = Manifest.load(directory)
    replace(manifest, status=RUNNING, history=manifest.history[:-1]).save(directory)
    return directory


def everything(directory):
    """Path → bytes and time of last change."""
    return {
        path: (path.read_bytes(), path.stat().st_mtime_ns)
        for path in directory.rglob("*")
        if path.is_file()
    }


def test_a_finished_run(done):
    status = read_status(done, ME)
    assert status.state is State.DONE
    assert status.left is None
    assert status.num_restarts == 0
    assert status.commits.num == (done / JOURNAL_FILE).read_bytes().count(b"\n")
    assert status.results.response.name.startswith("certificate_2")
    assert status.results.sigma_of == 2
    assert sum(status.results.sigma.values()) == pytest.approx(1)


def test_a_preempted_run(preempted):
    status = read_status(preempted, ME)
    assert status.state is State.PREEMPTED
    assert "stopped by SIGTERM" in status.judgement.words
    assert (status.at.phase, status.at.iteration) == ("MEASURE", 2)
    assert status.results.response.name.startswith("br_1")
    assert status.results.sigma_of == 1
    assert status.left.low is not None
    assert [life.end_note for life in status.lives] == ["stopped by SIGTERM"]


def test_a_running_one_is_seen_by_its_lock_and_its_beat(preempted, tmp_path):
    directory = tmp_path / "run"
    shutil.copytree(preempted, directory)
    seen = []

    class Look(HeartbeatListener):
        def on_units(self, label, num_committed, num_total):
            super().on_units(label, num_committed, num_total)
            seen.append(read_status(directory, ME))

    drive_config(rps_config(), directory, None, [Look(directory)])
    assert {status.state for status in seen} == {State.RUNNING}
    first = seen[0]
    assert first.num_restarts == 1
    assert first.beat.group.label == "measure"
    assert first.lives[-1].ended == first.time
    assert first.judgement.process == ME


def test_a_killed_one_and_one_that_let_go_without_a_word(killed):
    assert read_status(killed, ME).state is State.DIED, "the lock is free"
    gone = replace(ME, pid=ME.pid + 1, start_ticks=1)
    (killed / "run.lock").write_bytes(orjson.dumps(gone.to_json()))
    status = read_status(killed, ME)
    assert status.state is State.DIED
    assert str(gone.pid) in status.judgement.words


def test_one_on_another_host_is_believed_until_it_is_silent(killed):
    holder = Identity("node7", "boot-b", 99, 200, "12", 1)
    last = Manifest.load(killed).history[-1]
    (killed / "run.lock").write_bytes(
        orjson.dumps(replace(holder, pid=last.pid, job_id=None, restart_count=0).to_json())
    )
    manifest = Manifest.load(killed)
    history = tuple(replace(entry, host="node7") for entry in manifest.history)
    replace(manifest, history=history).save(killed)
    now = (killed / MANIFEST_FILE).stat().st_mtime
    assert read_status(killed, ME, now + 20).state is State.RUNNING
    silent = read_status(killed, ME, now + 3600)
    assert silent.state is State.SILENT
    assert silent.lives[-1].ended == pytest.approx(now, abs=1), "the silence is not counted as work"


def test_one_that_a_newcomer_has_locked_is_starting(killed):
    with RunLock(killed, replace(ME, restart_count=3)):
        status = read_status(killed, replace(ME, restart_count=3))
    assert status.state is State.STARTING


def test_one_that_has_not_begun(tmp_path):
    status = read_status(tmp_path, ME)
    assert status.state is State.NOT_BEGUN
    assert status.at is None


def test_one_of_an_older_program_has_no_beat_and_perhaps_no_times(killed):
    for name in (STATUS_FILE, "timings.jsonl"):
        (killed / name).unlink()
    status = read_status(killed, ME)
    assert status.beat is None
    assert status.last_groups == ()
    assert status.left.low is not None


def test_a_beat_of_another_process_tells_nothing_of_this_one(preempted, tmp_path):
    directory = tmp_path / "run"
    shutil.copytree(preempted, directory)
    with RunLock(directory, replace(ME, restart_count=1)):
        assert read_status(directory, ME).beat is None


def test_a_beat_of_another_phase_is_waited_for_and_then_dropped(killed, monkeypatch):
    status = read_status(killed, ME)
    with RunLock(killed):
        beat = {
            "format": 1,
            "process": ME.to_json(),
            "position": dict(status.manifest.position) | {"phase": "SELECT"},
            "time": status.time,
            "group": None,
            "units": [],
        }
        (killed / STATUS_FILE).write_bytes(orjson.dumps(beat))
        monkeypatch.setattr("time.sleep", lambda seconds: None)
        assert read_status(killed, ME).beat is None
        beat["position"] = dict(status.manifest.position)
        caught_up = orjson.dumps(beat)
        monkeypatch.setattr(
            "time.sleep", lambda seconds: (killed / STATUS_FILE).write_bytes(caught_up)
        )
        assert read_status(killed, ME).beat is not None


def test_workers_that_died_are_told(killed):
    note_incident(killed, None, 1, "by SIGKILL")
    assert [incident.reason for incident in read_status(killed, ME).incidents] == ["by SIGKILL"]


def test_nothing_is_written_and_no_lock_is_in_the_way_of_a_starter(killed):
    before = everything(killed)
    with RunLock(killed):
        lock = (killed / "run.lock").read_bytes()
        read_status(killed, ME)
        assert (killed / "run.lock").read_bytes() == lock
    after = everything(killed)
    before.pop(killed / "run.lock")
    after.pop(killed / "run.lock")
    assert after == before


def test_a_torn_last_line_is_being_written(killed):
    num = read_status(killed, ME).commits.num
    for name in (JOURNAL_FILE, "timings.jsonl"):
        with open(killed / name, "ab") as file:
            file.write(b'{"artifacts": [{"pa')
    assert read_status(killed, ME).commits.num == num


def test_a_journal_that_seems_short_is_read_again_before_it_is_called_damaged(killed, monkeypatch):
    path = killed / JOURNAL_FILE
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    monkeypatch.setattr("time.sleep", lambda seconds: path.write_bytes(whole))
    assert read_status(killed, ME).commits.num == whole.count(b"\n")


@pytest.mark.parametrize(
    ("name", "damage", "message"),
    [
        (MANIFEST_FILE, lambda data: data[:200], "goes on from its copy"),
        (MANIFEST_FILE, lambda data: data.replace(b"running", b"RUNNING"), "checksum.*its copy"),
        (JOURNAL_FILE, lambda data: data[: len(data) // 2], "run the same command again"),
        (JOURNAL_FILE, lambda data: b"x" + data, "damaged in line 1"),
        ("config.yaml", lambda data: b"name: [", "writes it again"),
        ("iteration_1/measurement_0.json", lambda data: data[:50], "computes it again"),
        ("iteration_1/iteration_summary.json", lambda data: b"{}", "computes it again"),
    ],
)
def test_damage_is_one_line_that_names_the_file(killed, name, damage, message, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    path = killed / name
    path.write_bytes(damage(path.read_bytes() if path.exists() else b""))
    with pytest.raises(UserError, match=message) as caught:
        read_status(killed, ME)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_manifest_that_is_gone_and_a_damaged_one_without_a_copy(killed, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    (killed / MANIFEST_FILE).unlink()
    with pytest.raises(UserError, match=f"no {MANIFEST_FILE}.*goes on from its copy"):
        read_status(killed, ME)
    (killed / COPY_FILE).unlink()
    (killed / MANIFEST_FILE).write_bytes(b"")
    with pytest.raises(UserError, match=r"restore it from .*a backup"):
        read_status(killed, ME)
    (killed / MANIFEST_FILE).unlink()
    with pytest.raises(UserError, match=f"has a {JOURNAL_FILE} but no {MANIFEST_FILE}"):
        read_status(killed, ME)


def test_what_the_system_refuses_to_read_is_said(killed, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    (killed / JOURNAL_FILE).unlink()
    (killed / JOURNAL_FILE).mkdir()
    with pytest.raises(UserError, match=f"cannot read .*Is a directory.*{JOURNAL_FILE}"):
        read_status(killed, ME)
