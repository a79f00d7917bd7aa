"""How kernels are compiled: by numba, once per version of the sources, and loaded from a cache after that.

numba's own cache notices an edit in a function's own file only, not in a function that it calls or in a constant that is compiled
in. So the cache lies in a folder named after a hash of all sources that a kernel is made of (and of numba's version). The tables are
arguments and not compiled in: gen1.json need not be hashed. psro/pokemon/engine/compiled.py does the same for the engine.
"""

import hashlib
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
import numba.core.config

Function = TypeVar("Function", bound=Callable[..., object])

_OBSERVATIONS = Path(__file__).parents[1]
_POKEMON = _OBSERVATIONS.parent
# numba sets this module's attributes when it is imported, where mypy does not see them.
numba_config: Any = numba.core.config


def _sources() -> list[Path]:
    """The observations, and the modules whose constants they compile in."""
    return [
        *sorted(_OBSERVATIONS.rglob("*.py")),
        _POKEMON / "damage.py",
        _POKEMON / "gen1_battle.py",
    ]


@cache
def cache_folder() -> Path:
    """Where compiled code is kept: under `$PSRO_ENGINE_CACHE`, or the user's cache folder, by sources."""
    digest = hashlib.sha256(numba.__version__.encode())
    for path in _sources():
        digest.update(str(path.relative_to(_POKEMON)).encode() + b"\0" + path.read_bytes() + b"\0")
    base = os.environ.get("PSRO_ENGINE_CACHE")
    root = Path(base) if base else Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser()
    return root / "psro" / "observations" / digest.hexdigest()[:16]


def rule(function: Function) -> Function:
    """A function compiled into the kernels that call it, never loaded by itself."""
    return cast(Function, numba.njit(nogil=True, error_model="numpy")(function))


def kernel(signature: str) -> Callable[[Function], Function]:
    """A function that Python calls, with numba's signature: compiled when its module is first imported, then cached."""

    def compile_now(function: Function) -> Function:
        before = numba_config.CACHE_DIR
        numba_config.CACHE_DIR = str(cache_folder())
        try:
            compiled = numba.njit(signature, nogil=True, error_model="numpy", cache=True)(function)
        finally:
            numba_config.CACHE_DIR = before
        return cast(Function, compiled)

    return compile_now
