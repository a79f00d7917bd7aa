"""The engine's compiler: its cache belongs to the package's sources and its rules' tables."""

from pathlib import Path

from psro.pokemon.compiled import Compiler, rule

__all__ = ["COMPILER", "SOURCES", "kernel", "rule"]

_HERE = Path(__file__).parent
SOURCES = [*sorted(_HERE.glob("*.py")), _HERE / "rules.json", _HERE.parent / "compiled.py"]
COMPILER = Compiler("engine", SOURCES)
kernel = COMPILER.kernel
