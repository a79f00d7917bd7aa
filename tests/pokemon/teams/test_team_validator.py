"""Legality is Showdown's word: every packaged and generated team passes, and an illegal one is named with its rule."""

import dataclasses
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from psro.machine.errors import UserError
from psro.pokemon.config import Gen1OUConfig, TeamsConfig
from psro.pokemon.game import Gen1OU
from psro.pokemon.simulator.node import NodeInstallation, find_node
from psro.pokemon.teams.export import MAX_IVS, PokemonSet, Team, pack, parse_team
from psro.pokemon.teams.movesets import MOVESETS
from psro.pokemon.teams.sets import COMPETITIVE, TeamSet, team_set
from psro.pokemon.teams.validator import require_legal, validate_teams, without_illegal

FORMAT = "gen1ou"


@pytest.fixture(scope="module")
def node() -> NodeInstallation:
    return find_node()


def test_every_packaged_and_generated_team_and_every_moveset_is_legal(
    node: NodeInstallation,
) -> None:
    teams = [
        dataclasses.replace(team, name=f"{name}/{team.name}")
        for name in ("competitive", "variety")
        for team in team_set(name).teams
    ]
    teams += [
        Team(f"{species}: {row}", (PokemonSet(species, tuple(row.split(" / "))),))
        for species, rows in MOVESETS.items()
        for row in rows
    ]
    problems = validate_teams(teams, node, FORMAT)
    assert len(problems) == len(teams) > 700
    assert {name: found for name, found in problems.items() if found} == {}


ILLEGAL = [
    ("Mewtwo\n- Psychic", "Mewtwo is tagged Uber"),
    ("Tauros\n- Recover", "Tauros can't learn Recover"),
    ("Tauros\n- Blizzard\n\nTauros\n- Earthquake", "Species Clause"),
    ("Dodrio\n- Fly", "Fly"),
    ("Alakazam\n- Double Team", "Double Team"),
    ("Tauros\n- Horn Drill", "Horn Drill"),
    ("Tauros\n- Blizard", '"blizard" is an invalid move'),
    ("Taurus\n- Blizzard", '"taurus" does not exist'),
    ("Tauros\n- Blizzard\n- Blizzard", "multiple copies of Blizzard"),
    ("Tauros\nIVs: 4 Atk\n- Blizzard", "HP DV"),
]


def test_an_illegal_team_is_told_its_rule(node: NodeInstallation) -> None:
    teams = [parse_team(text, name=text) for text, _ in ILLEGAL]
    problems = validate_teams(teams, node, FORMAT)
    for text, rule in ILLEGAL:
        assert rule in "; ".join(problems[text]), text


def test_an_illegal_team_is_an_error_that_names_its_file(node: NodeInstallation) -> None:
    legal = team_set("competitive").training
    first = parse_team("Mewtwo\n- Psychic", name="bad", path="teams/bad.gen1ou_team")
    second = parse_team("Tauros\n- Recover", name="worse", path="teams/worse.gen1ou_team")
    require_legal(legal, node, FORMAT)
    with pytest.raises(UserError) as error:
        require_legal([legal[0], first, second], node, FORMAT)
    assert str(error.value) == (
        f"team file teams/bad.gen1ou_team is illegal in gen1ou of pokemon-showdown {node.version}: Mewtwo is tagged Uber, which is banned. "
        "(2 of 3 teams are illegal); change it or take it out, or leave out all that are illegal: game.teams.illegal=leave_out"
    )


def test_illegal_teams_can_be_left_out_and_are_named(
    node: NodeInstallation, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for file in sorted(COMPETITIVE.glob("*.gen1ou_team"))[:6]:
        shutil.copy(file, tmp_path)
    (tmp_path / "bad.gen1ou_team").write_text("Mewtwo\n- Psychic\n")
    config = TeamsConfig(str(tmp_path), held_out_fraction=0.0)
    with pytest.raises(UserError, match=r"bad\.gen1ou_team is illegal in gen1ou"):
        Gen1OU(Gen1OUConfig(teams=config)).check()
    config.illegal = "leave_out"
    game = Gen1OU(Gen1OUConfig(teams=config))
    game.check()
    assert "1 of 7 teams are illegal" in caplog.text
    assert "bad: Mewtwo is tagged Uber" in caplog.text
    assert len(game.teams.training) == 6
    assert "bad" not in {team.name for team in game.teams.teams}
    assert game.fingerprint()["illegal teams left out"] == "1 of 7"


def test_a_set_without_a_legal_team_is_an_error(node: NodeInstallation) -> None:
    bad = parse_team("Mewtwo\n- Psychic", name="bad")
    with pytest.raises(UserError, match=r"all 1 teams are illegal in gen1ou .*Mewtwo is tagged"):
        without_illegal(TeamSet("mine", (bad,), ()), node, FORMAT)


def test_a_team_is_checked_under_the_format_that_was_asked_for(node: NodeInstallation) -> None:
    mewtwo = parse_team("Mewtwo\n- Psychic", name="mewtwo", path="teams/mewtwo.gen1ou_team")
    require_legal([mewtwo], node, "gen1ubers")
    with pytest.raises(
        UserError, match=r"is illegal in gen1ou of pokemon-showdown .*: Mewtwo is tagged Uber"
    ):
        require_legal([mewtwo], node, "gen1ou")


@pytest.mark.parametrize("unknown", ["gen1ober", "gen9ou", "gen1nc1997", "gen1randombattle"])
def test_a_format_that_cannot_be_played_is_an_error_with_the_choices(
    node: NodeInstallation, unknown: str
) -> None:
    """Not there, not Gen 1, with team preview, without teams of one's own."""
    with pytest.raises(UserError) as error:
        validate_teams(team_set("competitive").training, node, unknown)
    told, _, choices = str(error.value).partition("; choose one of: ")
    assert told == f"config: game.format: no {unknown!r} that can be played here"
    assert {"gen1ou", "gen1ubers", "gen1uu"} <= set(choices.split(", "))
    assert unknown not in choices.split(", ")


def test_showdown_unpacks_what_was_packed(node: NodeInstallation) -> None:
    teams = (
        *team_set("competitive").teams,
        parse_team("Mr. Mime\nLevel: 50\nIVs: 2 Atk\nEVs: 4 HP\n- Psychic", name="odd"),
        parse_team("Farfetch’d\n- Slash", name="quote"),
    )
    script = (
        "const {Teams} = require(process.argv[1]);"
        "const lines = JSON.parse(require('fs').readFileSync(0, 'utf8'));"
        "console.log(JSON.stringify(lines.map(line => Teams.unpack(line))));"
    )
    answer = subprocess.run(
        [node.executable, "-e", script, str(node.simulator)],
        input=json.dumps([pack(team) for team in teams]),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    unpacked = tuple(
        tuple(
            PokemonSet(
                species=pokemon["species"],
                moves=tuple(pokemon["moves"]),
                level=pokemon.get("level", 100),
                evs=tuple(pokemon["evs"].values()),
                ivs=tuple(pokemon["ivs"].values()) if "ivs" in pokemon else MAX_IVS,
            )
            for pokemon in team
        )
        for team in json.loads(answer.stdout)
    )
    assert unpacked == tuple(team.sets for team in teams)


def test_a_validator_that_cannot_run_says_what_to_do(
    node: NodeInstallation, tmp_path: Path
) -> None:
    team = team_set("competitive").training[0]
    no_node = dataclasses.replace(node, executable=str(tmp_path / "node"))
    with pytest.raises(UserError, match="did not run"):
        validate_teams([team], no_node, FORMAT)
    no_simulator = dataclasses.replace(node, simulator=tmp_path)
    with pytest.raises(
        UserError, match=r"stopped after 0 of 1 teams: .*Cannot find module.*make setup"
    ):
        validate_teams([team], no_simulator, FORMAT)


def test_two_teams_of_one_name_are_refused(node: NodeInstallation) -> None:
    team = team_set("competitive").training[0]
    with pytest.raises(ValueError, match="two teams are called"):
        validate_teams([team, team], node, FORMAT)


def test_a_packed_team_fights_at_full_strength(node: NodeInstallation) -> None:
    # The simulator itself does not validate, so nothing fills in what a packed line leaves out.
    team = parse_team("Tauros\n- Blizzard\n\nChansey\n- Soft-Boiled", name="strong")
    script = (
        "const {Battle} = require(process.argv[1]);"
        "const side = {name: 'a', team: process.argv[2]};"
        "const battle = new Battle({formatid: 'gen1ou', p1: side, p2: {...side, name: 'b'}});"
        "const stats = p => [p.maxhp, p.storedStats.atk, p.storedStats.def, p.storedStats.spa, p.storedStats.spe];"
        "console.log(JSON.stringify(battle.sides[0].pokemon.map(stats)));"
    )
    answer = subprocess.run(
        [node.executable, "-e", script, str(node.simulator), pack(team)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    # Level 100, all DVs 15, full stat experience: the figures every RBY table gives.
    assert json.loads(answer.stdout) == [[353, 298, 288, 238, 318], [703, 108, 108, 308, 198]]
