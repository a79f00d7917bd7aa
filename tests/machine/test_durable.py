"""The durable write: whole or not there, at every step."""

import errno
import os

import pytest

from psro.machine import faults
from psro.machine.durable import atomic_write, make_directory, sha256_of, sweep_temporaries
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


def test_a_full_disk_is_the_users_error_and_leaves_nothing(tmp_path, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    atomic_write(tmp_path / "file", b"old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UserError, match=r"cannot write .*file: No space.*run the same command"):
        atomic_write(tmp_path / "file", b"new")
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_bytes() == b"old"


def test_other_errors_come_as_the_system_gives_them(tmp_path):
    (tmp_path / "file").mkdir()
    with pytest.raises(IsADirectoryError):
        atomic_write(tmp_path / "file", b"new")
    assert sweep_temporaries(tmp_path) == 0


def test_sweeping_spares_other_hidden_files(tmp_path):
    for name in [".notes.tmp", "a.1.2.tmp", ".hidden"]:
        (tmp_path / name).touch()
    assert sweep_temporaries(tmp_path) == 0


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
