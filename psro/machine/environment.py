"""What bits may depend on besides config and code, as far as it can be told without the game or the oracle.

Equal inputs give equal bits where all of this is equal; elsewhere they may differ in the last digits,
which battles and training then carry on. docs/reliability.md says more.
"""

import os
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

_INSTRUCTIONS = (
    "sse4_2", "avx", "f16c", "fma", "avx2", "avx512f", "avx512bw", "avx512vl", "avx512dq",
    "avx512_vnni", "avx512_bf16", "avx512_fp16", "amx_tile",
    "asimd", "asimddp", "fphp", "sve", "sve2", "bf16", "i8mm",
)  # fmt: skip
"""Of the processor's, those that numpy, torch and their BLAS choose their kernels by (x86, then ARM)."""
_VARIABLES = (
    "ATEN_CPU_CAPABILITY", "MKL_CBWR", "MKL_ENABLE_INSTRUCTIONS", "ONEDNN_MAX_CPU_ISA",
    "DNNL_MAX_CPU_ISA", "OPENBLAS_CORETYPE", "NPY_DISABLE_CPU_FEATURES",
    "NPY_ENABLE_CPU_FEATURES", "CUBLAS_WORKSPACE_CONFIG", "NVIDIA_TF32_OVERRIDE",
)  # fmt: skip
"""Of the environment's, those that make these libraries choose otherwise."""
_CPUINFO = Path("/proc/cpuinfo")


def here(packages: Sequence[str]) -> dict[str, str]:
    """Python, the C library, `packages`, the processor, and variables that change its kernels, by name."""
    cpuinfo = _CPUINFO.read_text() if _CPUINFO.exists() else ""
    return {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "libc": " ".join(platform.libc_ver()).strip() or platform.system(),
        **{package: version(package) for package in packages},
        **processor(cpuinfo),
        **variables(os.environ),
    }


def processor(cpuinfo: str) -> dict[str, str]:
    """Model and instruction sets from the text of /proc/cpuinfo; what `platform` knows where there is none."""
    fields: dict[str, str] = {}
    for line in cpuinfo.splitlines():
        name, _, value = line.partition(":")
        fields.setdefault(name.strip(), value.strip())  # the first processor's
    # A virtual machine may call every processor by one name; the numbers tell them apart.
    numbers = [
        f"{name} {fields[key]}"
        for name, key in (("family", "cpu family"), ("model", "model"), ("stepping", "stepping"),
                          ("part", "CPU part"))
        if key in fields
    ]  # fmt: skip
    model = fields.get("model name") or platform.processor() or "unknown"
    flags = set((fields.get("flags") or fields.get("Features") or "").split())
    return {
        "processor": f"{model} ({', '.join(numbers)})" if numbers else model,
        "instructions": " ".join(name for name in _INSTRUCTIONS if name in flags) or "unknown",
    }


def variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Those that are set; `none` if none is."""
    set_ones = [f"{name}={environment[name]}" for name in _VARIABLES if environment.get(name)]
    return {"variables": " ".join(set_ones) or "none"}
