"""The durable write: whole or not there, at every step."""

import builtins
import errno
import os
import time

import pytest

from psro.machine import faults
from psro.machine.durable import (
    _REMEDIES,
    atomic_write,
    make_directory,
    sha256_of,
    sweep_temporaries,
)
from psro.machine.errors import UserError


def killed_at(kill_at, action):
    """True if `action`, in a forked child, died of the injected fault."""
    child = os.fork()
    if child == 0:
        try:
            faults._trap = faults._Trap(kill_at)
            action()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -9


@pytest.mark.parametrize("n", range(1, 6))
def test_killed_at_each_step_it_leaves_the_old_or_the_new(tmp_path, n):
    path = tmp_path / "deep" / "file"
    atomic_write(path, b"old")
    assert killed_at(f"*:{n}", lambda: atomic_write(path, b"the new one"))
    assert path.read_bytes() == (b"old" if n <= 3 else b"the new one")
    left = [p for p in path.parent.iterdir() if p != path]
    assert sweep_temporaries(tmp_path) == len(left) == (1 if n in (2, 3) else 0)
    assert list(path.parent.iterdir()) == [path]


class Refusing:
    """A file whose writes or flushes the system refuses."""

    def __init__(self, file, error):
        self.file, self.error = file, error

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()

    def write(self, data):
        self.file.write(data[: len(data) // 2])
        raise self.error


def refuse(monkeypatch, step, error):
    """Make `step` of the next write fail with `error`; "directory" is the fsync after the rename."""

    def fail(*_):
        raise error

    real_fsync, real_open = os.fsync, builtins.open

    def fsync(descriptor):
        if os.path.isdir(f"/proc/self/fd/{descriptor}") == (step == "directory"):
            raise error
        real_fsync(descriptor)

    if step == "open":
        monkeypatch.setattr(builtins, "open", fail)
    elif step == "write":
        monkeypatch.setattr(
            builtins, "open", lambda *args, **kw: Refusing(real_open(*args, **kw), error)
        )
    elif step == "rename":
        monkeypatch.setattr(os, "replace", fail)
    else:
        monkeypatch.setattr(os, "fsync", fsync)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS])
@pytest.mark.parametrize("step", ["open", "write", "fsync", "rename", "directory"])
def test_what_the_system_refuses_leaves_the_old_file_and_nothing_else(
    tmp_path, monkeypatch, step, number
):
    path = tmp_path / "file"
    atomic_write(path, b"old")
    with monkeypatch.context() as patch:
        refuse(patch, step, OSError(number, os.strerror(number)))
        said = rf"cannot open or write {path}: {os.strerror(number)}\. .* run the same command"
        with pytest.raises(UserError, match=said) as refused:
            atomic_write(path, b"the new one")
    assert "\n" not in str(refused.value)
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
    assert path.read_bytes() == (b"the new one" if step == "directory" else b"old")
    atomic_write(path, b"at last")
    assert path.read_bytes() == b"at last"


def test_an_error_nobody_can_put_right_comes_as_the_system_gives_it(tmp_path, monkeypatch):
    assert errno.EINVAL not in _REMEDIES
    refuse(monkeypatch, "fsync", OSError(errno.EINVAL, "Invalid argument"))
    with pytest.raises(OSError, match="Invalid argument"):
        atomic_write(tmp_path / "file", b"new")
    assert list(tmp_path.iterdir()) == []


def test_something_else_in_its_place_is_named(tmp_path):
    (tmp_path / "file").mkdir()
    with pytest.raises(UserError, match=rf"write {tmp_path}/file: Is a directory.*move it away"):
        atomic_write(tmp_path / "file", b"new")
    (tmp_path / "plain").touch()
    for path in (tmp_path / "plain" / "a", tmp_path / "plain" / "deep" / "a"):
        with pytest.raises(UserError, match=rf"write {tmp_path}/plain: .*move it away"):
            atomic_write(path, b"new")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "plain"]


def test_sweeping_spares_other_hidden_files(tmp_path):
    for name in [".notes.tmp", "a.1.2.tmp", ".hidden"]:
        (tmp_path / name).touch()
    assert sweep_temporaries(tmp_path) == 0


def test_while_there_is_a_spool_what_a_living_worker_may_be_at_is_spared(tmp_path):
    here = os.uname().nodename.partition(".")[0]
    spared = {f".file.{here}.{os.getppid()}.0.tmp", ".file.node7.12.0.tmp"}
    dead = {
        f".file.{here}.{2**22 + 1}.0.tmp",
        f".file.{here}.{os.getpid()}.0.tmp",
        ".file.node7.12.1.tmp",
    }
    for name in spared | dead:
        (tmp_path / name).touch()
    long_ago = time.time() - 3600
    os.utime(tmp_path / ".file.node7.12.1.tmp", (long_ago, long_ago))
    (tmp_path / "slurm" / "v1" / "open").mkdir(parents=True)
    assert sweep_temporaries(tmp_path) == len(dead)
    assert {p.name for p in tmp_path.iterdir() if p.is_file()} == spared
    (tmp_path / "slurm" / "v1" / "open").rmdir()
    assert sweep_temporaries(tmp_path) == len(spared)


def test_make_directory_and_sha256(tmp_path):
    make_directory(tmp_path / "a" / "b")
    make_directory(tmp_path / "a" / "b")
    (tmp_path / "a" / "b" / "c").write_bytes(b"abc")
    assert sha256_of(tmp_path / "a" / "b" / "c").startswith("ba7816bf8f01cfea414140de5dae2223")


@pytest.mark.parametrize("setting", ["x", "x:", "x:0", ":3", "x:y"])
def test_a_wrong_fault_setting_is_refused(setting):
    with pytest.raises(ValueError, match="PSRO_KILL_AT"):
        faults._Trap(setting)


def test_bytes_are_on_disk_before_the_name_and_the_name_before_it_returns(tmp_path, monkeypatch):
    calls = []
    real_replace = os.replace

    def fsync(descriptor):
        calls.append(("fsync", os.readlink(f"/proc/self/fd/{descriptor}")))

    def replace(source, target):
        calls.append(("replace", str(source), str(target)))
        real_replace(source, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", replace)
    path = tmp_path / "new" / "file"
    atomic_write(path, b"data")
    temporary = calls[1][1]
    assert calls == [
        ("fsync", str(tmp_path)),
        ("fsync", temporary),
        ("replace", temporary, str(path)),
        ("fsync", str(path.parent)),
    ]
