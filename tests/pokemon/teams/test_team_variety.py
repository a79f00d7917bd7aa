"""The generated set: many distinct sound teams, and held-out archetypes that are really new."""

from collections import Counter
from itertools import product

import pytest

from psro.pokemon.teams.archetypes import (
    ARCHETYPES,
    FIRE,
    FOSSILS,
    HELD_OUT_ARCHETYPES,
    TRAINING_ARCHETYPES,
    TRAPPING_MOVES,
)
from psro.pokemon.teams.export import PokemonSet, Team, to_id
from psro.pokemon.teams.movesets import MOVESETS
from psro.pokemon.teams.variety import (
    ANSWERS,
    LEAD_WEIGHTS,
    MAX_SHARED_WITH_TRAINING,
    TEAMS_PER_ARCHETYPE,
    broken_rule,
    variety_teams,
)

TRAINING, HELD_OUT = variety_teams()


def test_there_are_600_teams_no_two_of_the_same_six() -> None:
    assert len(TRAINING) == 450
    assert len(HELD_OUT) == 150
    teams = TRAINING + HELD_OUT
    assert len({team.species_ids for team in teams}) == len({team.name for team in teams}) == 600
    assert all(len(team.species_ids) == len(team.sets) == 6 for team in teams)


def test_every_archetype_has_its_teams() -> None:
    assert Counter(team.archetype for team in TRAINING + HELD_OUT) == {
        archetype.name: TEAMS_PER_ARCHETYPE for archetype in ARCHETYPES
    }
    assert {team.archetype for team in HELD_OUT} == {a.name for a in HELD_OUT_ARCHETYPES}
    assert {team.archetype for team in TRAINING} == {a.name for a in TRAINING_ARCHETYPES}


def test_the_teams_are_the_same_however_often_they_are_made() -> None:
    assert variety_teams.__wrapped__() == (TRAINING, HELD_OUT)


def _new_things(team: Team) -> set[str]:
    """Which of the held-out novelties a team shows, told without the archetypes' own signatures."""
    species, moves = team.species_ids, {move for pokemon in team.sets for move in pokemon.move_ids}
    found = {
        "partial_trapping": moves & TRAPPING_MOVES,
        "slowbro_and_lapras": {"slowbro", "lapras"} <= species,
        "zapdos_and_jolteon": {"zapdos", "jolteon"} <= species,
        "fire": species & {to_id(name) for name in FIRE},
        "fossils": species & {to_id(name) for name in FOSSILS},
    }
    return {name for name, shown in found.items() if shown}


def test_no_training_team_shows_what_is_held_out() -> None:
    assert [team.name for team in TRAINING if _new_things(team)] == []
    assert [team.name for team in HELD_OUT if _new_things(team) != {team.archetype}] == []
    # The two cores are new as pairs; each of their Pokemon is met in training.
    met = frozenset().union(*(team.species_ids for team in TRAINING))
    assert {"slowbro", "lapras", "zapdos", "jolteon"} <= met


def test_every_held_out_team_differs_from_every_training_team_in_two_pokemon() -> None:
    shared = [len(a.species_ids & b.species_ids) for a, b in product(HELD_OUT, TRAINING)]
    assert max(shared) <= MAX_SHARED_WITH_TRAINING == 4


def test_the_teams_look_like_the_metagame() -> None:
    seen = Counter(species for team in TRAINING for species in team.species_ids)
    assert min(seen["tauros"], seen["chansey"], seen["snorlax"]) > 0.6 * len(TRAINING)
    assert len(seen) >= 60
    leads = Counter(team.lead.species_id for team in TRAINING)
    assert {lead for lead, _ in leads.most_common(5)} <= {
        "jynx",
        "gengar",
        "starmie",
        "alakazam",
        "exeggutor",
    }


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"Jynx": "Blizzard / Psychic"}, "0 sleep inducers"),
        ({"Starmie": "Blizzard / Recover", "Chansey": "Soft-Boiled"}, "nobody paralyses"),
        ({"Chansey": "Thunder Wave / Sing", "Starmie": "Hypnosis"}, "3 sleep inducers"),
        ({"Tauros": "Bind"}, "signature of partial_trapping"),
    ],
)
def test_an_unsound_draft_is_refused(change: dict[str, str], rule: str) -> None:
    rows = {
        "Jynx": "Lovely Kiss / Blizzard / Psychic / Rest",
        "Starmie": "Blizzard / Thunder Wave",
        "Chansey": "Thunder Wave / Soft-Boiled",
        "Snorlax": "Body Slam / Rest",
        "Rhydon": "Earthquake",
        "Tauros": "Body Slam",
    }
    balance = TRAINING_ARCHETYPES[0]

    def team(rows: dict[str, str]) -> Team:
        return Team(
            "t", tuple(PokemonSet(name, tuple(row.split(" / "))) for name, row in rows.items())
        )

    assert broken_rule(team(rows), balance) is None
    assert broken_rule(team(rows | change), balance) == rule


def test_the_tables_name_only_pokemon_that_have_movesets() -> None:
    known = {to_id(name) for name in MOVESETS}
    drafted = {name for a in ARCHETYPES for pick in a.picks for name in pick.options}
    drafted |= {name for a in ARCHETYPES for name in a.core} | set(LEAD_WEIGHTS)
    assert drafted <= MOVESETS.keys()
    assert set().union(*ANSWERS.values()) <= known
