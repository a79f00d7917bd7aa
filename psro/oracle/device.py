"""Where tensors are computed, and what of it the bits depend on."""

import re
from pathlib import Path

import torch

from psro.machine.errors import UserError

DRIVER = Path("/proc/driver/nvidia/version")


def choose_device(name: str) -> torch.device:
    """The device that `oracle.device` names. Raises UserError for cuda where there is none."""
    available = torch.cuda.is_available()
    if name == "cuda" and not available:
        raise UserError(
            "oracle.device is cuda, but torch finds no CUDA device; set it to cpu or auto"
        )
    return torch.device("cuda", 0) if available and name != "cpu" else torch.device("cpu")


def described(name: str) -> dict[str, str]:
    """torch's instruction set and the device that `oracle.device` comes to; of a GPU its driver and libraries too."""
    device = choose_device(name)
    found = {"torch instructions": torch.backends.cpu.get_cpu_capability(), "device": device.type}
    if device.type == "cuda":
        found |= {
            "device": torch.cuda.get_device_name(device),
            "compute capability": ".".join(map(str, torch.cuda.get_device_capability(device))),
            "cuda": str(torch.version.cuda),
            "cudnn": str(torch.backends.cudnn.version()),
            "gpu driver": driver_version(DRIVER.read_text() if DRIVER.exists() else ""),
        }
    return found


def driver_version(text: str) -> str:
    """`550.54.15` from the text of /proc/driver/nvidia/version; `unknown` where it is not said."""
    match = re.search(r"NVRM version:.*?\s(\d+\.\d[\d.]*)\s", text)
    return match[1] if match else "unknown"
