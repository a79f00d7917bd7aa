import json

import pytest

from psro.metagame.population import Population


def founding() -> Population:
    return Population().append("random", "heuristic", 0).append("base", "neural", 0)


def test_members_keep_the_order_they_joined_in() -> None:
    population = founding().append("br_1", "best_response", 1)
    assert population.names == ("random", "base", "br_1")
    assert population.index("br_1") == 2
    assert population.member("br_1").iteration == 1
    assert "base" in population
    assert "br_2" not in population
    assert len(population) == 3


def test_appending_leaves_the_old_population_alone() -> None:
    old = founding()
    old.append("br_1", "best_response", 1)
    assert old.names == ("random", "base")


def test_an_unknown_name_lists_the_choices() -> None:
    with pytest.raises(ValueError, match=r"'bse'.*choose from: random, base"):
        founding().index("bse")


def test_a_taken_name_is_an_error() -> None:
    with pytest.raises(ValueError, match="'base' is in the population twice"):
        founding().append("base", "neural", 1)


def test_round_trip_through_json_text() -> None:
    population = founding()
    assert Population.from_json(json.loads(json.dumps(population.to_json()))) == population


@pytest.mark.parametrize("data", [{}, {"members": [{"name": "a"}]}, {"members": [{"title": "a"}]}])
def test_a_torn_file_is_a_value_error(data: dict) -> None:
    with pytest.raises(ValueError, match="not a population"):
        Population.from_json(data)
