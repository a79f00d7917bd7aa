"""A checkpoint's file → a state dict. Nothing in the file is executed."""

import pickle
import struct
import zipfile
from pathlib import Path

import torch
from torch import Tensor

from psro.machine.errors import UserError

_ZIP, _PICKLE = b"PK\x03\x04", b"\x80"
"""How files of torch.save begin: as it writes them, and as it did before torch 1.6."""


def read_state(path: Path) -> dict[str, Tensor]:
    """The tensors by key, on the CPU, in float32 where they are any float.

    Raises: UserError where the file is missing, truncated, no file of torch's, holds more than tensors (which could run code), or
    is no state dict.
    """
    _require_whole(path)
    try:
        held = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if "Weights only load failed" not in str(error):
            raise _torn(path, error) from None
        raise UserError(
            f"checkpoint {path} holds more than tensors, which could run code: it is refused. metamon's "
            "policy_epoch_<n>.pt hold tensors alone"
        ) from None
    except (RuntimeError, EOFError, OSError, ValueError, LookupError, struct.error) as error:
        raise _torn(path, error) from None
    if not isinstance(held, dict) or not all(
        isinstance(key, str) and isinstance(value, Tensor) for key, value in held.items()
    ):
        raise UserError(
            f"checkpoint {path} is no state dict (tensors by name); metamon's are named policy_epoch_<n>.pt"
        )
    return {
        key: value.float() if value.is_floating_point() else value for key, value in held.items()
    }


def _require_whole(path: Path) -> None:
    """Raises UserError for what torch would call a file of code, an invalid argument, or nothing at all."""
    try:
        with path.open("rb") as file:
            start = file.read(40)
    except FileNotFoundError:
        raise UserError(f"checkpoint {path} does not exist") from None
    except OSError as error:
        raise UserError(f"checkpoint {path} cannot be read: {error.strerror}") from None
    size = path.stat().st_size
    if not size:
        raise UserError(f"checkpoint {path} is empty; get the file anew")
    if start.startswith(_ZIP):
        # Its directory is its end.
        if not zipfile.is_zipfile(path):
            raise UserError(
                f"checkpoint {path} is truncated: it begins as a checkpoint does, and its end is missing ({size:,} bytes are there); "
                "get the file anew"
            )
    elif not start.startswith(_PICKLE):
        raise UserError(
            f"checkpoint {path} ({size:,} bytes) is no file of torch.save: it begins with {start!r}, as of a page or a pointer that was "
            "saved in its place; get the file anew"
        )


def _torn(path: Path, error: Exception) -> UserError:
    told = (str(error).splitlines() or [""])[0].split(". ")[0]
    reason = f": torch says {told!r}" if told else ""
    return UserError(
        f"checkpoint {path} ({path.stat().st_size:,} bytes) is damaged or truncated{reason}; get the file anew"
    )
