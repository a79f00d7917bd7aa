"""Rewards on hand-computed positions, on whole battles, and the identities that they promise."""

import copy
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psro.pokemon.observations.records import record as r
from psro.pokemon.observations.records.from_state import fill_record
from psro.pokemon.rewards import (
    REWARDS,
    HpMargin,
    MetamonAggressive,
    MetamonBinary,
    MetamonShaped,
    Numbers,
    Potential,
    Reward,
    make_reward,
    rewards_of,
)
from psro.pokemon.state import BattleState
from psro.pokemon.teams.export import PokemonSet, Team
from tests.pokemon.observations.random_battles import first_decisions, play_random

SPECIES = ("tauros", "chansey", "snorlax", "starmie", "exeggutor", "alakazam")
TEAM = Team("six", tuple(PokemonSet(name, ("rest", "toxic")) for name in SPECIES))
MARGINS = st.lists(st.floats(-1.1, 1.1), min_size=1, max_size=60)
SCORES = st.sampled_from([0.0, 0.5, 1.0])


@pytest.fixture(scope="module")
def at_start() -> BattleState:
    return first_decisions((TEAM, TEAM))[0]


def after(state: BattleState, *lines: str) -> BattleState:
    """The state when these lines have been read too, the original untouched."""
    later = copy.deepcopy(state)
    later.read(list(lines))
    return later


def snapshot(reward: Reward, state: BattleState) -> Numbers:
    """[1, K]"""
    records = np.zeros((1, r.WIDTH), np.int16)
    fill_record(state, records, 0)
    return reward.snapshots(records)


def ends(reward: Reward, last: Numbers, final: Numbers, score: float) -> float:
    return float(reward.end(last, final, np.array([score]))[0])


def earned(reward: Reward, state: BattleState, *lines: str) -> float:
    later = snapshot(reward, after(state, *lines))
    return float(reward.step(snapshot(reward, state), later)[0])


def total(reward: Reward, margins: list[float], final: float, score: float, gamma: float) -> float:
    """The discounted return of an episode whose Φ at the decisions are `margins`."""
    snapshots = [np.array([[margin]]) for margin in margins]
    rewards = [float(reward.step(a, b)[0]) for a, b in pairwise(snapshots)]
    rewards.append(ends(reward, snapshots[-1], np.array([[final]]), score))
    return sum(gamma**t * r for t, r in enumerate(rewards))


@given(MARGINS, st.floats(-1.1, 1.1), SCORES, st.floats(0.5, 1.0))
def test_potential_shaping_telescopes(
    margins: list[float], final: float, score: float, gamma: float
) -> None:
    """Σ γᵗ r = γᵀ · result − Φ(start), whatever happens in between: the best policies stay the best."""
    expected = gamma ** (len(margins) - 1) * (2 * score - 1) - margins[0]
    assert total(Potential(gamma), margins, final, score, gamma) == pytest.approx(expected)


@given(MARGINS, st.floats(-1.1, 1.1), SCORES)
def test_hp_margin_pays_the_result_and_twice_the_final_margin(
    margins: list[float], final: float, score: float
) -> None:
    expected = (2 * score - 1) + 2 * (final - margins[0])
    assert total(HpMargin(), margins, final, score, 1.0) == pytest.approx(expected)


def test_hp_margin_by_hand(at_start: BattleState) -> None:
    reward = HpMargin()
    assert snapshot(reward, at_start) == 0
    # The foe loses 40 % of one of six: Φ rises by ½ · 0.4 / 6.
    assert earned(reward, at_start, "|-damage|p2a: Tauros|60/100") == pytest.approx(0.4 / 6)
    # Own Tauros at 353 HP loses a third, and is paralysed: −½ · ⅓ / 6 − 0.1 / 6.
    hurt = "|-damage|p1a: Tauros|{}/353 par"
    lost = 353 // 3
    assert earned(reward, at_start, hurt.format(353 - lost)) == pytest.approx(
        2 * (-0.5 * lost / 353 - 0.1) / 6
    )
    # A foe's faint: its HP and its life, and its status is of no account any more.
    fainted = earned(reward, at_start, "|-damage|p2a: Tauros|0 fnt", "|faint|p2a: Tauros")
    assert fainted == pytest.approx(2 * (0.5 + 0.5) / 6)
    # A foe seen for the first time at full health changes nothing: it counted before.
    switch = "|switch|p2a: Chansey|Chansey|100/100"
    assert earned(reward, at_start, switch) == pytest.approx(0)


def test_metamon_shaped_by_hand(at_start: BattleState) -> None:
    reward = MetamonShaped()
    damage = "|-damage|p2a: Tauros|60/100"
    assert earned(reward, at_start, damage) == pytest.approx(0.4)
    assert earned(reward, at_start, "|-status|p2a: Tauros|par") == pytest.approx(0.5)
    assert earned(reward, at_start, "|-status|p1a: Tauros|par") == pytest.approx(-0.5)
    # HP 100 %, `fnt` counts as a status given (metamon's way), one foe fewer.
    faint = ("|-damage|p2a: Tauros|0 fnt", "|faint|p2a: Tauros")
    assert earned(reward, at_start, *faint) == pytest.approx(1 + 0.5 + 1)
    # Damage to a foe that then leaves is not seen.
    left = (damage, "|switch|p2a: Chansey|Chansey|100/100")
    assert earned(reward, at_start, *left) == 0
    # An own switch compares the newcomer with itself.
    assert earned(reward, at_start, "|switch|p1a: Chansey|Chansey|703/703") == 0
    # The bench shrinks when the replacement of a fainted one comes in.
    dead = after(at_start, "|-damage|p1a: Tauros|0 fnt", "|faint|p1a: Tauros")
    replaced = "|switch|p1a: Chansey|Chansey|703/703"
    assert earned(reward, dead, replaced) == pytest.approx(-1)


def test_metamon_aggressive_by_hand(at_start: BattleState) -> None:
    reward = MetamonAggressive()
    faint = ("|-damage|p2a: Tauros|0 fnt", "|faint|p2a: Tauros")
    assert earned(reward, at_start, *faint) == pytest.approx(1 + 2)
    assert earned(reward, at_start, "|-status|p2a: Tauros|par") == 0
    now = snapshot(reward, at_start)
    assert [ends(reward, now, now, s) for s in (1.0, 0.5, 0.0)] == [200, 0, 0]


def test_metamon_ends(at_start: BattleState) -> None:
    for reward in (MetamonShaped(), MetamonBinary()):
        now = snapshot(reward, at_start)
        assert [ends(reward, now, now, s) for s in (1.0, 0.5, 0.0)] == [100, 0, -100]
        assert reward.step(now, now) == 0


def test_whole_battles_pay_what_happened() -> None:
    """On real battles: hp_margin returns ±1 + 2Φ(end), and both sides' Φ are opposite but for rounding."""
    reward = HpMargin()
    taken: dict[tuple[int, int], list[Numbers]] = {}
    finals: dict[tuple[int, int], float] = {}

    def visit(battle: int, state: BattleState) -> None:
        taken.setdefault((battle, state.side), []).append(snapshot(reward, state))

    def end(battle: int, state: BattleState, score: float) -> None:
        snapshots, last = taken[battle, state.side], snapshot(reward, state)
        final = float(last[0, 0])
        assert snapshots[0] == 0
        steps = [float(reward.step(a, b)[0]) for a, b in pairwise(snapshots)]
        earned = sum(steps) + ends(reward, snapshots[-1], last, score)
        assert earned == pytest.approx(2 * score - 1 + 2 * final)
        assert final == 0 or (final > 0) == (score == 1)
        finals[battle, state.side] = final

    play_random(8, visit, end, key="rewards")
    assert len(finals) == 16
    for battle in range(8):
        # A foe's HP is a percentage, rounded up.
        assert finals[battle, 0] == pytest.approx(-finals[battle, 1], abs=0.5 * 6 * 0.01 / 6)


def test_every_reward_runs_on_whole_battles() -> None:
    rewards = [make_reward(name) for name in REWARDS]
    last: dict[tuple[int, int], list[Numbers]] = {}
    sums = {reward.name: 0.0 for reward in rewards}

    def visit(battle: int, state: BattleState) -> None:
        now = [snapshot(reward, state) for reward in rewards]
        for reward, before, after in zip(
            rewards, last.get((battle, state.side), now), now, strict=True
        ):
            sums[reward.name] += abs(float(reward.step(before, after)[0]))
        last[battle, state.side] = now

    def end(battle: int, state: BattleState, score: float) -> None:
        for reward, before in zip(rewards, last[battle, state.side], strict=True):
            sums[reward.name] += abs(ends(reward, before, snapshot(reward, state), score))

    play_random(3, visit, end, key="all rewards")
    assert all(value > 0 for value in sums.values())


def test_rewards_are_laid_out_by_episode() -> None:
    """Each decision's follows from it and the next of its episode; an episode without decisions earns nothing."""
    rng = np.random.default_rng(0)
    records = np.zeros((5, r.WIDTH), np.int16)
    finals = np.zeros((3, r.WIDTH), np.int16)
    for row in (*records, *finals):
        row[[r.SPECIES, r.MAX_HP, r.FOE + r.SPECIES, r.FOE + r.MAX_HP]] = 1, 100, 1, 100
        row[[r.HP, r.FOE + r.HP]] = rng.integers(1, 100, 2)
        row[r.FOE_TEAM_SIZE] = 1
    offsets, scores = np.array([0, 2, 2, 5]), np.array([1.0, 0.0, 0.5])
    reward = HpMargin()
    found = rewards_of(reward, records, offsets, finals, scores)
    phi = (records[:, r.HP] - records[:, r.FOE + r.HP]) / 100 / 12
    end = (finals[:, r.HP] - finals[:, r.FOE + r.HP]) / 100 / 12
    expected = [
        2 * (phi[1] - phi[0]),
        2 * (end[0] - phi[1]) + 1,
        2 * (phi[3] - phi[2]),
        2 * (phi[4] - phi[3]),
        2 * (end[2] - phi[4]),
    ]
    assert found == pytest.approx(expected)


def test_unknown_names_and_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match=r"hp_margin.*potential"):
        make_reward("score")
    with pytest.raises(ValueError, match=r"hp_margin.*gamma"):
        make_reward("hp_margin", {"gamma": 0.9})
    with pytest.raises(ValueError, match="gamma"):
        make_reward("potential", {"gamma": 1.5})
    assert make_reward("potential", {"gamma": 0.9}).name == "potential"
