"""A typo on the command line is answered with the nearest choices, and never with advice that is refused next."""

import pytest
from hydra import compose, initialize_config_dir
from hydra.errors import HydraException

from psro import overrides, wiring
from psro.config import parse_config
from psro.machine.errors import UserError
from psro.main import CONF


def answer(*given: str) -> str:
    """What a user reads who gives these overrides."""
    with initialize_config_dir(str(CONF), version_base="1.3"):
        try:
            parse_config(compose("config", list(given)), wiring.SCHEMAS)
        except HydraException as error:
            return " ".join(str(overrides.explain(error, wiring.SCHEMAS)).split())
        except UserError as error:
            return str(error)
    raise AssertionError(f"{given} was accepted")


@pytest.mark.parametrize("prefix", ["", "+", "++"])
@pytest.mark.parametrize(
    ("typo", "told"),
    [
        (
            "psro.num_iteratons=3",
            "config: no key psro.num_iteratons; did you mean psro.num_iterations? There are: anchor, base, ",
        ),
        (
            "oracle.response.betta=1",
            "config: no key oracle.response.betta; did you mean oracle.response.beta? There are: ",
        ),
        ("psro.qqq=1", "config: no key psro.qqq. There are: anchor, base, "),
        ("oracle.respons.beta=1", "config: no key oracle.respons; did you mean oracle.response?"),
        ("sed=1", "config: no key sed; did you mean seed? There are: certificate, debug, "),
    ],
)
def test_an_unknown_key_is_answered_alike_however_it_is_given(
    prefix: str, typo: str, told: str
) -> None:
    said = answer("+experiment=phase1", prefix + typo)
    assert said.startswith(told)
    assert "append" not in said
    assert "hydra" not in said


def test_a_key_given_without_its_section_is_found_in_it() -> None:
    said = answer("+experiment=rps", "num_iterations=5")
    assert "did you mean psro.num_iterations?" in said


def test_a_key_of_another_game_is_answered_with_those_of_the_chosen_one() -> None:
    said = answer("+experiment=rps", "game.lanes=3")
    assert said == "config: no key game.lanes. There are: actions, exact, name, scores"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (
            ["+experiment=phas1"],
            "config: no experiment 'phas1'; did you mean phase1? There are: kuhn, kuhn_learned, leduc, phase0, "
            "phase1, phase1_metamon, phase1_seed, rps, smoke, spinning_top",
        ),
        (
            ["+experiment=zzz"],
            "config: no experiment 'zzz'. There are: kuhn, kuhn_learned, leduc, ",
        ),
        (["+experimnt=rps"], "config: no key experimnt; did you mean +experiment=<name>?"),
        (
            ["+experiment=rps", "executor=proceses"],
            "config: no executor 'proceses'; did you mean processes? There are: processes, serial",
        ),
        (
            ["+experiment=phase1", "teams@game.teams=varety"],
            "config: no teams 'varety'; did you mean variety? There are: ",
        ),
    ],
)
def test_an_unknown_choice_is_answered_with_the_choices(given: list[str], told: str) -> None:
    assert answer(*given).startswith(told)


@pytest.mark.parametrize(
    "override", ["population.members.mine.kind=random", "game.reward.arguments.gamma=0.9"]
)
def test_where_names_are_free_the_plus_is_advised_and_works(override: str) -> None:
    assert answer("+experiment=phase0", override).endswith(f"use +{override}")
    with initialize_config_dir(str(CONF), version_base="1.3"):
        parse_config(compose("config", ["+experiment=phase0", f"+{override}"]), wiring.SCHEMAS)


def test_a_place_in_a_list_that_is_not_there_is_named_with_the_reason() -> None:
    said = answer("+experiment=phase0", "population.base.7.name=x")
    assert "population.base.7.name=x" in said
    assert "out of range" in said


@pytest.mark.parametrize("given", ["seed", "certificate.starts=[a,"])
def test_what_is_no_override_is_shown_with_how_one_looks(given: str) -> None:
    said = answer("+experiment=rps", given)
    assert said.startswith(f"config: '{given}' cannot be read as key=value; ")
    assert "quotes" in said
    assert "hydra" not in said


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["--seed=3"], "there is no option --seed=3; .* without dashes, seed=3$"),
        (["--seed", "3"], "there is no option --seed; .* without dashes, seed=<value>$"),
        (["--cfg", "job", "seed=3"], "^seed=3 stands behind an option; give all keys first"),
    ],
)
def test_options_that_hydra_has_not_are_answered_in_a_line(given: list[str], told: str) -> None:
    with pytest.raises(UserError, match=told):
        overrides.check_options(["+experiment=rps", *given])


def test_options_that_hydra_has_are_let_pass() -> None:
    overrides.check_options(["+experiment=rps", "seed=1,2", "--multirun"])
    overrides.check_options(["+experiment=rps", "--cfg", "job"])
