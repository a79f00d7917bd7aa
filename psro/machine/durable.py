"""The one durable write: after it returns, the file is whole and on disk; before, it was not there."""

import contextlib
import errno
import hashlib
import itertools
import os
import re
import socket
import time
from pathlib import Path

from psro.machine import faults
from psro.machine.errors import UserError

_HOST = socket.gethostname().partition(".")[0]
_counter = itertools.count()
_TEMPORARY = re.compile(r"^\..+\.\d+\.\d+\.tmp$")
_SPOOLS = "slurm/*/open"
"""Where there is one in a run directory, workers may be writing there whose driver is dead (executors/slurm)."""
_ABANDONED_S = 600.0
"""Longer than any one write takes: what is not touched for so long on another machine has no writer."""


def atomic_write(path: Path, data: bytes) -> None:
    """Write `data` to `path` so that a kill at any instant leaves the old file or the new one, whole.

    Temp file in the same directory, flush, fsync, rename, fsync the directory (and the parents
    of directories it had to make).

    Raises: UserError when the system refuses (disk full, read-only, something else at `path`, ...: see
    `raise_if_refused`); the old file is then as it was, or, where the last fsync failed, the new one.
    """
    # Host, process id and counter: two threads, workers on two machines, or a dying worker and its
    # successor never share one.
    temporary = path.with_name(f".{path.name}.{_HOST}.{os.getpid()}.{next(_counter)}.tmp")
    try:
        make_directory(path.parent)
        faults.point("write.start", path)
        with open(temporary, "wb") as file:
            half = len(data) // 2 if faults.armed() else len(data)
            file.write(data[:half])
            if half < len(data):
                file.flush()
                faults.point("write.half", path)
                file.write(data[half:])
            file.flush()
            os.fsync(file.fileno())
        faults.point("write.synced", path)
        os.replace(temporary, path)
        faults.point("write.renamed", path)
        fsync_directory(path.parent)
        faults.point("write.durable", path)
    except OSError as error:
        _discard(temporary)
        raise_if_refused(error, path)
        raise
    except BaseException:
        _discard(temporary)
        raise


def make_directory(directory: Path) -> None:
    """Create `directory` and its missing parents, each entry durable."""
    missing = []
    while not directory.is_dir():
        missing.append(directory)
        directory = directory.parent
    for new in reversed(missing):
        new.mkdir(exist_ok=True)
        fsync_directory(new.parent)


def fsync_directory(directory: Path) -> None:
    """Make the entries of `directory` (a rename, a new file) durable."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


_REMEDIES = {
    errno.ENOSPC: "Free some space there",
    errno.EDQUOT: "Free some space there",
    errno.EROFS: "Make the file system writable",
    errno.EFBIG: "Allow larger files (ulimit -f)",
    errno.EMFILE: "Allow more open files (ulimit -n)",
    errno.ENFILE: "Close other programs' files, or have the system's limit of open files raised",
    errno.ESTALE: "The network file system has lost it: wait until it answers again",
    errno.ETIMEDOUT: "The network file system does not answer: wait until it does",
    errno.EACCES: "Give yourself the permission (chmod, chown)",
    errno.EPERM: "Give yourself the permission (chmod, chown)",
    errno.EIO: "The disk or the network file system fails (see `dmesg`): repair it",
    errno.EISDIR: "A directory is in its place: move it away",
    errno.ENOTDIR: "A file is in a directory's place: move it away",
    errno.EEXIST: "A file is in a directory's place: move it away",
}
"""What the user does about an error of the system; then the same command goes on."""


def raise_if_refused(error: OSError, path: Path) -> None:
    """Turn what the user can put right into a UserError that says what to do; else do nothing."""
    remedy = _REMEDIES.get(error.errno or 0)
    if remedy is None:
        return
    if error.errno in (errno.ENOTDIR, errno.EEXIST):
        path = next((p for p in path.parents if p.exists() and not p.is_dir()), path)
    raise UserError(
        f"cannot open or write {path}: {os.strerror(error.errno or 0)}. {remedy} and run the same "
        "command again; nothing committed is lost"
    ) from error


def raise_if_disk_full(error: OSError, path: Path) -> None:
    """`raise_if_refused` for a full disk alone, where it is not known that `path` is what failed."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        raise_if_refused(error, path)


def sweep_temporaries(directory: Path) -> int:
    """Delete what killed writers left under `directory`; call it only as the one writer.

    Workers of executor=slurm may outlive their driver: while their spool is there, what a living writer
    may be at is spared. Who removes the spool sweeps again.

    Returns: how many temp files were deleted.
    """
    has_workers = any(directory.glob(_SPOOLS))
    num_deleted = 0
    for folder, _, names in os.walk(directory):
        for name in names:
            if _TEMPORARY.match(name) and not (has_workers and _has_writer(Path(folder, name))):
                Path(folder, name).unlink(missing_ok=True)
                num_deleted += 1
    return num_deleted


def _has_writer(temporary: Path) -> bool:
    """False if the writer of a temp file is dead for sure, or has not touched it for long."""
    host, pid = temporary.name.split(".")[-4:-2]
    if host == _HOST:
        return int(pid) != os.getpid() and _is_alive(int(pid))
    try:
        return time.time() - temporary.stat().st_mtime < _ABANDONED_S
    except FileNotFoundError:
        return False


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return False  # another user's, so not ours
    return True


def sha256_of(path: Path) -> str:
    """Hex sha256 of a file's bytes."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _discard(temporary: Path) -> None:
    # The write already failed with its own error; a failing clean-up must not hide it.
    with contextlib.suppress(OSError):
        temporary.unlink(missing_ok=True)
