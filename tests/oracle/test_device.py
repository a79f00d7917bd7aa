"""The device by its name, and what is said of it."""

import pytest
import torch

from psro.machine.errors import UserError
from psro.oracle.device import choose_device, described, driver_version


def test_the_cpu_is_described_with_torch_s_instruction_set():
    assert described("cpu") == {
        "torch instructions": torch.backends.cpu.get_cpu_capability(),
        "device": "cpu",
    }


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_a_gpu_that_is_not_there_is_an_error():
    with pytest.raises(UserError, match="no CUDA device"):
        choose_device("cuda")
    assert described("auto")["device"] == "cpu"


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_is_described_with_its_driver():
    found = described("cuda")
    assert found["device"] == torch.cuda.get_device_name(0)
    assert {"cuda", "cudnn", "gpu driver", "compute capability"} <= found.keys()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5 22:23:56 UTC 2024\n"
            "GCC version:  gcc version 12.2.0 (Debian 12.2.0-14)\n",
            "550.54.15",
        ),
        (
            "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.124.06  Release Build\n",
            "570.124.06",
        ),
        ("", "unknown"),
    ],
)
def test_the_driver_s_version_is_read_from_proc(text, expected):
    assert driver_version(text) == expected
