"""The compiler's cache belongs to one version of the sources."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from psro.pokemon.engine import compiled, kernels


@pytest.fixture
def copied_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for source in Path(compiled.__file__).parent.glob("*.*"):
        shutil.copy(source, tmp_path)
    monkeypatch.setattr(compiled, "_HERE", tmp_path)
    return tmp_path


def test_an_edit_of_any_rule_gives_another_cache(copied_sources: Path) -> None:
    before = compiled.cache_folder()
    assert compiled.cache_folder() == before
    rule = copied_sources / "conditions.py"
    rule.write_text(rule.read_text() + "\n# edited\n")
    edited = compiled.cache_folder()
    assert edited != before
    rules = copied_sources / "rules.json"
    rules.write_text(rules.read_text() + "\n")
    assert compiled.cache_folder() not in (before, edited)


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
