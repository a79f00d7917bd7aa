"""The proof's battles: always the same ones, and all of Gen 1 is in them."""

from psro.machine.seeds import rng_from
from psro.pokemon.engine.judge.matchups import KINDS, matchup
from psro.pokemon.engine.judge.teams import MOVES, SPECIES, THEMES, random_set, themed_team


def test_a_battle_depends_on_seed_and_number_alone() -> None:
    assert matchup(3, 17) == matchup(3, 17)
    assert len({matchup(seed, number).seed for seed in range(5) for number in range(20)}) == 100


def test_every_species_and_move_comes_up() -> None:
    rng = rng_from("test", 1)
    sets = [random_set(rng) for _ in range(3000)]
    assert {each.species for each in sets} == set(SPECIES)
    assert len(SPECIES) == 151
    assert {move for each in sets for move in each.moves} == set(MOVES)
    assert len(MOVES) == 164


def test_sets_are_as_gen_1_has_them() -> None:
    rng = rng_from("test", 2)
    for _ in range(500):
        each = random_set(rng)
        assert 1 <= len(set(each.moves)) == len(each.moves) <= 4
        assert 1 <= each.level <= 100
        hp, atk, defense, special, special_defense, speed = each.ivs
        assert special == special_defense
        assert each.evs[3] == each.evs[4]
        if each.ivs != (31,) * 6:
            bits = [(iv // 2) & 1 for iv in (atk, defense, speed, special)]
            assert hp // 2 == 8 * bits[0] + 4 * bits[1] + 2 * bits[2] + bits[3]


def test_every_kind_comes_up_and_can_be_asked_for() -> None:
    kinds = {matchup(0, number).kind.partition("/")[0] for number in range(400)}
    assert kinds == set(KINDS)
    assert {matchup(0, number, ("real",)).kind for number in range(10)} == {"real"}


def test_some_battles_are_mirrors() -> None:
    battles = [matchup(0, number) for number in range(200)]
    mirrors = [battle for battle in battles if battle.teams[0] == battle.teams[1]]
    assert 5 <= len(mirrors) <= 50


def test_themes_name_moves_that_there_are() -> None:
    rng = rng_from("test", 3)
    for theme, moves in THEMES.items():
        assert set(moves.split()) <= set(MOVES), theme
        names = [move for each in themed_team(rng, theme).sets for move in each.moves]
        assert sum(name in moves.split() for name in names) >= len(names) / 2
