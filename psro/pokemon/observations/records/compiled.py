"""How a kernel is compiled: ahead of its first call, without the GIL, cached by a hash of the sources.

numba's own cache looks at the file of the function alone: an edit in a function that it calls, or in a constant that is
compiled in, would go unnoticed. The cache lies therefore in a directory named after all sources of psro.pokemon.
"""

import hashlib
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numba

import psro.pokemon

F = TypeVar("F", bound=Callable[..., Any])


@cache
def cache_directory() -> str:
    """Where compiled kernels are kept: under NUMBA_CACHE_DIR, or ~/.cache/psro."""
    sources = Path(psro.pokemon.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(sources.rglob("*.py")):
        digest.update(str(path.relative_to(sources)).encode())
        digest.update(path.read_bytes())
    root = os.environ.get("NUMBA_CACHE_DIR") or Path.home() / ".cache" / "psro"
    return str(Path(root) / f"kernels-{digest.hexdigest()[:16]}")


def kernel(signature: str, *, inline: bool = False) -> Callable[[F], F]:
    """Compiles a function for one signature. `inline`: into its callers, always; worth it for the smallest ones."""

    def compile_(function: F) -> F:
        configured = numba.config.CACHE_DIR
        numba.config.CACHE_DIR = cache_directory()
        try:
            compiled: F = numba.njit(
                signature, nogil=True, cache=True, error_model="numpy", forceinline=inline
            )(function)
        finally:
            numba.config.CACHE_DIR = configured
        return compiled

    return compile_
