"""One writer per run directory.

The lock is a file with the holder's identity, held by `flock`: the kernel drops it when the
holder dies, however it dies, and hands it to one of two starters only. The identity serves
people (who holds it?) and the file systems where `flock` proves nothing: other hosts over a
network file system, or no `flock` at all.
"""

import contextlib
import errno
import fcntl
import json
import logging
import os
import time
from pathlib import Path

from psro.machine.canonical import canonical_json
from psro.machine.durable import make_directory, raise_if_refused
from psro.machine.errors import UserError
from psro.machine.identity import Identity

logger = logging.getLogger(__name__)

LOCK_FILE = "run.lock"
_GONE = (errno.ENOENT, errno.ENOTDIR, errno.ESTALE)
_NO_FLOCK = (errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK, errno.EINVAL)


class LockLost(UserError):
    """The lock's file is gone or another's: a second start may be at work, so this one must not be."""


class RunLock:
    """Holds a run directory for one process: `with RunLock(directory): ...`.

    identity: who takes it (this process). wait_s: how long to wait for a dead holder's lock,
    which a child it forked may keep for a moment. settle_s: without `flock`, how long to wait
    before looking whether another starter wrote its name over ours.
    """

    def __init__(
        self,
        directory: Path,
        identity: Identity | None = None,
        wait_s: float = 10.0,
        settle_s: float = 2.0,
    ) -> None:
        self.path = directory / LOCK_FILE
        self._identity = identity or Identity.of_this_process()
        self._wait_s = wait_s
        self._settle_s = settle_s
        self._descriptor: int | None = None

    def __enter__(self) -> "RunLock":
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def acquire(self) -> None:
        """Take the lock.

        Raises: UserError naming the holder and what to do, if another run may be alive.
        """
        assert self._descriptor is None, "acquired twice"
        try:
            make_directory(self.path.parent)
        except OSError as error:
            raise_if_refused(error, self.path)
            raise
        deadline = time.monotonic() + self._wait_s
        descriptor = self._open()
        try:
            while not self._flock(descriptor, deadline):
                os.close(descriptor)
                descriptor = self._open()
            self._judge(_read(descriptor))
            self._write(descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor

    def require_held(self) -> None:
        """Call it before each write to what only one writer may write.

        People delete the file of a run that they think dead, and the next start then locks a new one.

        Raises: LockLost if the file at the path is not the one that this process holds.
        """
        assert self._descriptor is not None, "not acquired"
        if not self._is_at_its_path(self._descriptor):
            raise LockLost(
                f"{self.path} was deleted or replaced while this run held it, so another start may be at work in "
                f"{self.path.parent}: stopped without writing any more there; if nobody else works on it (look "
                "with `python -m psro.status`), run the same command again"
            )

    def release(self) -> None:
        """Let go; the file stays (deleting it would let two starters lock two files)."""
        if self._descriptor is not None:
            # A full disk must not turn the end of a run into an error; flock is what counts.
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None

    def _open(self) -> int:
        try:
            return os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise_if_refused(error, self.path)
            raise

    def _flock(self, descriptor: int, deadline: float) -> bool:
        """True once held; False if the file was deleted meanwhile and is to be opened again."""
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                if error.errno in _NO_FLOCK:
                    self._claim_without_flock(descriptor)
                    return True
                if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                    raise
                holder = _read(descriptor)
                if holder is not None and self._may_live(holder):
                    raise self._refusal(holder) from None
                if time.monotonic() > deadline:
                    raise UserError(
                        f"{self.path} is held by "
                        + (f"what is left of {holder.describe()}" if holder else "another process")
                        + f"; find it with `fuser -v {self.path}`, end it, and run again"
                    ) from None
                time.sleep(0.1)
                continue
            return self._is_at_its_path(descriptor)

    def _is_at_its_path(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(os.fstat(descriptor), os.stat(self.path))
        except OSError as error:
            if error.errno in _GONE:
                return False
            raise_if_refused(error, self.path)
            raise

    def _claim_without_flock(self, descriptor: int) -> None:
        logger.warning(
            "%s: this file system has no locks; only the holder's name guards", self.path
        )
        self._judge(_read(descriptor))
        self._write(descriptor)
        time.sleep(self._settle_s)
        holder = _read(descriptor)
        if holder is None:  # two names written over each other
            raise UserError(f"another process took {self.path} at the same moment: run again")
        if holder != self._identity:
            raise self._refusal(holder)

    def _judge(self, holder: Identity | None) -> None:
        """Raise unless the lock that `holder` left behind may be taken."""
        if holder is None or holder == self._identity:
            return
        if self._may_live(holder):
            raise self._refusal(holder)
        if self._is_our_job_s_earlier(holder):
            logger.info("took over %s: it is our own job's, from %s", self.path, holder.describe())
        else:
            logger.warning("took over %s from %s, which is dead", self.path, holder.describe())

    def _may_live(self, holder: Identity) -> bool:
        """False if `holder` has ended for sure: our job's earlier start, or dead on this machine."""
        me = self._identity
        if self._is_our_job_s_earlier(holder):
            return False
        return not me.same_machine_as(holder) or holder.is_alive_here()

    def _is_our_job_s_earlier(self, holder: Identity) -> bool:
        """SLURM starts a job again only when the start before is over."""
        me = self._identity
        ours = holder.job_id is not None and holder.job_id == me.job_id
        return ours and holder.restart_count < me.restart_count

    def _refusal(self, holder: Identity) -> UserError:
        if self._identity.same_machine_as(holder):
            remedy = f"wait for it, stop it with `kill {holder.pid}`, or choose another run name"
        else:
            look = f"squeue -j {holder.job_id}" if holder.job_id else f"ssh {holder.host}"
            remedy = (
                f"wait for it or stop it; if it is gone for sure (look with `{look}`), "
                f"delete {self.path} and run again"
            )
        return UserError(f"{self.path.parent} is in use by {holder.describe()}: {remedy}")

    def _write(self, descriptor: int) -> None:
        # In place, not by rename: the lock belongs to this inode.
        data = canonical_json(self._identity.to_json()).encode()
        try:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, data, 0)
            os.fsync(descriptor)
        except OSError as error:
            raise_if_refused(error, self.path)
            raise


def _read(descriptor: int) -> Identity | None:
    """Who is named in the file; None if nobody, or if its writer died while writing its name."""
    data = os.pread(descriptor, 1 << 16, 0)
    if not data:
        return None
    try:
        return Identity.from_json(json.loads(data))
    except (ValueError, KeyError, TypeError, RecursionError):
        logger.warning("the lock holds no readable name: its writer died while starting")
        return None
