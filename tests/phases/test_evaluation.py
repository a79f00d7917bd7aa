"""Evaluations: which units, and whose side was whose."""

from typing import Any

import orjson
import pytest

from psro.game.battles import Outcome
from psro.machine.seeds import seed_from
from psro.machine.units import Unit
from psro.phases.evaluation.plan import Evaluation, PairOnPool, units_of
from psro.phases.evaluation.tally import by_team, counts_of, seen_battles

PAIR = PairOnPool("a", "b", "held_out")


def evaluation(battles: int) -> Evaluation:
    return Evaluation(("a", "b"), (), (("a", "b"),), ("held_out",), battles, 100, 0.0)


@pytest.mark.parametrize("battles", [1, 99, 100, 101, 250, 300])
def test_more_battles_add_units_and_change_no_full_one(battles: int) -> None:
    fewer, more = units_of(evaluation(battles), PAIR), units_of(evaluation(battles + 77), PAIR)
    sizes = [sum(unit.payload["opponents"].values()) for unit in fewer]
    assert sum(sizes) == battles
    results = {unit.result: unit for unit in more}
    for unit, size in zip(fewer, sizes, strict=True):
        same = results.get(unit.result)
        assert same is None or same.same_work_as(unit)
        assert size < 100 or same is not None


def test_matchups_share_the_seeds_of_their_battles() -> None:
    other = PairOnPool("a", "c", "held_out")
    for unit, same in zip(units_of(evaluation(150), PAIR), units_of(evaluation(150), other), strict=True):  # fmt: skip
        assert unit.payload["seed_parts"] == same.payload["seed_parts"]
        assert unit.result != same.result


def played(unit: Unit, scores: dict[int, float]) -> bytes:
    """A result file in which side 0 scored so in the battles at these places; the others broke."""
    rows = [
        # Both are mixtures, whose drawn members have the names of neither.
        Outcome(
            seed_from(5, *unit.payload["seed_parts"], place), ("m", "m"), score, 9, (9, 9), ("red", "blue")
        ).to_json()
        for place, score in scores.items()
    ]  # fmt: skip
    return orjson.dumps({"outcomes": rows})


def test_sides_are_known_from_the_place_even_of_mixtures_and_beside_broken_battles() -> None:
    (unit,) = units_of(evaluation(6), PAIR)
    battles = list(seen_battles(5, unit, played(unit, {0: 1.0, 2: 1.0, 3: 1.0, 5: 0.5})))
    mine, theirs = [first for first, _ in battles], [second for _, second in battles]
    assert [battle.score for battle in mine] == [1, 1, 0, 0.5]
    assert [battle.start for battle in mine] == ["red", "red", "blue", "blue"]
    assert counts_of(mine).mirrored() == counts_of(theirs)
    teams: dict[str, Any] = by_team(mine)
    assert (teams["own"]["red"].wins, teams["own"]["red"].num_battles) == (2, 2)
    assert (teams["opposing"]["red"].ties, teams["opposing"]["red"].losses) == (1, 1)


def test_games_without_teams_have_no_breakdown() -> None:
    (unit,) = units_of(evaluation(1), PAIR)
    row = Outcome(seed_from(5, *unit.payload["seed_parts"], 0), ("a", "b"), 1.0, 1, (1, 1))
    battles = list(seen_battles(5, unit, orjson.dumps({"outcomes": [row.to_json()]})))
    assert by_team([first for first, _ in battles]) == {}
