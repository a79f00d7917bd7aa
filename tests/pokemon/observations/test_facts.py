"""The stored tables are the installed simulator's, and agree with what the damage formulas read from poke-env."""

import json
import subprocess
from pathlib import Path

from psro.pokemon.damage import move_data
from psro.pokemon.observations import facts

REPOSITORY = Path(__file__).parents[3]
PACKAGE = REPOSITORY / "psro" / "pokemon" / "observations"


def test_the_tables_are_the_installed_simulators() -> None:
    ran = subprocess.run(
        ["node", str(PACKAGE / "make_tables.js")],
        capture_output=True,
        cwd=REPOSITORY,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr.decode()[-2000:]
    assert json.loads(ran.stdout) == json.loads((PACKAGE / "gen1.json").read_bytes()), (
        "write it anew: node psro/pokemon/observations/make_tables.js > "
        "psro/pokemon/observations/gen1.json"
    )


def test_moves_agree_with_the_damage_formulas() -> None:
    for move in facts.MOVES.values():
        data = move_data(move.id)
        assert data.type == move.type, move.id
        assert data.base_power == move.power or move.fixed is not None, move.id
        assert (data.accuracy == 256) == move.never_misses, move.id
        assert data.high_critical == move.high_critical, move.id
        assert data.expected_hits == move.mean_hits, move.id
        assert data.halves_defense == move.explodes, move.id


def test_every_species_and_move_has_an_id_of_its_own() -> None:
    ids = [*facts.SPECIES_ID.values(), *facts.MOVE_ID.values()]
    assert sorted(ids) == list(range(1, facts.NUM_IDS))
    assert len(facts.SPECIES) == 151
    assert len(facts.MOVES) == 165


def test_likely_moves_are_chances() -> None:
    for species in facts.SPECIES.values():
        assert all(0 < chance <= 1 and move in facts.MOVES for move, chance in species.likely_moves)
        assert sum(chance for _, chance in species.likely_moves) < 4.01
    assert dict(facts.SPECIES["tauros"].likely_moves)["bodyslam"] == 1
