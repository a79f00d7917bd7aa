"""What is read off poke-env's Pokémon, and what is estimated of a foe."""

import math

from hypothesis import example, given
from hypothesis import strategies as st
from poke_env.battle.pokemon import Pokemon

from psro.pokemon.combatants import combatant_of, most_hp_of
from psro.pokemon.gen1_battle import LIGHT_SCREEN

CHANSEY_HP = 703


def pokemon(details: str, condition: str = "100/100") -> Pokemon:
    mon = Pokemon(gen=1, details=details)
    mon.set_hp_status(condition)
    return mon


def test_stats_of_a_foe_are_estimated_at_their_best() -> None:
    foe = combatant_of(pokemon("Tauros"))
    assert (foe.attack, foe.defense, foe.special, foe.speed) == (298, 288, 238, 318)
    assert foe.types == ("NORMAL",)
    assert combatant_of(pokemon("Tauros, L50")).attack == 151


def test_stats_of_ones_own_are_the_requests() -> None:
    own = pokemon("Tauros")
    own.stats = {"hp": 353, "atk": 290, "def": 280, "spa": 230, "spd": 230, "spe": 310}
    read = combatant_of(own)
    assert (read.attack, read.defense, read.special, read.speed) == (290, 280, 230, 310)


def test_transformed_it_has_the_stats_of_the_other_and_its_own_crits_and_hp() -> None:
    ditto, chansey = pokemon("Ditto"), pokemon("Chansey")
    ditto.stats = {"hp": 299, "atk": 194, "def": 194, "spa": 194, "spd": 194, "spe": 194}
    ditto.transform(chansey)
    read = combatant_of(ditto)
    assert (read.attack, read.special, read.types) == (108, 308, ("NORMAL",))
    assert read.base_speed == 48
    assert most_hp_of(ditto) == 299


def test_boosts_status_and_screens_are_read() -> None:
    foe = pokemon("Slowbro", "50/100 par")
    foe.boost("spa", 2)
    foe.boost("evasion", 1)
    foe.start_effect("Reflect")
    foe._effects[LIGHT_SCREEN] = 0
    read = combatant_of(foe)
    assert read.special_attack_boost == 2
    assert read.evasion_boost == 1
    assert read.is_paralyzed
    assert not read.is_burned
    assert read.reflect
    assert read.light_screen


@given(st.integers(1, CHANSEY_HP))
@example(CHANSEY_HP)
@example(CHANSEY_HP - 1)  # shown as 99 %
@example(696)
def test_most_hp_is_the_tightest_bound_of_the_shown_percentage(hp: int) -> None:
    """Shown as Showdown's `getHealth` does: rounded up, 100 only when full."""

    def shown(value: int) -> int:
        percent = math.ceil(100 * value / CHANSEY_HP)
        return 99 if percent == 100 and value < CHANSEY_HP else percent

    most = most_hp_of(pokemon("Chansey", f"{shown(hp)}/100"))
    assert most >= hp
    assert shown(most) == shown(hp)


def test_a_fainted_foe_has_no_hp() -> None:
    assert most_hp_of(pokemon("Chansey", "0 fnt")) == 0
