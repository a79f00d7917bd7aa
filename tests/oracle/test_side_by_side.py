"""With two threads the critic trains beside the actor: nothing of the result may tell."""

import threading
from dataclasses import replace
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import pytest

from psro.game.protocols import ShardSource
from psro.game.trajectories import Trajectories
from psro.machine.errors import Preempted, UserError
from psro.oracle import module
from psro.oracle.config import OracleConfig
from psro.oracle.offline import OfflineOracle
from tests.oracle.test_lookahead_training import looked_ahead
from tests.oracle.toy import SPEC, never, play, silent, small_config, small_model, task_in
from tests.oracle.toy import write_shard as write


def config(threads: int, **changes: object) -> OracleConfig:
    """Curves of single steps, an average, and a first epoch of the critic alone."""
    small = small_config(**({"ema_decay": 0.9, "targets": "lambda"} | changes))
    return replace(small, threads=threads, curve_every_steps=1)


def trained(directory: Path, settings: OracleConfig, shard: Path, stops: bool = False) -> dict:
    """What comes out, by name; with `stops` after a preemption in the middle."""
    task = task_in(directory, (ShardSource("collected", (shard,), 1.0),))
    oracle = OfflineOracle(settings, small_model(), SPEC)
    if stops:
        answers = chain(repeat(False, 40), [True])
        with pytest.raises(Preempted):
            oracle.train(task, silent, lambda: next(answers))
    oracle.train(task, silent, never)
    output = directory / "output"
    return {p.relative_to(output): p.read_bytes() for p in output.rglob("*") if p.is_file()}


@pytest.fixture(params=["exponential", "lookahead"])
def case(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path]:
    """A weighting that reads the critic's values and one that does not, each with data."""
    data: Trajectories = looked_ahead(seed=3) if request.param == "lookahead" else play(900, 3)
    return request.param, write(tmp_path / "shard", data)


@pytest.fixture
def beside(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The thread of every gradient that was computed on the side."""
    names: list[str] = []
    with_gradient = module._with_gradient

    def noted(*arguments: Any) -> Any:
        names.append(threading.current_thread().name)
        return with_gradient(*arguments)

    monkeypatch.setattr(module, "_with_gradient", noted)
    return names


def test_threads_are_nothing_to_the_result(
    case: tuple[str, Path], tmp_path: Path, beside: list[str]
) -> None:
    weighting, shard = case
    alone = trained(tmp_path / "alone", config(1, weighting=weighting), shard)
    assert not beside
    by_two = trained(tmp_path / "by_two", config(2, weighting=weighting), shard)
    assert beside
    assert threading.main_thread().name not in beside
    stopped = trained(tmp_path / "stopped", config(2, weighting=weighting), shard, stops=True)
    assert alone == by_two == stopped
    assert any(path.suffix == ".safetensors" for path in alone)


def test_a_critic_that_breaks_down_on_the_side_is_told(
    case: tuple[str, Path], tmp_path: Path, beside: list[str]
) -> None:
    weighting, shard = case
    # No epoch of the critic alone: there it is not on the side, and would break down first.
    broken = config(
        2,
        weighting=weighting,
        reward_scale=1e38,
        targets="monte_carlo",
        critic_epochs=0,
        candidates=[2],
    )
    with pytest.raises(UserError, match=r"is not finite\. Lower learning_rate_critic"):
        trained(tmp_path / "broken", broken, shard)
    assert len(beside) == 1
