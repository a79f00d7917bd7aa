"""Records that no side can have seen are refused before a kernel reads them."""

import numpy as np
import pytest

from psro.game.battles import PlayResult
from psro.game.recording import BadDecision
from psro.game.trajectories import Trajectories
from psro.pokemon.config import ArenaConfig, Gen1OUConfig
from psro.pokemon.game import Gen1OU
from psro.pokemon.observations.records import record as r
from psro.pokemon.observations.records.ranges import RANGES, check_records
from tests.game.conformance import jobs_between, play


@pytest.fixture(scope="module")
def game() -> Gen1OU:
    return Gen1OU(Gen1OUConfig(arena=ArenaConfig("engine", lanes=4)))


@pytest.fixture(scope="module")
def recorded(game: Gen1OU) -> Trajectories:
    policies = [game.make_policy(name, "random", {}) for name in ("a", "b")]
    arena = game.make_arena()
    try:
        result: PlayResult = play(arena, jobs_between("a", "b", 4), policies, "record")
    finally:
        arena.close()
    assert result.trajectories is not None
    return result.trajectories


@pytest.fixture
def records(recorded: Trajectories) -> np.ndarray:
    return recorded.observations["record"].copy()


def test_what_was_seen_is_taken(records: np.ndarray) -> None:
    assert len(records) > 100
    check_records(records)
    check_records(records[:0])


def test_each_place_that_has_a_range_is_watched(records: np.ndarray) -> None:
    """Whatever row it is in; the row is named."""
    watched = 0
    for bound, outside in ((0, -1), (1, 1)):
        for place in np.flatnonzero(abs(RANGES[bound].astype(int)) < np.iinfo(np.int16).max):
            row = int(place) % len(records)
            good = records[row, place]
            records[row, place] = RANGES[bound, place] + outside
            with pytest.raises(BadDecision, match=f"place {place} of its record is") as bad:
                check_records(records)
            assert bad.value.row == row
            records[row, place] = good
            watched += 1
    assert watched > 300
    check_records(records)


@pytest.mark.parametrize(
    ("team", "active", "who"), [(r.OWN, r.OWN_ACTIVE, "own"), (r.FOE, r.FOE_ACTIVE, "foe's")]
)
def test_nobody_on_the_field(records: np.ndarray, team: int, active: int, who: str) -> None:
    slot = int(records[7, active + r.SLOT])
    records[7, team + slot * r.POKEMON_WIDTH + r.SPECIES] = 0
    with pytest.raises(BadDecision, match=f"the {who} active Pokémon is an empty block") as bad:
        check_records(records)
    assert bad.value.row == 7


def test_a_switch_to_nobody(records: np.ndarray) -> None:
    row = int(np.flatnonzero(records[:, r.SWITCHES])[0])
    slot = int(records[row, r.SWITCHES])
    records[row, r.OWN + (slot - 1) * r.POKEMON_WIDTH + r.SPECIES] = 0
    with pytest.raises(BadDecision, match="switch 0 brings in an empty block") as bad:
        check_records(records)
    assert bad.value.row == row


@pytest.mark.parametrize("view", ["structured", "metamon", "record"])
def test_no_view_is_computed_of_them(game: Gen1OU, recorded: Trajectories, view: str) -> None:
    assert game.expand(recorded, view).spec.name == view
    whole = recorded.observations["record"]
    bad = Trajectories(**{**vars(recorded), "observations": {"record": whole + 1000}})
    with pytest.raises(BadDecision, match="of its record is"):
        game.expand(bad, view)
