"""Where compiled code is kept, and what is said when it cannot be."""

from pathlib import Path
from threading import Thread

import pytest

from psro.machine import compiled
from psro.machine.compiled import Compiler
from psro.machine.errors import UserError
from psro.pokemon.arenas import engine_kernels
from psro.pokemon.engine.sight import places
from psro.pokemon.observations import facts, layout


def identity(number: int) -> int:
    return number


def test_a_cache_that_cannot_be_written_names_the_folder_and_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "psro").write_text("in the way")
    monkeypatch.setenv("PSRO_ENGINE_CACHE", str(tmp_path))
    with pytest.raises(UserError, match=rf"{tmp_path}/psro/it/.*set PSRO_ENGINE_CACHE"):
        Compiler("it", []).kernel("int64(int64)")(identity)


@pytest.mark.parametrize("kind", ["nbi", "nbc"])
def test_a_cache_cut_off_is_told_of(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PSRO_ENGINE_CACHE", str(tmp_path))
    compiler = Compiler("it", [])
    assert compiler.kernel("int64(int64)")(identity)(3) == 3
    (file,) = compiler.cache_folder.rglob(f"*.{kind}")
    file.write_bytes(file.read_bytes()[:10])
    with pytest.raises(UserError, match=rf"{compiler.cache_folder} is damaged.*delete"):
        compiler.kernel("int64(int64)")(identity)


def test_another_checkout_that_compiles_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PSRO_ENGINE_CACHE", str(tmp_path))
    ours, theirs = Compiler("it", []), Compiler("it", [])
    done = Thread(target=lambda: ours.kernel("int64(int64)")(identity), daemon=True)
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(compiled, "__file__", "/elsewhere/psro/pokemon/compiled.py")
        held = theirs._alone()
        held.__enter__()
    done.start()
    done.join(timeout=60)
    assert not done.is_alive()
    held.__exit__(None, None, None)


@pytest.mark.parametrize("compiler", [places.COMPILER, engine_kernels.COMPILER])
def test_what_records_are_made_of_is_a_source_of_the_kernels_that_write_and_read_them(
    compiler: Compiler,
) -> None:
    wanted = {Path(facts.__file__), Path(layout.__file__)}
    wanted |= {Path(facts.__file__).with_name("gen1.json")}
    assert wanted <= set(compiler.sources)
