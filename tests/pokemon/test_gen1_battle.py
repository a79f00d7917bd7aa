"""Gen 1 as poke-env's Battle should follow it: one test per mistake put right."""

import pytest
from poke_env.battle import Effect, Status

from psro.pokemon.gen1_battle import LIGHT_SCREEN, BattleError, Gen1Battle

START = ["|start", "|switch|p1a: Tauros|Tauros|353/353", "|switch|p2a: Dragonite|Dragonite|100/100"]


def battle_after(*lines: str, side: int = 0) -> Gen1Battle:
    battle = Gen1Battle("battle", side)
    battle.read([*START, "|turn|1", *lines])
    return battle


def foe_moves(battle: Gen1Battle) -> dict[str, int]:
    assert battle.opponent_active_pokemon is not None
    moves = battle.opponent_active_pokemon.moves
    return {id_: move.max_pp - move.current_pp for id_, move in moves.items()}


def test_each_side_has_its_own_team() -> None:
    first, second = battle_after(), battle_after(side=1)
    assert [mon.species for mon in first.team.values()] == ["tauros"]
    assert [mon.species for mon in second.team.values()] == ["dragonite"]
    assert first.active_pokemon.species == second.opponent_active_pokemon.species == "tauros"


def test_a_move_that_goes_on_costs_no_pp() -> None:
    battle = battle_after(
        "|move|p2a: Dragonite|Wrap|p1a: Tauros",
        "|move|p2a: Dragonite|Wrap|p1a: Tauros|[from] Wrap",
        "|move|p2a: Dragonite|Wrap|p1a: Tauros|[from] Wrap|[miss]",
    )
    assert foe_moves(battle) == {"wrap": 1}


@pytest.mark.parametrize("caller", ["Metronome", "Mirror Move"])
def test_a_called_move_is_not_the_callers(caller: str) -> None:
    battle = battle_after(
        f"|move|p2a: Dragonite|{caller}|p2a: Dragonite",
        f"|move|p2a: Dragonite|Surf|p1a: Tauros|[from] {caller}",
    )
    assert foe_moves(battle) == {caller.lower().replace(" ", ""): 1}


def test_recharging_ends_with_the_recharge() -> None:
    battle = battle_after(
        "|move|p2a: Dragonite|Hyper Beam|p1a: Tauros", "|-mustrecharge|p2a: Dragonite"
    )
    assert battle.opponent_active_pokemon.must_recharge
    battle.read(["|cant|p2a: Dragonite|recharge"])
    assert not battle.opponent_active_pokemon.must_recharge


def test_mimic_stands_in_for_what_called_it_until_the_switch() -> None:
    battle = battle_after(
        "|move|p2a: Dragonite|Metronome|p2a: Dragonite",
        "|move|p2a: Dragonite|Mimic|p1a: Tauros|[from] Metronome",
        "|-start|p2a: Dragonite|Mimic|Blizzard",
    )
    dragonite = battle.opponent_active_pokemon
    assert list(dragonite.moves) == ["blizzard"]
    battle.read(["|switch|p2a: Mew|Mew|100/100"])
    assert list(dragonite.moves) == ["metronome"]


def test_transform_copies_until_the_switch() -> None:
    battle = battle_after(
        "|switch|p2a: Ditto|Ditto|100/100",
        "|move|p2a: Ditto|Transform|p1a: Tauros",
        "|-transform|p2a: Ditto|p1a: Tauros",
    )
    ditto = battle.opponent_active_pokemon
    assert ditto.transformed
    assert ditto.base_stats["spe"] == 110
    battle.read(["|switch|p2a: Mew|Mew|100/100"])
    assert not ditto.transformed
    assert list(ditto.moves) == ["transform"]


def test_light_screen_and_reflect() -> None:
    battle = battle_after("|-start|p2a: Dragonite|Light Screen", "|-start|p2a: Dragonite|Reflect")
    effects = battle.opponent_active_pokemon.effects
    assert set(effects) == {LIGHT_SCREEN, Effect.REFLECT}
    battle.read(["|-end|p2a: Dragonite|Light Screen|[silent]"])
    assert set(effects) == {Effect.REFLECT}


def test_hp_and_status_follow_the_condition() -> None:
    battle = battle_after(
        "|-damage|p1a: Tauros|100/353 par", "|-damage|p2a: Dragonite|0 fnt", "|faint|p2a: Dragonite"
    )
    assert (battle.active_pokemon.current_hp, battle.active_pokemon.max_hp) == (100, 353)
    assert battle.active_pokemon.status is Status.PAR
    assert battle.opponent_active_pokemon.fainted


def test_switching_out_clears_boosts_and_effects() -> None:
    battle = battle_after("|-boost|p2a: Dragonite|spe|2", "|-start|p2a: Dragonite|confusion")
    dragonite = battle.opponent_active_pokemon
    assert dragonite.boosts["spe"] == 2
    assert Effect.CONFUSION in dragonite.effects
    battle.read(["|switch|p2a: Mew|Mew|100/100"])
    assert not any(dragonite.boosts.values())
    assert not dragonite.effects
    assert battle.opponent_active_pokemon.species == "mew"


@pytest.mark.parametrize(
    "line",
    [
        "|-newthing|p1a: Tauros",
        "|-damage|p1a: Nobody|1/100",
        "|-damage|p1a: Tauros|garbage",
        "|-ability|p1a: Tauros|Intimidate|boost",
    ],
)
def test_what_it_does_not_understand_is_loud(line: str) -> None:
    with pytest.raises(BattleError, match=r"cannot parse '.*' of turn 1"):
        battle_after(line)


def test_a_seventh_pokemon_is_loud() -> None:
    names = ["Mew", "Abra", "Onix", "Muk", "Ditto", "Gengar"]
    with pytest.raises(BattleError, match="Gengar would be Pokemon 7"):
        battle_after(*(f"|switch|p2a: {name}|{name}|100/100" for name in names))
