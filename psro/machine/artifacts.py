"""What the journal remembers of a file: where it is and what its bytes are."""

import hashlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from psro.machine.durable import sha256_of


def check_relative(path: str) -> str:
    """Return `path` if it is a clean path below the run directory ("a/b.json").

    Raises: ValueError for absolute paths, "..", empty parts and backslashes.
    """
    pure = PurePosixPath(path)
    if (
        path in ("", ".")
        or pure.is_absolute()
        or ".." in pure.parts
        or str(pure) != path
        or "\\" in path
    ):
        raise ValueError(f"{path!r} must be a clean relative path below the run directory")
    return path


@dataclass(frozen=True)
class Artifact:
    """A committed file: path relative to the run directory, size in bytes, hex sha256."""

    path: str
    size: int
    sha256: str

    @classmethod
    def of_bytes(cls, path: str, data: bytes) -> "Artifact":
        """The artifact that `data` written to `path` is."""
        return cls(check_relative(path), len(data), hashlib.sha256(data).hexdigest())

    @classmethod
    def of_file(cls, directory: Path, path: str) -> "Artifact":
        """The artifact that lies at `directory / path`. Raises: FileNotFoundError."""
        full = directory / check_relative(path)
        return cls(path, full.stat().st_size, sha256_of(full))

    def problem(self, directory: Path) -> str | None:
        """What is wrong with the file on disk, in words; None if it is as it was committed."""
        full = directory / self.path
        try:
            if full.is_dir():
                return "is a directory"
            if not full.is_file():
                return "is missing"
            size = full.stat().st_size
            if size != self.size:
                return f"has {size} bytes where {self.size} were committed"
            found = sha256_of(full)
        except OSError as error:
            return f"cannot be read ({error.strerror})"
        if found != self.sha256:
            return f"has sha256 {found[:12]}… where {self.sha256[:12]}… was committed"
        return None

    def obstacle(self, directory: Path) -> Path | None:
        """What stands in the file's way: a directory in its place, or a file in one of its directories'."""
        full = directory / self.path
        if full.is_dir():
            return full
        above = (directory / parent for parent in PurePosixPath(self.path).parents)
        return next((path for path in above if path.is_file()), None)
