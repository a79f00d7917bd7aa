"""How many battles Showdown was asked about is counted from the units' times, and said where a user looks."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from psro.machine.units import Progress, Unit
from psro.report.audited import Audited, audited
from psro.report.timings import TimingListener, read_timings

ENGINE = {"game.arena.name": "engine", "game.arena.audit_fraction": 0.001}
AT = SimpleNamespace(to_json=lambda: {"phase": "COLLECT", "iteration": 1, "round": 0})


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Three units; the last words of each before its commit count, and a unit of a run without an audit has none."""
    listener = TimingListener(tmp_path)
    listener.on_phase(AT)  # type: ignore[arg-type]
    for key, told in (
        ("a", {"audited": 2.0}),
        ("b", {"audited": 1.0, "unaudited": 4.0}),
        ("c", {}),
    ):
        unit = Unit(key, "collect", {}, f"{key}.json")
        listener.on_progress(unit, Progress(5, 10, "battles", {"audited": 1.0}))
        listener.on_progress(unit, Progress(10, 10, "battles", told))
        record = SimpleNamespace(unit=unit)
        listener.on_commit(record, 1.0)  # type: ignore[arg-type]
    return tmp_path


def test_units_are_summed_up(run: Path) -> None:
    assert audited(ENGINE, read_timings(run)) == Audited(3, 4)


@pytest.mark.parametrize(
    "config",
    [{}, ENGINE | {"game.arena.name": "simulator"}, ENGINE | {"game.arena.audit_fraction": 0.0}],
)
def test_nothing_is_said_where_nothing_is_audited(run: Path, config: dict[str, object]) -> None:
    assert audited(config, read_timings(run)) is None


@pytest.mark.parametrize(
    ("num_checked", "num_missed", "text"),
    [
        (0, 0, "no battle's turn has come yet"),
        (12, 0, "12 battles replayed in Showdown, no difference"),
        (0, 3, "OFF: 3 battles NOT COMPARED with Showdown (a worker found no Node 18"),
        (12, 1, "1 battle NOT COMPARED with Showdown (a worker found no Node 18"),
    ],
)
def test_in_words(num_checked: int, num_missed: int, text: str) -> None:
    assert Audited(num_checked, num_missed).text.startswith(text)


def test_times_of_before_the_audit_was_counted_are_read(run: Path) -> None:
    path = run / "timings.jsonl"
    old = path.read_text().replace(',"audited":2,"unaudited":0', "")
    assert old != path.read_text()
    path.write_text(old)
    assert audited(ENGINE, read_timings(run)) == Audited(1, 4)
