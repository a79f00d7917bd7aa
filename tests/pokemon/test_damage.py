"""The formulas against pokemon-showdown's own, in Node, and what they promise by themselves."""

import json
import random
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from poke_env.data import GenData

from psro.pokemon import damage
from psro.pokemon.damage import Combatant

REPOSITORY = Path(__file__).parents[2]
NUM_CASES = 1500
MOVES = sorted(m for m, e in GenData.from_gen(1).moves.items() if 0 < e["num"] <= 165)
SPECIES = sorted(s for s, e in GenData.from_gen(1).pokedex.items() if 0 < e["num"] <= 151)
STATS = ("atk", "def", "spa", "spe")


def random_side(rng: random.Random, species: str) -> dict[str, Any]:
    boosts = {stat: rng.choice([0, 0, 0, rng.randint(-6, 6)]) for stat in STATS}
    status = rng.choice(["", "", "burned", "paralyzed"])
    return {
        "species": species,
        "moves": ["tackle"],
        "level": rng.choice([100, 100, 100, rng.randint(1, 99)]),
        "boosts": boosts | {"spd": boosts["spa"]},
        "burned": status == "burned",
        "paralyzed": status == "paralyzed",
        "volatiles": rng.sample(["reflect", "lightscreen", "focusenergy"], rng.randint(0, 2)),
    }


def random_cases(num_cases: int) -> list[dict[str, Any]]:
    rng = random.Random(20)
    species = [s for s in SPECIES if "forme" not in GenData.from_gen(1).pokedex[s]]
    return [
        {
            "attacker": random_side(rng, rng.choice(species)),
            "defender": random_side(rng, rng.choice(species)),
            "move": MOVES[number % len(MOVES)],
            "critical": rng.random() < 0.3,
            "roll": rng.randint(damage.MIN_ROLL, damage.MAX_ROLL),
        }
        for number in range(num_cases)
    ]


def combatant(side: dict[str, Any]) -> Combatant:
    entry = GenData.from_gen(1).pokedex[side["species"]]
    base, level, boosts = entry["baseStats"], side["level"], side["boosts"]
    return Combatant(
        types=tuple(t.upper() for t in entry["types"]),
        base_speed=base["spe"],
        attack=damage.stat(base["atk"], level),
        defense=damage.stat(base["def"], level),
        special=damage.stat(base["spa"], level),
        speed=damage.stat(base["spe"], level),
        level=level,
        attack_boost=boosts["atk"],
        defense_boost=boosts["def"],
        special_attack_boost=boosts["spa"],
        special_defense_boost=boosts["spd"],
        speed_boost=boosts["spe"],
        is_burned=side["burned"],
        is_paralyzed=side["paralyzed"],
        reflect="reflect" in side["volatiles"],
        light_screen="lightscreen" in side["volatiles"],
        focus_energy="focusenergy" in side["volatiles"],
    )


@pytest.fixture(scope="module")
def simulated() -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """(case, what the simulator answers)."""
    assert shutil.which("node"), "these tests need node and `npm ci`"
    cases = random_cases(NUM_CASES)
    ran = subprocess.run(
        ["node", str(Path(__file__).with_name("damage_oracle.js"))],
        input=json.dumps(cases).encode(),
        capture_output=True,
        cwd=REPOSITORY,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr.decode()[-2000:]
    return list(zip(cases, json.loads(ran.stdout), strict=True))


def test_stats_speed_and_types_are_the_simulators(simulated: Any) -> None:
    for case, answer in simulated:
        side, stats = combatant(case["defender"]), answer["stats"]
        entry = GenData.from_gen(1).pokedex[case["defender"]["species"]]
        assert (side.attack, side.defense, side.special, side.special, side.speed) == tuple(
            stats[name] for name in ("atk", "def", "spa", "spd", "spe")
        )
        assert damage.max_hp(entry["baseStats"]["hp"], side.level) == stats["hp"]
        assert damage.speed_of(side) == answer["speed"], case
        assert side.types == tuple(t.upper() for t in answer["types"])


def test_damage_of_every_move_is_the_simulators(simulated: Any) -> None:
    num_hits = 0
    for case, answer in simulated:
        move = damage.move_data(case["move"])
        if move.fixed == "psywave" or move.fixed == "counter":
            continue  # drawn, or owed to a hit not yet taken
        hp = answer["stats"]["hp"]
        expected = min(hp, int(answer["damage"]))
        if move.fixed == "ohko" and damage.speed_of(combatant(case["defender"])) > damage.speed_of(
            combatant(case["attacker"])
        ):
            expected = 0  # tryMoveHit's rule, before getDamage is asked
        got = damage.hit_damage(
            move,
            combatant(case["attacker"]),
            combatant(case["defender"]),
            hp,
            case["critical"],
            case["roll"],
        )
        assert got == expected, case
        num_hits += expected > 0
    assert num_hits > NUM_CASES / 3


def test_critical_chance_is_the_simulators(simulated: Any) -> None:
    seen = 0
    for case, answer in simulated:
        if answer["chance"] is None:
            continue
        attacker = combatant(case["attacker"])
        chance = damage.critical_chance(
            attacker.base_speed,
            damage.move_data(case["move"]).high_critical,
            attacker.focus_energy,
        )
        assert chance == answer["chance"], case
        seen += 1
    assert seen > NUM_CASES / 3


TAUROS = Combatant(("NORMAL",), 110, attack=298, defense=288, special=238, speed=318)
CHANSEY = Combatant(("NORMAL",), 50, attack=108, defense=108, special=308, speed=198)
GENGAR = Combatant(("GHOST", "POISON"), 110, attack=228, defense=218, special=358, speed=318)


def test_fixed_damage_hits_what_its_type_cannot() -> None:
    assert damage.hit_damage(damage.move_data("seismictoss"), CHANSEY, GENGAR, 323) == 100
    assert damage.hit_damage(damage.move_data("superfang"), TAUROS, GENGAR, 301) == 150
    assert damage.hit_damage(damage.move_data("wrap"), TAUROS, GENGAR, 323) == 0
    assert damage.hit_damage(damage.move_data("bodyslam"), TAUROS, GENGAR, 323) == 0


def test_damage_never_exceeds_what_is_left() -> None:
    assert damage.hit_damage(damage.move_data("bodyslam"), TAUROS, CHANSEY, 7) == 7
    assert damage.uncapped_damage(damage.move_data("bodyslam"), TAUROS, CHANSEY, 7) == 273
    assert damage.worst_damage(damage.move_data("doublekick"), TAUROS, CHANSEY, 7) == 7


def test_expected_damage_by_hand() -> None:
    """Tauros' critical chance is 55 / 256; Take Down hits 216 / 256 of the time."""
    take_down = damage.move_data("takedown")
    normal = damage.hit_damage(take_down, TAUROS, CHANSEY, 703)
    critical = damage.hit_damage(take_down, TAUROS, CHANSEY, 703, is_critical=True)
    expected = 216 / 256 * (201 / 256 * normal + 55 / 256 * critical)
    assert damage.expected_damage(take_down, TAUROS, CHANSEY, 703) == pytest.approx(expected)
    # Two to five hits are three on average, the roll drawn per hit or not.
    pin_missile = damage.move_data("pinmissile")
    per_hit = damage.expected_damage(replace(pin_missile, num_hits=(1, 1)), TAUROS, CHANSEY, 703)
    assert damage.expected_damage(pin_missile, TAUROS, CHANSEY, 703) == pytest.approx(3 * per_hit)


def test_hit_chance_counts_stages_and_the_one_in_256() -> None:
    body_slam, swift = damage.move_data("bodyslam"), damage.move_data("swift")
    assert damage.hit_chance(body_slam, TAUROS, CHANSEY) == 255
    assert damage.hit_chance(swift, TAUROS, CHANSEY._replace(evasion_boost=6)) == 256
    # Double Team once: 255 × .66 in Gen 1.
    assert damage.hit_chance(body_slam, TAUROS, CHANSEY._replace(evasion_boost=1)) == 168


def test_unknown_move_is_named() -> None:
    with pytest.raises(ValueError, match="'closecombat'"):
        damage.move_data("closecombat")


@given(
    st.sampled_from(MOVES),
    st.integers(damage.MIN_ROLL, damage.MAX_ROLL),
    st.integers(1, 703),
    st.integers(-6, 6),
)
def test_no_hit_is_less_than_the_lowest_roll_or_more_than_is_left(
    move_id: str, roll: int, hp: int, stage: int
) -> None:
    move, attacker = damage.move_data(move_id), TAUROS._replace(attack_boost=stage)
    hit = damage.hit_damage(move, attacker, CHANSEY, hp, roll=roll)
    assert 0 <= hit <= hp
    assert damage.hit_damage(move, attacker, CHANSEY, hp, roll=damage.MIN_ROLL) <= hit
    assert damage.expected_damage(move, attacker, CHANSEY, hp) >= 0
    assert damage.worst_damage(move, attacker, CHANSEY, hp) <= hp


@given(st.integers(1, 255), st.integers(1, 100), st.integers(-6, 5))
def test_stats_grow_with_base_and_stage(base: int, level: int, stage: int) -> None:
    value = damage.stat(base, level)
    assert damage.stat(base - 1, level) <= value
    assert damage.stat(base, level, dv=0, stat_exp=0) <= value
    assert 1 <= damage.boosted(value, stage) <= damage.boosted(value, stage + 1) <= 999
