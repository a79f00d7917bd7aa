"""The kernels write, bit for bit, what the Python views write of the same decisions on the simulator."""

import numpy as np
import pytest

from psro.pokemon.observations.metamon import MetamonObservation
from psro.pokemon.observations.records.from_state import fill_record
from psro.pokemon.observations.records.metamon import MetamonKernel
from psro.pokemon.observations.records.ranges import check_records
from psro.pokemon.observations.records.record import WIDTH
from psro.pokemon.observations.records.structured import write_structured
from psro.pokemon.observations.structured import StructuredObservation
from psro.pokemon.teams.export import PokemonSet, Team
from tests.pokemon.observations.random_battles import first_decisions, packaged_team, wild_team
from tests.pokemon.observations.records.recorded import (
    Recorded,
    Rows,
    awkward_team,
    differences,
    record_battles,
)

RARE = {
    "own transformed", "foe transformed", "own mimicked", "foe mimicked", "own changed types", "own SUBSTITUTE",
    "foe SUBSTITUTE", "own DISABLE", "foe REFLECT", "foe UNKNOWN", "own LEECH_SEED", "own CONFUSION", "foe MIST",
    "foe FOCUS_ENERGY", "own BIDE", "foe MIMIC", "foe recharges", "own prepares", "forced switch", "trapped",
    "option recharge", "option fight", "disabled option",
}  # fmt: skip
"""What awkward teams must have shown for the comparison to mean something; Light Screen is UNKNOWN."""


TEAMS = {"competitive": packaged_team, "any moves": wild_team, "awkward moves": awkward_team}


@pytest.fixture(scope="module", params=TEAMS)
def recorded(request: pytest.FixtureRequest) -> Recorded:
    views = [StructuredObservation(), MetamonObservation()]
    battles = record_battles(8, views, TEAMS[request.param], "records")
    if request.param == "awkward moves":
        missing = RARE - battles.seen.keys()
        assert not missing
    return battles


def left_over(rows: Rows) -> Rows:
    """Arrays of the same shapes that hold something else."""
    return {name: np.full_like(array, 7) for name, array in rows.items()}


def test_every_record_is_one_that_shards_may_hold(recorded: Recorded) -> None:
    check_records(recorded.records)


def test_structured(recorded: Recorded) -> None:
    wanted = recorded.rows[0]
    got = left_over(wanted)
    write_structured(recorded.records, got)
    assert differences(wanted, got) == {}
    assert len(recorded.records) > 500


def test_metamon(recorded: Recorded) -> None:
    wanted = recorded.rows[1]
    got = left_over(wanted)
    MetamonKernel().write(recorded.records, got)
    assert differences(wanted, got) == {}


def test_a_row_depends_on_its_record_alone(recorded: Recorded) -> None:
    """Nothing of one decision is left in the kernel's scratch arrays for the next."""
    order = np.random.default_rng(1).permutation(len(recorded.records))
    for rows, write in zip(recorded.rows, (write_structured, MetamonKernel().write), strict=True):
        got = left_over(rows)
        write(np.ascontiguousarray(recorded.records[order]), got)
        assert differences({name: array[order] for name, array in rows.items()}, got) == {}


def test_a_part_of_larger_arrays(recorded: Recorded) -> None:
    view = StructuredObservation()
    rows = view.spec.empty(10)
    write_structured(recorded.records[3:7], {name: array[2:6] for name, array in rows.items()})
    wanted = {name: array[3:7] for name, array in recorded.rows[0].items()}
    assert differences(wanted, {name: array[2:6] for name, array in rows.items()}) == {}
    assert all(not array[:2].any() and not array[6:].any() for array in rows.values())


def test_a_tokenizer_of_ones_own(recorded: Recorded) -> None:
    tokenizer = {"<gen1ou>": 5, "tauros": 0}
    wanted = MetamonObservation(tokenizer).spec.empty(len(recorded.records))
    MetamonKernel(tokenizer).write(recorded.records, wanted)
    assert set(np.unique(wanted["words"])) <= {0, 1, 6}
    assert (wanted["words"][:, 0] == 6).all()


def test_other_levels_and_smaller_teams() -> None:
    """What no team of the format has: levels below 100, two Pokémon against three."""
    own = Team("own", (PokemonSet("starmie", ("surf",)), PokemonSet("hypno", ("psywave", "rest"))))
    foe = Team(
        "foe", tuple(PokemonSet(name, ("seismictoss",)) for name in ("machamp", "abra", "mew"))
    )
    for state in first_decisions((own, foe)):
        teams = (state.battle.team, state.battle.opponent_team)
        for level, pokemon in enumerate((mon for team in teams for mon in team.values()), 55):
            pokemon._level = level
        record = np.zeros((1, WIDTH), np.int16)
        fill_record(state, record, 0)
        for view, write in (
            (StructuredObservation(), write_structured),
            (MetamonObservation(), MetamonKernel().write),
        ):
            wanted = view.spec.empty(1)
            view.write(state, wanted, 0)
            got = left_over(wanted)
            write(record, got)
            assert differences(wanted, got) == {}
