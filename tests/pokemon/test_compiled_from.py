"""Whatever a kernel is compiled from is among the sources of its compiler: a file left out would leave old code in the cache."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from psro.machine import compiled
from psro.oracle.acting import kernels as acting
from psro.pokemon.arenas import engine_kernels
from psro.pokemon.engine import compiled as engine
from psro.pokemon.engine.sight import places
from psro.pokemon.heuristics import compiled as heuristics
from psro.pokemon.observations.records import compiled as observations
from tests.pokemon.compiled_from import files_of, kernels_of

ROOT = Path(compiled.__file__).parents[2]
COMPILERS = {
    "psro.oracle.acting": acting.COMPILER,
    "psro.pokemon.arenas": engine_kernels.COMPILER,
    "psro.pokemon.engine": engine.COMPILER,
    "psro.pokemon.engine.sight": places.COMPILER,
    "psro.pokemon.heuristics": heuristics.COMPILER,
    "psro.pokemon.observations.records": observations.COMPILER,
}
"""By the package whose kernels it compiles."""
KERNELS = {
    module: kernels
    for path in sorted((ROOT / "psro").rglob("*.py"))
    if (kernels := kernels_of(module := ".".join(path.relative_to(ROOT).with_suffix("").parts)))
}


@pytest.mark.parametrize("module", KERNELS)
def test_every_file_of_its_kernels_is_a_source(module: str) -> None:
    made_of = files_of(KERNELS[module]) | {Path(compiled.__file__)}
    missing = made_of - set(COMPILERS[module.rpartition(".")[0]].sources)
    assert not missing


def test_all_that_is_compiled_was_looked_at() -> None:
    assert {module.rpartition(".")[0] for module in KERNELS} == set(COMPILERS)
    of_the_engine = files_of(KERNELS["psro.pokemon.engine.kernels"])
    names = {path.name for path in of_the_engine}
    assert {"turn.py", "use_move.py", "rows.py", "prng.py", "tables.py", "rules.json"} <= names


def test_only_what_is_compiled_of_the_engine_is_a_source() -> None:
    """Who edits the audit or the battle log compiles nothing."""
    folder = Path(engine.__file__).parent
    compiled_of_it = {path.name for kernels in KERNELS.values() for path in files_of(kernels)} | {
        "compiled.py"
    }
    python = {path.name for path in folder.glob("*.py")}
    assert python - set(engine.NOT_COMPILED) <= compiled_of_it
    assert set(engine.NOT_COMPILED) <= python, "names a file that there is not"


def test_a_module_that_is_imported_from_is_followed(tmp_path: Path) -> None:
    """Constants through expressions and functions, attributes of modules, data; not annotations. In a project of its own."""
    package = tmp_path / "psro"
    package.mkdir()
    files = {
        "kernels.py": "from psro import far as f\nfrom psro.types import T\nfrom psro.rules import a_rule\n"
        "@COMPILER.kernel('void()')\ndef run(x: T) -> None:\n    a_rule(f.FAR)\n",
        "rules.py": "from psro.constants import DOUBLE\n@rule\ndef a_rule(x):\n    return x + DOUBLE\n",
        "constants.py": "from psro.sums import twice\nDOUBLE = twice(3)\n",
        "sums.py": "def twice(x):\n    return 2 * x\n",
        "far.py": "import json\nFAR = json.loads(open('numbers.json').read())\nUNUSED = 1\n",
        "types.py": "T = int\n",
        "unused.py": "X = 1\n",
        "__init__.py": "",
    }
    for name, text in files.items():
        (package / name).write_text(text)
    code = (
        "from compiled_from import files_of, kernels_of\n"
        "print(*sorted(path.name for path in files_of(kernels_of('psro.kernels'))))\n"
    )
    shutil.copyfile(Path(__file__).with_name("compiled_from.py"), tmp_path / "compiled_from.py")
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True,
    )  # fmt: skip
    wanted = "constants.py far.py kernels.py numbers.json rules.py sums.py"
    assert done.stdout.strip() == wanted, done.stderr
