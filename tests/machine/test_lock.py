"""The lock: one writer, dead holders give way, living ones are named."""

import dataclasses
import errno
import fcntl
import multiprocessing
import os
import subprocess
import sys
import threading
import time

import pytest

from psro.machine.canonical import canonical_json
from psro.machine.errors import UserError
from psro.machine.identity import Identity
from psro.machine.lock import LOCK_FILE, LockLost, RunLock

HOLD = """
import sys, time
from pathlib import Path
from psro.machine.lock import RunLock
with RunLock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""

ME = Identity.of_this_process({})
ELSEWHERE = Identity("node9", "other-boot", 77, 12345, None, 0)


def leave_behind(directory, identity):
    (directory / LOCK_FILE).write_text(canonical_json(identity.to_json()))


def dead_pid():
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def test_a_living_holder_is_named_and_a_killed_one_gives_way(tmp_path, caplog):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(UserError) as refusal:
        RunLock(tmp_path).acquire()
    assert f"process {holder.pid} on {ME.host}" in str(refusal.value)
    assert f"kill {holder.pid}" in str(refusal.value)
    assert "\n" not in str(refusal.value)
    holder.kill()
    holder.communicate()
    with RunLock(tmp_path):
        pass
    assert f"process {holder.pid}" in caplog.text
    assert "dead" in caplog.text


def test_it_can_be_taken_again_after_release_but_not_twice(tmp_path):
    with RunLock(tmp_path), pytest.raises(UserError, match=f"process {os.getpid()} "):
        RunLock(tmp_path).acquire()
    with RunLock(tmp_path):
        pass


def test_a_reused_pid_is_not_the_holder(tmp_path):
    leave_behind(tmp_path, dataclasses.replace(ME, start_ticks=ME.start_ticks - 1))
    with RunLock(tmp_path):
        pass


def test_a_holder_from_before_a_reboot_is_dead(tmp_path):
    leave_behind(tmp_path, dataclasses.replace(ME, boot_id="before"))
    with RunLock(tmp_path):
        pass


def test_a_holder_on_another_host_is_respected(tmp_path):
    leave_behind(tmp_path, ELSEWHERE)
    with pytest.raises(UserError, match=r"process 77 on node9: .*ssh node9.*delete .*run\.lock"):
        RunLock(tmp_path).acquire()
    (tmp_path / LOCK_FILE).unlink()
    with RunLock(tmp_path):
        pass


@pytest.mark.parametrize(
    ("held_by", "restart_count", "allowed"),
    [("12", 0, True), ("12", 1, False), ("12", 2, False), ("13", 0, False)],
)
def test_our_own_jobs_earlier_restart_gives_way(tmp_path, held_by, restart_count, allowed):
    leave_behind(
        tmp_path,
        dataclasses.replace(ELSEWHERE, job_id=held_by, restart_count=restart_count),
    )
    me = Identity.of_this_process({"SLURM_JOB_ID": "12", "SLURM_RESTART_COUNT": "1"})
    lock = RunLock(tmp_path, me)
    if allowed:
        lock.acquire()
        lock.release()
    else:
        with pytest.raises(UserError, match=f"SLURM job {held_by}"):
            lock.acquire()


@pytest.mark.parametrize("how", ["deleted", "another's", "directory_gone"])
def test_who_lost_the_file_has_lost_the_lock(tmp_path, how):
    directory = tmp_path / "run"
    with RunLock(directory) as lock:
        lock.require_held()
        (directory / LOCK_FILE).unlink()
        other = RunLock(directory)
        if how == "another's":
            other.acquire()
        elif how == "directory_gone":
            directory.rmdir()
        with pytest.raises(LockLost, match=r"run\.lock was deleted or replaced") as lost:
            lock.require_held()
        assert "\n" not in str(lost.value)
        other.release()


@pytest.mark.parametrize("content", ["", "{", '{"host": 1}', "null", "[" * 100_000])
def test_an_unreadable_name_is_a_dead_starters(tmp_path, content):
    (tmp_path / LOCK_FILE).write_text(content)
    with RunLock(tmp_path):
        pass


NUM_STARTERS = 20


def contend(directory, start, wins, num_refused, refusals):
    start.wait()
    try:
        with RunLock(directory):
            with wins.get_lock():
                wins.value += 1
            # Until everyone has tried: one that ends early would let the next one in, rightly.
            deadline = time.monotonic() + 60
            while num_refused.value < NUM_STARTERS - 1 and time.monotonic() < deadline:
                time.sleep(0.01)
    except UserError as refused:
        refusals.put(str(refused))
        with num_refused.get_lock():
            num_refused.value += 1


def test_of_many_starters_one_wins_and_the_others_are_told_in_one_line(tmp_path):
    context = multiprocessing.get_context("fork")
    start, refusals = context.Event(), context.Queue()
    wins, num_refused = context.Value("i", 0), context.Value("i", 0)
    arguments = (tmp_path, start, wins, num_refused, refusals)
    racers = [context.Process(target=contend, args=arguments) for _ in range(NUM_STARTERS)]
    for racer in racers:
        racer.start()
    start.set()
    said = [refusals.get(timeout=60) for _ in range(NUM_STARTERS - 1)]
    for racer in racers:
        racer.join()
    assert wins.value == 1
    assert all(f"{tmp_path} is in use by process " in line and "\n" not in line for line in said)


def no_flock(*_):
    raise OSError(errno.ENOSYS, "no locks here")


def test_two_names_written_over_each_other_are_nobody_s_lock(tmp_path, monkeypatch):
    monkeypatch.setattr(fcntl, "flock", no_flock)
    monkeypatch.setattr(RunLock, "_write", lambda lock, fd: os.pwrite(fd, b'{"host": "a"}b"}', 0))
    with pytest.raises(UserError, match="at the same moment: run again"):
        RunLock(tmp_path, settle_s=0).acquire()


def test_our_job_s_earlier_start_may_take_a_moment_to_let_go(tmp_path):
    """On another host, over NFS, the kernel's lock outlives the process for a while."""
    holder = dataclasses.replace(ELSEWHERE, job_id="12", restart_count=0)
    with RunLock(tmp_path) as first:
        leave_behind(tmp_path, holder)
        me = Identity.of_this_process({"SLURM_JOB_ID": "12", "SLURM_RESTART_COUNT": "1"})
        with pytest.raises(UserError, match=r"held by what is left of process 77 on node9, SLURM"):
            RunLock(tmp_path, me, wait_s=0.1).acquire()
        threading.Timer(0.2, first.release).start()
        RunLock(tmp_path, me, wait_s=10).acquire()


def test_a_directory_in_its_place_is_named(tmp_path):
    (tmp_path / LOCK_FILE).mkdir()
    with pytest.raises(UserError, match=rf"{tmp_path}/run\.lock: Is a directory.*move it away"):
        RunLock(tmp_path).acquire()
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=rf"{tmp_path}/file: .*move it away"):
        RunLock(tmp_path / "file" / "run").acquire()


@pytest.mark.parametrize("jump_s", [-1e9, 1e9])
def test_a_clock_that_jumps_is_of_no_interest(tmp_path, monkeypatch, jump_s):
    """Who holds a lock is told from the kernel's lock, boot and start ticks, never from a time."""
    now = time.time()
    with RunLock(tmp_path):
        monkeypatch.setattr(time, "time", lambda: now + jump_s)
        with pytest.raises(UserError, match="is in use"):
            RunLock(tmp_path).acquire()
    leave_behind(tmp_path, dataclasses.replace(ME, pid=dead_pid(), start_ticks=1))
    os.utime(tmp_path / LOCK_FILE, (now + jump_s, now + jump_s))
    with RunLock(tmp_path):
        pass


def test_without_flock_the_name_guards(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(fcntl, "flock", no_flock)
    leave_behind(tmp_path, dataclasses.replace(ME, pid=dead_pid(), start_ticks=1))
    with RunLock(tmp_path, settle_s=0):
        other = dataclasses.replace(ELSEWHERE)
        with pytest.raises(UserError, match=f"process {os.getpid()} "):
            RunLock(tmp_path, other, settle_s=0).acquire()
    assert "has no locks" in caplog.text


def test_identity_of_a_slurm_job():
    me = Identity.of_this_process({"SLURM_JOB_ID": "5", "SLURM_RESTART_COUNT": "3"})
    assert (me.job_id, me.restart_count) == ("5", 3)
    assert Identity.from_json(me.to_json()) == me
    assert me.is_alive_here()
