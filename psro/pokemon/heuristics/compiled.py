"""The compiler of the heuristics' kernels: made of their own sources, of the rules' constants, and of the observations' kernels."""

from pathlib import Path

from psro.machine.compiled import Compiler, rule
from psro.pokemon.observations.records.compiled import SOURCES, whole

__all__ = ["COMPILER", "kernel", "rule", "whole"]

COMPILER = Compiler("heuristics", [*SOURCES, *sorted(Path(__file__).parent.rglob("*.py"))])
kernel = COMPILER.kernel
