"""The layout of a record, and what is in the one of a battle's first decision."""

import numpy as np
import pytest

from psro.pokemon.observations.facts import MOVES, SPECIES
from psro.pokemon.observations.layout import ACTIVE_FEATURES
from psro.pokemon.observations.records import record as r
from psro.pokemon.observations.records.from_state import fill_record
from psro.pokemon.state import BattleState
from psro.pokemon.teams.export import PokemonSet, Team
from tests.pokemon.observations.random_battles import first_decisions

OWN = Team(
    "own", (PokemonSet("starmie", ("surf", "recover")), PokemonSet("chansey", ("softboiled",)))
)
FOE = Team("foe", (PokemonSet("rhydon", ("earthquake",)), PokemonSet("jynx", ("rest",))))


@pytest.fixture(scope="module")
def at_start() -> BattleState:
    return first_decisions((OWN, FOE))[0]


def test_blocks_follow_each_other() -> None:
    starts = (r.OWN, r.FOE, r.OWN_ACTIVE, r.FOE_ACTIVE, r.OPTIONS, r.SWITCHES, r.TURN, r.WIDTH)
    sizes = (84, 84, 16, 16, 12, 5, 6)
    assert np.diff(starts).tolist() == list(sizes)
    effects = ACTIVE_FEATURES.index("substitute")
    assert [ACTIVE_FEATURES[effects + bit] for bit in range(8)] == [
        "substitute", "reflect", "light_screen", "leech_seed", "confusion", "focus_energy", "mist", "disabled",
    ]  # fmt: skip
    assert (r.SUBSTITUTE, r.DISABLED) == (1, 1 << 7)


def test_the_first_decision(at_start: BattleState) -> None:
    records = np.full((2, r.WIDTH), 7, np.int16)
    fill_record(at_start, records, 1)
    assert (records[0] == 7).all()
    row = records[1].tolist()
    starmie, chansey = (row[k : k + r.POKEMON_WIDTH] for k in (r.OWN, r.OWN + r.POKEMON_WIDTH))
    assert starmie[r.SPECIES] == SPECIES["starmie"].number
    assert starmie[r.HP] == starmie[r.MAX_HP] == 323
    assert set(starmie[r.MOVES : r.STATS]) == {MOVES["surf"].number, MOVES["recover"].number, 0}
    assert starmie[r.STATS : r.STATS + 4] == [248, 268, 298, 328]
    assert chansey[r.HP] == 703
    assert row[r.FOE : r.FOE + 4] == [SPECIES["rhydon"].number, 100, 100, 100]
    assert not any(row[r.FOE + r.MOVES : r.OWN_ACTIVE]), "nothing more of the foe has been seen"
    assert row[r.OPTIONS : r.OPTIONS + 6] == [105, 32, 32, 57, 24, 24]
    assert row[r.SWITCHES : r.TURN] == [2, 0, 0, 0, 0]
    assert row[r.TURN :] == [1, 0, 2, 0b000010011, 0o12, 0o2]


def test_a_fifth_move_is_refused(at_start: BattleState) -> None:
    pokemon = at_start.battle.opponent_active_pokemon
    assert pokemon is not None
    before = dict(pokemon._moves._base_moves)
    try:
        for move in ("surf", "tackle", "growl", "cut", "fly"):
            pokemon._add_move(move)
        with pytest.raises(ValueError, match=r"rhydon has moves .* more than four"):
            fill_record(at_start, np.zeros((1, r.WIDTH), np.int16), 0)
    finally:
        pokemon._moves._base_moves = before
