"""Where a run computes: processors are told apart, and nothing heavy is imported for it."""

import subprocess
import sys

import pytest

from psro.machine import environment

X86 = """processor\t: 0
vendor_id\t: GenuineIntel
cpu family\t: 6
model\t\t: 143
model name\t: Intel(R) Xeon(R) Platinum 8481C CPU @ 2.70GHz
stepping\t: 8
flags\t\t: fpu sse4_2 avx fma avx2 avx512f amx_tile

processor\t: 1
cpu family\t: 6
model\t\t: 1
model name\t: another
flags\t\t: fpu
"""
ARM = """processor\t: 0
Features\t: fp asimd fphp asimddp sve i8mm bf16
CPU implementer\t: 0x41
CPU part\t: 0xd4f
"""


def test_an_intel_processor():
    assert environment.processor(X86) == {
        "processor": "Intel(R) Xeon(R) Platinum 8481C CPU @ 2.70GHz (family 6, model 143, stepping 8)",
        "instructions": "sse4_2 avx fma avx2 avx512f amx_tile",
    }


def test_an_arm_processor():
    found = environment.processor(ARM)
    assert found["processor"].endswith("(part 0xd4f)")
    assert found["instructions"] == "asimd asimddp fphp sve bf16 i8mm"


def test_without_proc_nothing_is_made_up():
    assert environment.processor("")["instructions"] == "unknown"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {"variables": "none"}),
        ({"MKL_CBWR": ""}, {"variables": "none"}),
        ({"HOME": "/root", "MKL_CBWR": "COMPATIBLE"}, {"variables": "MKL_CBWR=COMPATIBLE"}),
    ],
)
def test_variables_count_where_they_are_set(given, expected):
    assert environment.variables(given) == expected


def test_here_names_this_machine_and_the_packages():
    found = environment.here(("numpy", "torch"))
    assert found["python"].startswith(f"{sys.version_info.major}.{sys.version_info.minor}.")
    assert {"numpy", "torch", "machine", "libc", "processor", "instructions"} <= found.keys()
    assert all(isinstance(value, str) and value for value in found.values())


def test_torch_is_not_imported_for_its_version():
    script = (
        "import sys; from psro.machine import environment; environment.here(('torch', 'lightning'))\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
