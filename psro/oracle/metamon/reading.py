"""A checkpoint's file → a state dict. Nothing in the file is executed."""

import pickle
from pathlib import Path

import torch
from torch import Tensor

from psro.machine.errors import UserError


def read_state(path: Path) -> dict[str, Tensor]:
    """The tensors by key, on the CPU, in float32 where they are any float.

    Raises: UserError where the file is missing, truncated, holds more than tensors (which could run code), or is no state
    dict.
    """
    try:
        held = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise UserError(f"checkpoint {path} does not exist") from None
    except pickle.UnpicklingError as error:
        if path.stat().st_size and "Weights only load failed" in str(error):
            raise UserError(
                f"checkpoint {path} holds more than tensors, which could run code: it is refused. metamon's "
                "policy_epoch_<n>.pt hold tensors alone"
            ) from None
        raise _torn(path, error) from None
    except (RuntimeError, EOFError, OSError, ValueError) as error:
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


def _torn(path: Path, error: Exception) -> UserError:
    reason = (str(error).splitlines() or ["?"])[0][:120]
    return UserError(
        f"checkpoint {path} ({path.stat().st_size} bytes) is truncated or no checkpoint ({reason}); get the file anew"
    )
