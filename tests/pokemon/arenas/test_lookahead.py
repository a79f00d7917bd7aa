"""Looking one turn ahead changes no battle, and finds what carrying out each action comes to."""

from dataclasses import replace

import numpy as np
import pytest

from psro.game.lookahead import Lookahead
from psro.game.policies import BasePolicy, mix
from psro.game.protocols import LookaheadSettings
from psro.pokemon.arenas import engine_lookahead
from psro.pokemon.arenas.engine import EngineArena
from psro.pokemon.arenas.engine_kernels import answer, survey
from psro.pokemon.arenas.routed import RoutedArena
from psro.pokemon.engine.layout import (
    ENDED,
    MOVE,
    REQUEST,
    SEED,
    SIDE,
    SIDE_SIZE,
    WINNER,
)
from psro.pokemon.engine.sight import watched
from psro.pokemon.engine.sight.write import write_records
from psro.pokemon.observations.records.record import LEGAL, WIDTH
from psro.pokemon.observations.records.spec import RECORD_VIEW
from psro.pokemon.observations.views import write_view
from psro.pokemon.rewards import margin
from tests.game.conformance import check_results_are_whole, jobs_between
from tests.pokemon.arenas.arenas import Noisy, make_arena

DISCOUNT = 0.9


class ByNumbers:
    """Values a position by the view's first numbers: any function of what is seen will do."""

    view = "structured"

    def values(self, observations, legal_mask):
        return observations["numbers"][:, :20].astype(np.float64).sum(axis=1) / 20


class Counting(BasePolicy):
    """Remembers how often it was asked in an episode, and chooses by that."""

    name, view = "counting", "structured"

    def __init__(self):
        self.counts = {}

    def act(self, decisions):
        actions = []
        for episode, mask in zip(decisions.episodes.tolist(), decisions.legal_mask, strict=True):
            self.counts[episode] = self.counts.get(episode, 0) + 1
            legal = np.flatnonzero(mask)
            actions.append(legal[self.counts[episode] % len(legal)])
        return np.array(actions, np.int64)

    def forget(self, episodes):
        for episode in episodes:
            self.counts.pop(int(episode), None)


class CheatsAhead(Counting):
    """Chooses what is no action, once, and in a copy."""

    has_cheated = False

    def act(self, decisions):
        actions = super().act(decisions)
        if len(actions) and decisions.episodes[0] < 0 and not self.has_cheated:
            actions[0], self.has_cheated = 99, True
        return actions


def looking(fraction=1.0, valuer=None, reward_scale=1.0):
    return Lookahead(valuer or ByNumbers(), LookaheadSettings(fraction, DISCOUNT, reward_scale))


def recorded_jobs(num=12):
    return [replace(job, record=(True, False)) for job in jobs_between("noisy", "counting", num)]


def played(lookahead, lanes=4, counting=None):
    arena = make_arena("engine", lanes=lanes)
    assert isinstance(arena, EngineArena)
    counting = counting or Counting()
    policies = {"noisy": Noisy("noisy"), "counting": counting}
    jobs, callbacks = recorded_jobs(), (lambda *_: None, lambda: False)
    try:
        if lookahead is None:
            result = arena.play(jobs, policies, RECORD_VIEW, *callbacks)
        else:
            result = arena.play_looking_ahead(jobs, policies, RECORD_VIEW, lookahead, *callbacks)
    finally:
        arena.close()
    assert counting.counts == {}, "every episode is forgotten, the copies' too"
    return result


@pytest.fixture(scope="module")
def plain():
    return played(None)


@pytest.fixture(scope="module")
def looked():
    return played(looking())


def test_the_battles_stay_what_they_are(plain, looked):
    """Also against an opponent who remembers, and is asked in the copies as well."""
    assert plain.trajectories.action_values is None
    assert looked.outcomes == plain.outcomes
    for name in ("actions", "rewards", "offsets"):
        np.testing.assert_array_equal(
            getattr(looked.trajectories, name), getattr(plain.trajectories, name)
        )


def test_an_illegal_answer_in_a_copy_breaks_its_battle_and_no_other(plain):
    result = played(looking(), counting=CheatsAhead())
    (failure,) = result.failures
    assert failure.reason.startswith("policy counting: action 99 is illegal; legal are [")
    assert failure.reason.endswith("(asked in a copy, looking ahead)")
    assert result.outcomes == tuple(o for o in plain.outcomes if o.seed != failure.seed)
    check_results_are_whole(result, recorded_jobs())
    values = result.trajectories.action_values
    np.testing.assert_array_equal(np.isfinite(values), result.trajectories.legal_mask)


def test_every_legal_action_has_a_value_and_no_other(looked):
    values = looked.trajectories.action_values
    np.testing.assert_array_equal(np.isfinite(values), looked.trajectories.legal_mask)
    assert np.nanstd(values.astype(np.float64)) > 0.05


def test_values_do_not_depend_on_the_lanes(looked):
    other = played(looking(), lanes=3)
    np.testing.assert_array_equal(
        other.trajectories.action_values, looked.trajectories.action_values
    )


def test_a_fraction_is_drawn_by_the_decisions_seeds(looked):
    whole = looked.trajectories.action_values
    some = played(looking(0.3)).trajectories.action_values
    rows = ~np.isnan(some).all(axis=1)
    assert 0.2 < rows.mean() < 0.4
    np.testing.assert_array_equal(some[rows], whole[rows])


def test_values_are_in_the_rewards_unit_whatever_the_valuers_is(looked):
    class Doubled(ByNumbers):
        def values(self, observations, legal_mask):
            return 2 * super().values(observations, legal_mask)

    doubled = played(looking(valuer=Doubled(), reward_scale=2.0))
    np.testing.assert_array_equal(
        doubled.trajectories.action_values, looked.trajectories.action_values
    )


def test_an_actions_value_is_its_reward_and_what_follows(monkeypatch):
    """Played by hand: a copy of the lane, its dice, the action, one step; where the side decides again at once, or the battle ends."""
    compared = {"goes on": 0, "ends": 0}
    original = engine_lookahead.TurnAhead.values

    def values(self, state, rows, seeds):
        found, broken = original(self, state, rows, seeds)
        assert not broken
        for k, row in enumerate(rows.tolist()):
            for action in np.flatnonzero(state.records[row, LEGAL] >> np.arange(9) & 1).tolist():
                kind, worth = by_hand(state, row >> 1, row & 1, action, int(seeds[k]))
                if kind in compared:
                    compared[kind] += 1
                    assert found[k, action] == pytest.approx(worth, abs=2e-3, rel=2e-3)
        return found, broken

    monkeypatch.setattr(engine_lookahead.TurnAhead, "values", values)
    played(looking(0.3))
    assert compared["goes on"] > 300
    assert compared["ends"] > 3


def by_hand(state, lane, side, action, seed):
    lanes, knowledge = state.lanes[[lane]].copy(), state.knowledge[[lane]].copy()
    word = int(mix(np.array([seed], np.uint64), 1)[0])
    words = [(word >> 16 * i) & 0xFFFF for i in range(4)]
    lanes[0, SEED : SEED + 4] = np.array(words, np.uint16).view(np.int16)
    records = np.ascontiguousarray(state.records[2 * lane : 2 * lane + 2])
    choices = state.choices[[lane]].copy()
    answer(lanes, records, np.array([side]), np.array([action]), choices)
    watched.step(lanes, knowledge, choices)
    after, decides = np.zeros((2, WIDTH), np.int16), np.zeros((1, 2), np.bool_)
    before = margin(records[[side]])[0]
    if lanes[0, ENDED]:
        lanes[0, [SIDE + REQUEST, SIDE + SIDE_SIZE + REQUEST]] = MOVE
        write_records(lanes, knowledge, after)
        won = {-1: 0.0, side: 1.0, 1 - side: -1.0}[int(lanes[0, WINNER])]
        return "ends", 2 * (margin(after[[side]])[0] - before) + won
    write_records(lanes, knowledge, after)
    survey(lanes, after, choices, decides)
    if not decides[0, side]:
        return "is not asked", None
    shown = write_view("structured", after[[side]])
    reward = 2 * (margin(after[[side]])[0] - before)
    return "goes on", reward + DISCOUNT * ByNumbers().values(shown, None)[0]


def test_an_arena_with_a_server_behind_it_looks_ahead_at_what_is_played_here(looked):
    here = make_arena("engine")
    policies = {"noisy": Noisy("noisy"), "counting": Counting()}
    # Nobody is remote, so what there is on the other side does not matter.
    routed = RoutedArena(here, here)
    try:
        ahead = looking()
        result = routed.play_looking_ahead(
            recorded_jobs(), policies, RECORD_VIEW, ahead, lambda *_: None, lambda: False
        )
    finally:
        routed.close()
    np.testing.assert_array_equal(
        result.trajectories.action_values, looked.trajectories.action_values
    )
