"""Team sets: fixed splits, keyed draws, directories of the user's own files, and what is said when they are wrong."""

import shutil
from collections import Counter
from pathlib import Path

import pytest

from psro.machine.errors import UserError
from psro.pokemon.teams.export import Team, export
from psro.pokemon.teams.sets import COMPETITIVE, TeamSet, team_set

PACKAGED = ("competitive", "variety")
GOLDEN = {
    # A changed fingerprint means changed teams: old runs cannot be resumed, old figures not compared.
    "competitive": "cc84f6882ec8fda42bd217c258ba0498613448146bfb5cd40366dc5995ada54d",
    "variety": "36b357dfe425fc6cbf3dbc5f1e670c4c1458747572fc327af39f9e081b0f3ae8",
}


@pytest.mark.parametrize("name", PACKAGED)
def test_a_packaged_set_never_changes(name: str) -> None:
    assert team_set(name).fingerprint == GOLDEN[name]


@pytest.mark.parametrize("name", PACKAGED)
def test_a_quarter_is_held_out_and_shares_no_team_with_training(name: str) -> None:
    teams = team_set(name)
    assert len(teams.held_out) == len(teams.teams) / 4
    contents = [team.content for team in teams.teams]
    assert len(set(contents)) == len(contents)
    assert {team.name for team in teams.training}.isdisjoint(team.name for team in teams.held_out)


def test_competitive_is_diverse_and_every_style_is_on_both_sides() -> None:
    teams = team_set("competitive")
    assert len(teams.teams) >= 24
    assert {t.archetype for t in teams.held_out} == {t.archetype for t in teams.training}
    assert len({team.lead.species for team in teams.teams}) >= 8
    assert len({species for team in teams.teams for species in team.species_ids}) >= 20


def test_draws_are_keyed_independent_for_the_two_sides_and_reach_the_whole_pool() -> None:
    teams = team_set("competitive")
    assert teams.draw_pair("training", 7, "battle", 3) == teams.draw_pair(
        "training", 7, "battle", 3
    )
    pairs = [teams.draw_pair("training", 0, battle) for battle in range(4000)]
    for side in (0, 1):
        counts = Counter(pair[side].name for pair in pairs)
        assert set(counts) == {team.name for team in teams.training}
        # 24 teams, 4000 draws: 167 each, five standard deviations are 63.
        assert 100 < min(counts.values()) <= max(counts.values()) < 235
    same = sum(one == other for one, other in pairs)
    assert 100 < same < 235
    assert {team.name for pair in pairs for team in pair}.isdisjoint(t.name for t in teams.held_out)


def test_an_unknown_pool_is_refused() -> None:
    with pytest.raises(
        ValueError, match="unknown team pool 'test'; choose from training, held_out"
    ):
        team_set("competitive").draw("test", 0)  # type: ignore[arg-type]


def test_an_empty_pool_is_refused_when_drawn_from() -> None:
    teams = TeamSet("mine", team_set("competitive").training, ())
    with pytest.raises(UserError, match="team set mine has no held_out teams"):
        teams.draw("held_out", 0)


def _metamon_layout(root: Path) -> Path:
    """The competitive teams as metamon lays teams out: <teams>/<set>/gen1ou/*.gen1ou_team, among other formats."""
    folder = root / "teams" / "my_set" / "gen1ou"
    shutil.copytree(COMPETITIVE, folder)
    other = root / "teams" / "my_set" / "gen2ou"
    other.mkdir()
    (other / "team_0.gen2ou_team").write_text("not ours")
    return root / "teams"


def test_a_directory_is_read_recursively_and_split_by_file_name(tmp_path: Path) -> None:
    root = _metamon_layout(tmp_path)
    by_level = [team_set(str(d)) for d in (root, root / "my_set", root / "my_set" / "gen1ou")]
    for teams in by_level:
        assert len(teams.teams) == len(team_set("competitive").teams)
        assert teams.held_out
        assert {t.name.rpartition("/")[2] for t in teams.held_out} == {
            t.name for t in by_level[2].held_out
        }
    assert by_level[0].training[0].name.startswith("my_set/gen1ou/")


def test_adding_a_team_moves_no_other_across_the_split(tmp_path: Path) -> None:
    root = _metamon_layout(tmp_path)
    before = team_set(str(root))
    team = team_set("variety").held_out[0]
    (root / "my_set" / "gen1ou" / "aaa.gen1ou_team").write_text(export(team))
    after = team_set(str(root))
    assert {t.name for t in before.held_out} <= {t.name for t in after.held_out}
    assert {t.name for t in before.training} <= {t.name for t in after.training}
    assert before.fingerprint != after.fingerprint


def test_copies_of_a_team_stay_on_one_side(tmp_path: Path) -> None:
    root = _metamon_layout(tmp_path)
    folder = root / "my_set" / "gen1ou"
    for path in sorted(folder.iterdir()):
        for copy in range(3):
            shutil.copy(path, folder / f"copy{copy}_{path.name}")
    teams = team_set(str(root))
    assert len(teams.teams) == 4 * len(team_set("competitive").teams)
    assert {t.content for t in teams.training}.isdisjoint(t.content for t in teams.held_out)


def test_the_fraction_is_the_users(tmp_path: Path) -> None:
    root = _metamon_layout(tmp_path)
    assert team_set(str(root), held_out_fraction=0).held_out == ()
    sizes = [len(team_set(str(root), held_out_fraction=f).held_out) for f in (0.1, 0.3, 0.6)]
    assert sizes == sorted(sizes)
    with pytest.raises(UserError, match=r"held_out_fraction must be in \[0, 1\), not 1.5"):
        team_set(str(root), held_out_fraction=1.5)


def test_fingerprints_tell_pools_and_teams_apart() -> None:
    one, two = team_set("competitive").training[:2]

    def fingerprint(training: tuple[Team, ...], held_out: tuple[Team, ...]) -> str:
        return TeamSet("any", training, held_out).fingerprint

    different = [
        ((one,), (two,)),
        ((two,), (one,)),
        ((one, two), ()),
        ((two, one), ()),
        ((one,), ()),
    ]
    assert len({fingerprint(*pools) for pools in different}) == len(different)


def test_a_missing_empty_or_wrong_directory_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(
        UserError,
        match=r"'competitve' is neither competitive nor variety nor one of metamon's .* nor a directory",
    ):
        team_set("competitve")
    with pytest.raises(UserError, match=r"holds no \*\.gen1ou_team files"):
        team_set(str(tmp_path))
    file = tmp_path / "one.gen1ou_team"
    file.write_text(export(team_set("competitive").training[0]))
    with pytest.raises(UserError, match=r"one\.gen1ou_team is not a directory"):
        team_set(str(file))
    with pytest.raises(UserError, match=r"none of its 1 teams fell into the .* pool"):
        team_set(str(tmp_path))
    assert len(team_set(str(tmp_path), held_out_fraction=0).training) == 1
    (tmp_path / "two.gen1ou_team").write_text("Tauros\n- Blizzard\nChansey\n")
    with pytest.raises(UserError, match=r"two\.gen1ou_team:3: 'Chansey' is no line") as error:
        team_set(str(tmp_path))
    assert "\n" not in str(error.value)


def test_metamons_sets_go_by_name_where_its_cache_has_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("modern_replays_v2", "competitive"):
        folder = tmp_path / "teams" / name / "gen1ou"
        folder.mkdir(parents=True)
        for team in team_set("competitive").teams[:12]:
            (folder / f"{team.name}.gen1ou_team").write_text(export(team))
        (folder / "other.gen2ou_team").write_text("another format's")
    monkeypatch.setenv("METAMON_CACHE_DIR", str(tmp_path))
    assert len(team_set("modern_replays_v2").teams) == 12
    assert len(team_set("metamon/competitive").teams) == 12
    assert len(team_set("competitive").teams) == len(team_set("competitive").teams) > 12
    with pytest.raises(
        UserError,
        match=r"paper_variety is not in metamon's cache: there is no .*teams/paper_variety",
    ):
        team_set("paper_variety")
    monkeypatch.delenv("METAMON_CACHE_DIR")
    with pytest.raises(UserError, match="METAMON_CACHE_DIR is not set"):
        team_set("modern_replays_v2")
