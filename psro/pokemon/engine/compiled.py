"""The engine's compiler: its cache belongs to the package's sources and its rules' tables."""

from pathlib import Path

from psro.machine import compiled
from psro.machine.compiled import Compiler, rule

__all__ = ["COMPILER", "SOURCES", "kernel", "rule"]

_HERE = Path(__file__).parent
NOT_COMPILED = ("__init__.py", "audit.py", "battle_log.py", "dump.py", "teams.py")
"""Of this package, but nothing of them is in a kernel (tests/pokemon/test_compiled_from.py): editing them compiles nothing."""
SOURCES = [
    *sorted(path for path in _HERE.glob("*.py") if path.name not in NOT_COMPILED),
    *(_HERE / "rules.json", Path(compiled.__file__)),
]
COMPILER = Compiler("engine", SOURCES)
kernel = COMPILER.kernel
