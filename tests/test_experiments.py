"""Every experiment runs through all its phases; budgets are cut to a few battles, the rest is as configured."""

from pathlib import Path

import orjson
import pytest

from psro import wiring
from psro.config import Config
from psro.game.battles import Job
from psro.machine.seeds import seed_from
from psro.phases.workbench import PlayMode
from tests.oracle.metamon.stand_in import StandIns
from tests.phases.conftest import drive_config
from tests.test_config import composed

TINY = (
    "executor=serial",
    "game.arena.lanes=12",
    "population.replay.num_battles=12",
    "psro.collect.num_battles=8",
    "psro.collect.battles_per_unit=8",
    "psro.rounds=1",
    "psro.num_iterations=1",
    "psro.select_battles=6",
    "psro.measure_battles=6",
    "psro.battles_per_unit=6",
    "tournament.battles_per_matchup=4",
    "certificate.rounds=1",
    "certificate.measure_battles=6",
    "certificate.showcase=[]",
    "oracle.cloning.joint_epochs=1",
    "oracle.cloning.candidates=[1]",
    "oracle.threads=1",
)


def tiny(experiment: str, *overrides: str) -> Config:
    config = composed(f"+experiment={experiment}", *TINY, *overrides)
    for base in config.population.base:
        base.num_battles = min(base.num_battles, 8)
    return config


@pytest.mark.parametrize("experiment", ["phase1", "phase1_seed"])
def test_the_experiment_ends_with_a_certificate(tmp_path: Path, experiment: str) -> None:
    drive_config(tiny(experiment), tmp_path)
    summary = orjson.loads((tmp_path / "psro_summary.json").read_bytes())
    assert summary["iterations"][1]["response"]["best_response_gain"]["num_battles"] >= 6
    assert summary["certificate"]["sigma_of"] == "iteration_1"


def test_phase1_metamon_trains_on_from_a_checkpoint(tmp_path: Path, stand_ins: StandIns) -> None:
    budgets = [one for one in TINY if "oracle.cloning" not in one]
    config = composed("+experiment=phase1_metamon", *budgets, *stand_ins.overrides)
    drive_config(config, tmp_path)
    summary = orjson.loads((tmp_path / "psro_summary.json").read_bytes())
    assert "SyntheticRLV1_SelfPlay" in summary["iterations"][0]["population"]
    assert summary["iterations"][1]["response"]["best_response_gain"]["num_battles"] >= 6
    response = orjson.loads((tmp_path / "population/br_1/policy.json").read_bytes())
    assert response["kind"] == "metamon"
    assert response["provenance"]["start"] == "SyntheticRLV2"
    mixture = orjson.loads((tmp_path / "population/nash_1/policy.json").read_bytes())
    assert mixture["kind"] == "mixture"


def test_phase0_ends_with_its_tournament(tmp_path: Path) -> None:
    drive_config(tiny("phase0", "psro.num_iterations=0"), tmp_path)
    summary = orjson.loads((tmp_path / "psro_summary.json").read_bytes())
    assert len(summary["iterations"][0]["population"]) == 5
    assert summary["certificate"] is None


def test_kuhn_is_learned_from_sampled_hands(tmp_path: Path) -> None:
    config = composed(
        "+experiment=kuhn_learned",
        "population.replay.num_battles=60",
        "psro.num_iterations=1",
        "psro.rounds=1",
        "psro.collect.num_battles=60",
        "psro.select_battles=20",
        "psro.measure_battles=40",
        "tournament.battles_per_matchup=40",
        "certificate.enabled=false",
        "oracle.response.critic_epochs=1",
        "oracle.response.joint_epochs=1",
        "oracle.response.candidates=[2]",
    )
    drive_config(config, tmp_path)
    summary = orjson.loads((tmp_path / "psro_summary.json").read_bytes())
    response = summary["iterations"][1]["response"]
    assert response["best_response_gain"]["num_battles"] == 40
    # Chips are no wins and losses: a hand is one of these with the chance that its chips say.
    table = orjson.loads((tmp_path / "iteration_1/interaction_matrix.json").read_bytes())
    # An adaptive tournament: each pair an equal share of the first pass, and no more than 40 on average.
    assert all(cell["ties"] == 0 and cell["wins"] + cell["losses"] >= 8 for cell in table["cells"])
    assert sum(cell["wins"] + cell["losses"] for cell in table["cells"]) <= 40 * 3


def test_a_transformer_beats_random_and_completes_an_iteration(tmp_path: Path) -> None:
    config = tiny(
        "phase1",
        "model@oracle.model=transformer_tiny",
        "oracle.response.weighting=exponential",
        "population.replay.num_battles=150",
        "population.base=[{name: base_clone, stage: cloning}]",
        "psro.base=base_clone",
        "oracle.cloning.joint_epochs=3",
        "oracle.cloning.candidates=[3]",
        "oracle.cloning.batch_size=128",
    )
    drive_config(config, tmp_path)
    assert (tmp_path / "population/br_1/weights.safetensors").is_file()
    assert wins_against_random(config, tmp_path, "base_clone", num_battles=40) >= 30


def wins_against_random(config: Config, directory: Path, name: str, num_battles: int) -> int:
    """How many battles a policy of the run wins, greedy, against the random policy."""
    bench = wiring.make_workbench(config, directory)
    policies = {
        name: bench.policy(f"population/{name}", PlayMode()),
        "random": bench.game.make_policy("random", "random", {}),
    }
    jobs = [Job(seed_from("test", i), (name, "random")) for i in range(num_battles)]
    try:
        played = bench.arena.play(jobs, policies, bench.oracle.view, lambda *_: None, lambda: False)
    finally:
        bench.close()
    return sum(outcome.score == 1 for outcome in played.outcomes)
