"""Estimated damage against what the simulator's own moves do, roll by roll."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psro.pokemon.damage import Combatant, max_hp, stat
from psro.pokemon.observations.estimates import (
    _capped_mean,
    attack,
    best_attack,
    hit_chance,
    segments,
)
from psro.pokemon.observations.facts import SPECIES

REPOSITORY = Path(__file__).parents[3]
COUNT = 2500


@dataclass(frozen=True)
class Case:
    attacker: str
    defender: str
    move: str
    boosts: int = 0
    reflect: bool = False
    hp: int | None = None

    @property
    def target_hp(self) -> int:
        return self.hp or max_hp(SPECIES[self.defender].base_hp)


CASES = (
    Case("tauros", "chansey", "bodyslam"),
    Case("tauros", "alakazam", "bodyslam", hp=230),  # between a KO and none
    Case("rhydon", "zapdos", "rockslide"),
    Case("starmie", "rhydon", "surf"),
    Case("snorlax", "gengar", "earthquake"),
    Case("alakazam", "tauros", "psychic"),
    Case("persian", "tauros", "slash"),  # nearly always critical
    Case("snorlax", "snorlax", "selfdestruct"),
    Case("chansey", "alakazam", "seismictoss"),
    Case("hypno", "alakazam", "psywave"),
    Case("jolteon", "exeggutor", "pinmissile"),  # two to five hits
    Case("marowak", "jolteon", "bonemerang"),
    Case("raticate", "chansey", "superfang"),
    Case("slowbro", "snorlax", "surf", boosts=2),
    Case("tauros", "snorlax", "bodyslam", reflect=True),
    Case("jynx", "tauros", "blizzard"),
    Case("tauros", "gengar", "hyperbeam"),  # immune
    Case("lapras", "dragonite", "icebeam", hp=300),
)


def fighter(species: str, boosts: int = 0, reflect: bool = False) -> Combatant:
    facts = SPECIES[species]
    return Combatant(
        types=facts.types,
        base_speed=facts.base_speed,
        attack=stat(facts.base_attack),
        defense=stat(facts.base_defense),
        special=stat(facts.base_special),
        speed=stat(facts.base_speed),
        attack_boost=boosts,
        special_attack_boost=boosts,
        reflect=reflect,
    )


def pair(case: Case) -> tuple[Combatant, Combatant]:
    return fighter(case.attacker, case.boosts), fighter(case.defender, reflect=case.reflect)


@pytest.fixture(scope="module")
def losses() -> dict[Case, np.ndarray]:
    """Per case the HP that each of COUNT uses took."""
    request = [
        {
            "attacker": c.attacker,
            "defender": c.defender,
            "move": c.move,
            "boosts": c.boosts,
            "reflect": c.reflect,
            "hp": c.target_hp,
            "count": COUNT,
        }
        for c in CASES
    ]
    ran = subprocess.run(
        ["node", str(Path(__file__).with_name("use_moves.js"))],
        input=json.dumps(request).encode(),
        capture_output=True,
        cwd=REPOSITORY,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr.decode()[-2000:]
    return {
        case: np.array(row, float) for case, row in zip(CASES, json.loads(ran.stdout), strict=True)
    }


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.attacker}-{c.move}-{c.defender}")
def test_mean_and_ko_chance_are_the_simulators(case: Case, losses: dict[Case, np.ndarray]) -> None:
    taken, chance = losses[case], hit_chance(case.move)
    estimate = attack(case.move, *pair(case), case.target_hp)
    error = 4 * taken.std() / np.sqrt(COUNT)
    assert abs(chance * estimate.mean - taken.mean()) <= error + 0.01 * taken.mean()
    num_kos = (taken >= case.target_hp).mean()
    assert abs(chance * estimate.ko_chance - num_kos) <= 4 * np.sqrt(0.25 / COUNT) + 0.005
    dealt = taken[taken > 0]
    if len(dealt):
        assert min(estimate.least, case.target_hp) <= dealt.min()


def test_a_likely_move_counts_by_its_likelihood() -> None:
    tauros, zapdos = fighter("tauros"), fighter("zapdos")
    sure = best_attack((("blizzard", 1.0),), tauros, zapdos, 383)
    half = best_attack((("blizzard", 0.5),), tauros, zapdos, 383)
    assert half.mean == pytest.approx(sure.mean / 2)
    both = best_attack((("blizzard", 0.5), ("bodyslam", 1.0)), tauros, zapdos, 383)
    alone = best_attack((("bodyslam", 1.0),), tauros, zapdos, 383)
    assert both.mean == max(alone.mean, half.mean)


def test_accuracy_and_evasion_stages() -> None:
    assert hit_chance("bodyslam") == 255 / 256
    assert hit_chance("swift") == 1.0
    assert hit_chance("blizzard", 6) == 255 / 256
    assert hit_chance("bodyslam", 0, 6) == 63 / 256
    assert hit_chance("bodyslam", -1) < hit_chance("bodyslam") > hit_chance("bodyslam", 0, 1)


def test_screens_and_burn_halve() -> None:
    tauros, chansey = fighter("tauros"), fighter("snorlax")
    plain = attack("bodyslam", tauros, chansey, 523).least
    assert attack("bodyslam", tauros, chansey._replace(reflect=True), 523).least < 0.55 * plain
    assert attack("bodyslam", tauros._replace(is_burned=True), chansey, 523).least < 0.55 * plain
    blizzard = attack("blizzard", tauros, chansey, 523).least
    assert attack("blizzard", tauros, chansey._replace(light_screen=True), 523).least < (
        0.55 * blizzard
    )


@given(st.integers(1, 300), st.integers(0, 60), st.data())
def test_capped_mean_is_exact(least: int, span: int, data: st.DataObject) -> None:
    most = least + span
    cap = data.draw(st.integers(least, most))
    values = np.minimum(np.arange(least, most + 1), cap)
    assert _capped_mean(least, most, cap) == pytest.approx(values.mean())


@given(
    st.sampled_from(sorted(SPECIES)),
    st.sampled_from(sorted(SPECIES)),
    st.sampled_from(["bodyslam", "psychic", "pinmissile", "psywave", "slash", "superfang", "bide"]),
    st.integers(1, 703),
)
def test_an_attack_is_a_distribution(first: str, second: str, move: str, hp: int) -> None:
    own, foe = fighter(first), fighter(second)
    parts = segments(move, own, foe)
    if parts:
        assert sum(p for p, _, _ in parts) == pytest.approx(1)
    result = attack(move, own, foe, hp)
    assert 0 <= result.mean <= hp + 1e-9
    assert 0 <= result.ko_chance <= 1 + 1e-9
    # Less HP left: a KO is no less likely, and no more can be taken.
    less = attack(move, own, foe, max(1, hp - 20))
    assert less.ko_chance >= result.ko_chance - 1e-9
    assert less.mean <= result.mean + 1e-9
