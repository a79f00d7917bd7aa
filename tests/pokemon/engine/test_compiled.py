"""The compiler's cache belongs to one version of the sources."""

import subprocess
import sys
from pathlib import Path

import pytest

from psro.machine.compiled import Compiler
from psro.pokemon.engine import kernels
from psro.pokemon.engine.compiled import COMPILER
from psro.pokemon.engine.places import side_at


def test_an_edit_of_any_source_gives_another_cache(tmp_path: Path) -> None:
    sources = [tmp_path / "rules.py", tmp_path / "tables.json"]
    for path in sources:
        path.write_text("1")
    before = Compiler("engine", sources).cache_folder
    assert Compiler("engine", sources).cache_folder == before
    folders = {before}
    for path in sources:
        path.write_text("2")
        folders.add(Compiler("engine", sources).cache_folder)
    assert len(folders) == 3
    assert {folder.parent for folder in folders} == {COMPILER.cache_folder.parent}


def test_a_second_process_compiles_nothing() -> None:
    # This process has compiled the kernels, or loaded them: they are in the cache now.
    assert kernels.step is not None
    script = (
        "from psro.pokemon.engine import kernels\n"
        "import psro.pokemon.engine.turn as turn\n"
        "print(sum(kernels.step.stats.cache_hits.values()), len(turn.play_turn.signatures))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["1", "0"]


def test_python_is_told_that_it_cannot_call_a_rule() -> None:
    with pytest.raises(TypeError, match="side_at is a rule: call it from a kernel"):
        side_at(1)
