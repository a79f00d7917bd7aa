"""How kernels are compiled: by numba, once per version of their sources, and loaded from a cache after that.

numba's own cache notices an edit in a function's own file only, not in a function that it calls or in a constant that is
compiled in. So a package's cache lies in a folder named after a hash of all sources that its kernels are made of (and of numba's
version): an edit in any of them gives a new folder. Only kernels are cached: rules are compiled into them.

Of several processes that need a kernel first, one compiles it and the others wait for it.
"""

import fcntl
import hashlib
import logging
import os
import pickle
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
import numba.core.config
from numba import types
from numba.core.registry import CPUDispatcher

from psro.machine.errors import UserError

Function = TypeVar("Function", bound=Callable[..., object])

_LOGGER = logging.getLogger(__name__)

# numba sets this module's attributes when it is imported, where mypy does not see them.
numba_config: Any = numba.core.config


class Rule(CPUDispatcher):
    """A function that only compiled functions call. Python gets no entry to it, which spares a fifth of the compiling."""

    def get_call_template(self, args: Any, kws: Any) -> Any:
        """Compiled for a literal argument as for any other of its type: numba would once more for each. (LLVM sees them where it inlines.)"""
        plain = {name: types.unliteral(kind) for name, kind in kws.items()}
        return super().get_call_template(tuple(types.unliteral(kind) for kind in args), plain)

    def __call__(self, *args: Any, **kws: Any) -> Any:
        """Raises TypeError: numba would jump to an address that there is not."""
        raise TypeError(f"{self.py_func.__name__} is a rule: call it from a kernel")


def rule(function: Function) -> Function:
    """A function compiled into the kernels that call it, never loaded by itself."""
    options = {
        "nopython": True,
        "error_model": "numpy",
        "no_cpython_wrapper": True,
        "no_cfunc_wrapper": True,
    }
    return cast(Function, Rule(function, locals={}, targetoptions=options))


class Compiler:
    """Compiles one package's kernels. name: of its caches; sources: files that its kernels are made of."""

    def __init__(self, name: str, sources: Sequence[Path]) -> None:
        self._name = name
        self.sources = sources

    @cached_property
    def cache_folder(self) -> Path:
        """Where compiled code is kept: below `$PSRO_ENGINE_CACHE`, or the user's cache folder, by sources."""
        digest = hashlib.sha256(numba.__version__.encode())
        for path in self.sources:
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
        base = os.environ.get("PSRO_ENGINE_CACHE") or os.environ.get("XDG_CACHE_HOME", "~/.cache")
        return Path(base).expanduser() / "psro" / self._name / digest.hexdigest()[:16]

    def kernel(self, signature: str) -> Callable[[Function], Function]:
        """A function that Python calls, with numba's signature: compiled when its module is imported, then cached.

        That import raises UserError where the cache cannot be written, or holds what cannot be read.
        """

        def compile_now(function: Function) -> Function:
            before = numba_config.CACHE_DIR
            with self._alone():
                numba_config.CACHE_DIR = str(self.cache_folder)
                try:
                    compiled = numba.njit(signature, nogil=True, error_model="numpy", cache=True)(
                        function
                    )
                except (EOFError, pickle.UnpicklingError) as error:
                    # numba puts whole files in place; a machine that stopped may leave one cut off.
                    raise UserError(
                        f"compiled code in {self.cache_folder} is damaged ({error}); delete that folder"
                    ) from error
                finally:
                    numba_config.CACHE_DIR = before
            return cast(Function, compiled)

        return compile_now

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Holds the cache's lock; says so before the first kernel is compiled, which takes a while."""
        folder = self.cache_folder
        # A checkout of the same version elsewhere compiles for itself (numba tells sources by their path): nobody waits for it.
        checkout = hashlib.sha256(str(Path(__file__).resolve()).encode()).hexdigest()[:16]
        lock_file = folder / f"lock_{checkout}"
        if not folder.exists():
            _LOGGER.warning(
                "compiling %s, once for this version of the code: up to a minute; kept in %s",
                self._name,
                folder,
            )
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock_file.touch()
        except OSError as error:
            raise UserError(
                f"compiled code cannot be kept in {folder}: {error}; set PSRO_ENGINE_CACHE to a folder of your own"
            ) from error
        with open(lock_file, "wb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX)
            except OSError as error:
                # A file system without locks: then each process compiles for itself, and gets the same.
                _LOGGER.debug("no lock on %s: %s", folder, error)
            yield
