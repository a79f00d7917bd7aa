"""The config is typed and closed: what is wrong is said with its key, and nothing slips past."""

from pathlib import Path
from typing import Any

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from psro import wiring
from psro.config import Config, parse_config, semantic_fields, to_plain
from psro.machine.errors import UserError
from psro.main import CONF
from psro.pokemon.server import check
from psro.wiring import checks

EXPERIMENTS = sorted(path.stem for path in (CONF / "experiment").glob("*.yaml"))


def composed(*overrides: str) -> Config:
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return parse_config(compose("config", list(overrides)), wiring.SCHEMAS)


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_every_experiment_composes_and_is_accepted(
    experiment: str, request: pytest.FixtureRequest
) -> None:
    if "metamon" in experiment:
        request.getfixturevalue("stand_ins")
    config = composed(f"+experiment={experiment}")
    assert config.name == experiment
    wiring.check_config(config)


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_a_config_survives_its_file(experiment: str) -> None:
    config = composed(f"+experiment={experiment}")
    assert parse_config(to_plain(config), wiring.SCHEMAS) == config


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["+psro.num_iteration=3"], r"psro\.num_iteration.*did you mean psro\.num_iterations"),
        (["+oracle.respons.beta=1"], r"no key oracle\.respons.*did you mean oracle\.response"),
        (["++oracle.response.betta=1"], r"no key oracle\.response\.betta"),
        (["psro.rounds=many"], r"psro\.rounds"),
        (["psro.start=there"], r"psro\.start: no choice 'there'.*base.*strongest"),
        (["psro.base=nobody"], r"psro\.base: no 'nobody'; choose one of: .*base_clone"),
        (["psro.base=null"], r"psro\.base is null"),
        (["model@oracle.model=mlp", "oracle.model.kind=cnn"], r"cnn.*mlp"),
        (["game.name=chess"], r"game\.name is 'chess'; choose one of disc, gen1ou, matrix"),
        (["oracle.view=smell"], r"oracle\.view.*'smell'.*structured"),
        (
            ["executor.name=pbs"],
            r"executor\.name: no 'pbs'; choose one of: serial, processes, slurm",
        ),
        (["meta_solver.name=magic"], r"meta_solver\.name"),
        (["meta_solver.backend=magic"], r"meta_solver.*magic"),
        (["meta_solver=uniform", "+meta_solver.backend=highs"], r"no key meta_solver\.backend"),
        (["meta_solver=alpha_rank", "meta_solver.noise=1"], r"meta_solver\.noise is 1"),
        (["certificate.showcase=[nobody]"], r"certificate\.showcase: no 'nobody'.*gym_leader"),
        (["+population.members.x.kind=nobody"], r"policy x: kind: no 'nobody'.*gym_leader"),
        (["game.teams.name=/no/such/place"], r"/no/such/place"),
        (
            ["oracle.response.weighting=lookahead", "arena=simulator"],
            r"oracle\.response\.weighting: lookahead .*arena=engine.*exponential",
        ),
        (
            ["model@oracle.model=transformer_tiny"],
            r"oracle\.response\.weighting: lookahead .*model=mlp.*not transformer_tiny",
        ),
        (["psro.anchor=true"], r"psro\.anchor is True.*anchor_coefficient.*set both"),
        (["oracle.response.anchor_coefficient=0.1"], r"psro\.anchor is False.*set both"),
        (["+population.members.learner.kind=random"], r"name 'learner' cannot be used"),
        (["+population.members.br_1.kind=random"], r"name 'br_1' cannot be used"),
        (["certificate.rounds=0"], r"certificate\.rounds is 0.*at least 1"),
        (["psro.battles_per_unit=0"], r"psro\.battles_per_unit"),
        (["psro.collect.epsilon=3"], r"psro\.collect\.epsilon"),
        (["tournament.temperature=-1"], r"tournament\.temperature"),
        (["tournament.allocation=greedy"], r"no choice 'greedy'.*equal.*adaptive"),
        (["tournament.batch=0"], r"tournament\.batch is 0"),
        (
            ["tournament.allocation=equal", "tournament.wanted_half_width=0.02"],
            r"wanted_half_width needs tournament\.allocation=adaptive",
        ),
        (
            ["tournament.allocation=adaptive", "tournament.wanted_half_width=2"],
            r"wanted_half_width is 2; it must be in",
        ),
        (["psro.num_iterations=-1"], r"psro\.num_iterations"),
        (["psro.measure_battles=4"], r"psro\.measure_battles must be at least 10"),
        (["population.replay.num_battles=0"], r"population\.replay\.num_battles"),
        (["oracle.cloning.reward_scale=2"], r"oracle\.cloning\.reward_scale must equal"),
        (
            ["population=heuristics", "psro.base=null"],
            r"psro\.base is null.*certificate\.enabled=false",
        ),
        (["debug.log_level=debug"], r"debug\.log_level"),
        (["executor.hang_s=5"], r"executor\.hang_s is 5; at least 30 seconds.*0 for never"),
        (["executor.drain_s=-1"], r"executor\.drain_s is -1"),
        (["executor.num_workers=0"], r"executor\.num_workers is 0, but must be at least 1"),
        (["runs_directory="], r"runs_directory is empty"),
        (
            ["game.reward.name=potential", "+game.reward.arguments.gamma=0.9"],
            r"gamma 0\.9 must equal oracle\.response\.discount",
        ),
    ],
)
def test_what_is_wrong_is_named(overrides: list[str], message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        wiring.check_config(composed("+experiment=phase1", *overrides))
    assert "\n" not in str(caught.value)


def test_what_takes_no_game_is_refused_before_one_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gen 1's compiles for a minute the first time."""
    monkeypatch.setattr(checks, "make_game", lambda _: pytest.fail("a game was made"))
    for overrides in (["psro.base=nobody"], ["psro.measure_battles=4"], ["executor.name=pbs"]):
        with pytest.raises(UserError):
            wiring.check_config(composed("+experiment=phase1", *overrides))


@pytest.mark.parametrize(
    ("bots", "overrides", "message"),
    [
        (["one"], [], None),
        (
            ["one", "two"],
            [],
            "population.members: one, two are all remote, .*; keep one of them",
        ),
        (
            ["one"],
            ["population.replay.policies=[one]", "population.replay.weights=[]"],
            "population.replay.policies: one is remote, .* cannot be recorded, .*; take it out",
        ),
    ],
)
def test_remote_members_that_cannot_be_played_or_recorded_are_refused(
    bots: list[str], overrides: list[str], message: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    # No server need be there to tell.
    monkeypatch.setattr(check, "check_server", lambda *_: None)
    given = [
        f"+population.members.{b}={{kind: remote, arguments: {{username: {b}}}}}" for b in bots
    ]
    config = composed("+experiment=phase1", "game.server.address=127.0.0.1:1", *given, *overrides)
    if message is None:
        wiring.check_config(config)
        return
    with pytest.raises(UserError, match=message) as caught:
        wiring.check_config(config)
    assert "\n" not in str(caught.value)


def test_an_oracle_that_does_not_fit_the_game_is_refused() -> None:
    with pytest.raises(
        UserError,
        match=r"oracle=exact needs a game that knows its best responses: matrix and its kin, poker",
    ):
        wiring.check_config(composed("+experiment=phase0", "oracle=exact", "~model@oracle.model"))


@pytest.mark.parametrize("overrides", [*([e] for e in EXPERIMENTS), ["rps", "executor=slurm"]])
def test_every_field_can_be_overridden_without_a_plus(overrides: list[str]) -> None:
    experiment, *others = overrides
    with initialize_config_dir(str(CONF), version_base="1.3"):
        raw = compose("config", [f"+experiment={experiment}", *others])
    plain: Any = OmegaConf.to_container(raw)
    filled = to_plain(parse_config(raw, wiring.SCHEMAS))
    if not others:
        del filled["executor"]["slurm"]  # of executor=slurm alone
    for section, values in filled.items():
        if section == "replay_data":
            assert values is None, "it is added, as a whole"
        elif section != "population":
            assert keys(plain[section]) == keys(values), section


def keys(value: Any) -> Any:
    return {key: keys(item) for key, item in value.items()} if isinstance(value, dict) else None


def test_workers_device_and_place_are_operational_the_rest_is_semantic() -> None:
    base = semantic_fields(composed("+experiment=phase1"))
    same = composed(
        "+experiment=phase1", "executor=serial", "oracle.device=cpu", "name=x", "runs_directory=/y"
    )
    assert semantic_fields(same) == base
    other = semantic_fields(composed("+experiment=phase1", "oracle.response.beta=0.5"))
    assert {key for key in base if base[key] != other[key]} == {"oracle.response.beta"}


def test_the_run_directory_is_named_by_name_and_seed(tmp_path: Path) -> None:
    config: Any = composed("+experiment=rps", "name=mine", "seed=7", f"runs_directory={tmp_path}")
    assert wiring.run_directory(config) == tmp_path / "mine" / "seed_7"
