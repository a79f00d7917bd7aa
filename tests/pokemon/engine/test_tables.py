"""The rules' tables are the installed simulator's."""

import subprocess
from pathlib import Path

import numpy as np

from psro.pokemon.engine import tables
from psro.pokemon.simulator.node import find_node

ENGINE = Path(tables.__file__).parent


def test_rules_are_what_the_installed_simulator_has() -> None:
    node = find_node()
    # The script asks for the package by name: from its own folder that finds the repository's node_modules.
    made = subprocess.run(
        [str(node.executable), str(ENGINE / "make_tables.js")],
        capture_output=True,
        text=True,
        check=True,
        env={"NODE_PATH": str(node.simulator.parent)},
    )
    assert made.stdout == (ENGINE / "rules.json").read_text(), (
        "rules.json is not the simulator's: run `node psro/pokemon/engine/make_tables.js > psro/pokemon/engine/rules.json`"
    )


def test_every_move_and_species_of_the_games_has_its_row() -> None:
    assert sorted(tables.MOVE_NUMBERS.values()) == list(range(1, 166))
    assert sorted(tables.SPECIES_NUMBERS.values()) == list(range(1, 152))
    assert (tables.MOVE_TABLE[1:166, tables.MAX_PP] > 0).all()


def test_gen_1_quirks_are_in_the_tables() -> None:
    kinds = {name: number for number, name in enumerate(tables.RULES["types"])}
    assert tables.CHART[kinds["Ghost"], kinds["Psychic"]] == 0
    assert tables.CHART[kinds["Bug"], kinds["Poison"]] == 4
    assert tables.CHART[kinds["Ice"], kinds["Fire"]] == 2
    moves = tables.MOVE_NUMBERS
    assert tables.MOVE_TABLE[moves["bite"], tables.TYPE] == kinds["Normal"]
    assert tables.MOVE_TABLE[moves["blizzard"], tables.ACC] == int(0.9 * 255)
    assert tables.MOVE_TABLE[moves["swift"], tables.ACC] == 256
    assert tables.MOVE_TABLE[moves["growl"], tables.MAX_PP] == 61
    assert np.setdiff1d(np.arange(1, 166), tables.METRONOME).tolist() == [
        tables.METRONOME_MOVE,
        tables.STRUGGLE,
    ]
