"""How the engine is compiled: by numba, once per version of the package's sources, and loaded from a cache after that.

numba's own cache notices an edit in a function's own file only, not in a function that it calls. So the cache lies in a folder
named after a hash of all sources (and of numba's version): an edit anywhere in the engine gives a new folder.
"""

import hashlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
import numba.core.config

Function = TypeVar("Function", bound=Callable[..., object])

_HERE = Path(__file__).parent
# numba sets this module's attributes when it is imported, where mypy does not see them.
numba_config: Any = numba.core.config


def sources_hash(more: Iterable[Path] = ()) -> str:
    """Sixteen hex digits that stand for every source of the engine's rules, for `more` and for the compiler's version."""
    digest = hashlib.sha256(numba.__version__.encode())
    for path in sorted([*_HERE.glob("*.py"), _HERE / "rules.json", *more]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def cache_folder(more: Iterable[Path] = ()) -> Path:
    """Where compiled code is kept: `$PSRO_ENGINE_CACHE`, or the user's cache folder, by sources."""
    base = os.environ.get("PSRO_ENGINE_CACHE")
    root = Path(base) if base else Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser()
    return root / "psro" / "engine" / sources_hash(more)


def rule(function: Function) -> Function:
    """A function of the rules: compiled into the kernels that call it, never loaded by itself."""
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
    # Python never calls a rule: without the wrappers for that, a sixth of the compiling is spared.
    options |= {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    return cast(Function, numba.njit(**options)(function))


def kernel(signature: str, more: Iterable[Path] = ()) -> Callable[[Function], Function]:
    """A function that Python calls, with numba's signature: compiled when its module is first imported, then cached.

    `more`: sources beside the engine's own that it is made of.
    """

    def compile_now(function: Function) -> Function:
        before = numba_config.CACHE_DIR
        numba_config.CACHE_DIR = str(cache_folder(more))
        try:
            compiled = numba.njit(signature, nogil=True, error_model="numpy", cache=True)(function)
        finally:
            numba_config.CACHE_DIR = before
        return cast(Function, compiled)

    return compile_now
