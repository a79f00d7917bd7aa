"""What a training leaves on its way: a checkpoint, and candidates that wait for its end.

Nobody has committed these files, so nobody but this module notices when one is damaged (torch reads a flipped bit
without a word). A training whose files are not what it wrote starts again: the same bits, a little later.
"""

import hashlib
import logging
import shutil
from io import BytesIO
from pathlib import Path
from typing import Any

import torch
from lightning.fabric.plugins.io.checkpoint_io import CheckpointIO

from psro.machine.durable import atomic_write
from psro.machine.errors import UserError

CHECKPOINT = "training.ckpt"
_SEAL_BYTES = hashlib.sha256().digest_size

log = logging.getLogger(__name__)


class Damaged(Exception):
    """A file of a training that cannot be gone on from; says which and why."""


class Checkpoints(CheckpointIO):
    """Lightning's checkpoints through the one durable write (its own are not fsynced), and the candidates.

    The checkpoint is the sha256 of the rest, then what torch.save wrote. It names the task's identity and the sha256
    of each candidate kept so far.
    """

    def __init__(self, scratch: Path, identity: str):
        """`scratch`: the training's own directory. `identity`: of its task."""
        self.scratch, self.identity = scratch, identity
        self.path = scratch / CHECKPOINT
        self._kept: dict[str, str] = {}

    def where_to_go_on(self) -> Path | None:
        """The checkpoint, if it and the candidates it names are whole and of this task; else None, and a warning."""
        if not self.path.exists():
            return None
        try:
            self._kept = self._read()["kept"]
            for name, sha256 in self._kept.items():
                if hashlib.sha256(self._bytes_of(self.scratch / name)).hexdigest() != sha256:
                    raise Damaged(
                        f"{self.scratch / name}, a candidate on its way, is not as it was"
                    )
        except Damaged as problem:
            log.warning("%s: this training starts again from its beginning", problem)
            shutil.rmtree(self.scratch)
            self._kept = {}
            return None
        return self.path

    def keep(self, epoch: int, weights: bytes) -> None:
        """Puts the weights of the candidate of `epoch` aside."""
        path = self._candidate(epoch)
        atomic_write(path, weights)
        self._kept[path.name] = hashlib.sha256(weights).hexdigest()

    def kept(self, epoch: int) -> bytes:
        """What `keep` was given. Raises UserError where the file was damaged since."""
        path = self._candidate(epoch)
        data = path.read_bytes() if path.is_file() else b""
        if hashlib.sha256(data).hexdigest() != self._kept[path.name]:
            raise UserError(
                f"{path} was damaged while the training went on: run the same command again, and it starts "
                "from its beginning"
            )
        return data

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: Any, storage_options: Any | None = None
    ) -> None:
        """Whole on disk when it returns."""
        buffer = BytesIO()
        torch.save(checkpoint | {"identity": self.identity, "kept": self._kept}, buffer)
        data = buffer.getvalue()
        atomic_write(Path(path), hashlib.sha256(data).digest() + data)

    def load_checkpoint(
        self, path: Any, map_location: Any | None = None, weights_only: bool | None = None
    ) -> dict[str, Any]:
        """For Lightning, after `where_to_go_on` has found it whole."""
        return self._read()

    def remove_checkpoint(self, path: Any) -> None:
        """Deletes the file."""
        Path(path).unlink(missing_ok=True)

    def _read(self) -> dict[str, Any]:
        data = self._bytes_of(self.path)
        if hashlib.sha256(data[_SEAL_BYTES:]).digest() != data[:_SEAL_BYTES]:
            raise Damaged(f"training checkpoint {self.path} does not match its checksum")
        checkpoint: dict[str, Any] = torch.load(
            BytesIO(data[_SEAL_BYTES:]), map_location="cpu", weights_only=True
        )
        if checkpoint["identity"] != self.identity:
            raise Damaged(f"training checkpoint {self.path} belongs to another task")
        return checkpoint

    def _bytes_of(self, path: Path) -> bytes:
        try:
            return path.read_bytes()
        except OSError as error:
            raise Damaged(f"{path} cannot be read ({error.strerror})") from None

    def _candidate(self, epoch: int) -> Path:
        return self.scratch / f"epoch_{epoch}.safetensors"
