"""Export text and packed line: what goes in comes out, and what cannot be read is named by file and line."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psro.machine.errors import UserError
from psro.pokemon.teams.export import PokemonSet, Team, export, pack, parse_team, read_team

names = st.from_regex(r"[A-Z][a-z]{1,8}([ -][A-Z][a-z]{1,8})?", fullmatch=True)


def spreads(high: int) -> st.SearchStrategy[tuple[int, ...]]:
    """Six values, both Specials alike: Gen 1 has one."""
    value = st.integers(0, high)
    return st.tuples(value, value, value, value, value).map(
        lambda v: (v[0], v[1], v[2], v[3], v[3], v[4])
    )


pokemon_sets = st.builds(
    PokemonSet,
    species=names,
    moves=st.lists(names, min_size=1, max_size=4).map(tuple),
    level=st.integers(1, 100),
    evs=spreads(255),
    ivs=spreads(31),
)
teams = st.builds(
    Team,
    name=st.just("a team"),
    sets=st.lists(pokemon_sets, min_size=1, max_size=6).map(tuple),
    archetype=st.just(""),
    path=st.just(""),
)


@given(teams)
def test_an_exported_team_reads_back_as_itself(team: Team) -> None:
    assert parse_team(export(team), name="a team") == team


@given(teams)
def test_blank_lines_trailing_spaces_and_windows_line_ends_do_not_matter(team: Team) -> None:
    untidy = "\r\n\r\n" + export(team).replace("\n", "  \r\n") + "\r\n\r\n"
    assert parse_team(untidy, name="a team") == team


def test_what_gen_1_does_not_have_is_dropped() -> None:
    team = parse_team(
        "=== [gen1ou] an old team ===\n\n"
        "Bully (Tauros) (M) @ Leftovers\nAbility: No Ability\nShiny: Yes\nLevel: 95\n"
        "EVs: 252 HP / 4 SpA\nIVs: 2 Atk\nSerious Nature\n- Body Slam\n~ Blizzard\n\n"
        "Mr. Mime\n- Psychic\n- <nomove>\n",
        name="old",
    )
    assert team.sets == (
        PokemonSet(
            "Tauros", ("Body Slam", "Blizzard"), 95, (252, 0, 0, 4, 4, 0), (31, 2, 31, 31, 31, 31)
        ),
        PokemonSet("Mr. Mime", ("Psychic",)),
    )


def test_the_packed_line_spells_out_full_evs() -> None:
    # The simulator takes an empty EV field as zeros: a team 60 points short in every stat.
    team = parse_team(
        "Mr. Mime\n- Psychic\n- Soft-Boiled\n\nTauros\nLevel: 50\nIVs: 2 Atk\n- Blizzard", "t"
    )
    assert pack(team) == (
        "Mr. Mime||||psychic,softboiled||252,252,252,252,252,252|||||"
        "]Tauros||||blizzard||252,252,252,252,252,252||31,2,31,31,31,31||50|"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\n \n", r"t: no Pokemon in it"),
        ("=== [gen1ou] empty ===\n", r"t: no Pokemon in it"),
        ("Tauros\nEVs: 252 HP", r"t:1: Tauros has 0 moves"),
        ("Tauros\n- A\n- B\n- C\n- D\n- E", r"t:1: Tauros has 5 moves"),
        ("Tauros\n- Blizzard\nChansey\n- Sing", r"t:3: 'Chansey' is no line of a Showdown export"),
        ("Tauros\nLevel: 101\n- Blizzard", r"t:2: level '101' is no whole number from 1 to 100"),
        ("Tauros\nLevel: high\n- Blizzard", r"t:2: level 'high' is no whole number"),
        ("Tauros\nEVs: 256 HP\n- Blizzard", r"t:2: EV '256' is no whole number from 0 to 255"),
        ("Tauros\nEVs: 252 Luck\n- Blizzard", r"t:2: '252 Luck' is no EV"),
        ("Tauros\nIVs: 32 HP\n- Blizzard", r"t:2: IV '32' is no whole number from 0 to 31"),
        ("Tauros\n\n- Blizzard", r"t:1: Tauros has 0 moves"),
        ("Tauros\n- Blizzard / Thunderbolt", r"t:2: 'Blizzard / Thunderbolt' is no move name"),
        ("Tauros\n-", r"t:2: '' is no move name"),
        ("Tau|ros\n- Blizzard", r"t:1: 'Tau\|ros' is no species name"),
        ("$missing_name$\n- Blizzard", r"t:1: '\$missing_name\$' stands for an unknown species"),
        ("Tauros\n- $missing_move$", r"t:2: '\$missing_move\$' stands for an unknown move"),
        (
            "\n\n".join(f"P{letter}\n- Cut" for letter in "abcdefg"),
            r"t:19: 7 Pokemon; a team has at most 6",
        ),
    ],
)
def test_a_text_that_is_no_team_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        parse_team(text, name="t")


def test_a_file_that_is_not_text_is_refused_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "noise.gen1ou_team"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match=r"noise\.gen1ou_team cannot be read"):
        read_team(path, name="noise")
    with pytest.raises(UserError, match=r"gone\.gen1ou_team cannot be read"):
        read_team(tmp_path / "gone.gen1ou_team", name="gone")
