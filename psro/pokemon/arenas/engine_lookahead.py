"""One turn of lookahead on the engine (psro.game.lookahead): copies of lanes, a lane for each legal action of each decision."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from psro.game.lookahead import Lookahead
from psro.game.policies import Decisions, Policy, mix, uniform_from
from psro.pokemon.arenas.engine_kernels import answer, survey
from psro.pokemon.arenas.engine_lanes import EngineLanes
from psro.pokemon.arenas.recorder import legal_masks
from psro.pokemon.arenas.settings import NO_VIEW, are_legal, check_actions, illegal
from psro.pokemon.choices import NUM_ACTIONS
from psro.pokemon.engine.layout import ENDED, MOVE, REQUEST, SEED, SIDE, SIDE_SIZE, WAIT, WINNER
from psro.pokemon.engine.sight import watched
from psro.pokemon.engine.sight.write import write_records
from psro.pokemon.observations.records.record import WIDTH
from psro.pokemon.observations.views import write_view
from psro.pokemon.rewards import Reward

MAX_STEPS = 4
"""Of a copy, its first included, until its side's next decision; a Pokémon that goes on with Rage would never come to one."""
_DICE, _DRAW, _OPPONENT = 1, 2, 3
"""Streams of a decision's seed; 0 is its own."""
_BATCH = 4096


@dataclass
class _Copies:
    """M copies of lanes, each looked at from one side."""

    lanes: NDArray[np.int16]
    knowledge: NDArray[np.int16]
    choices: NDArray[np.int8]
    sides: NDArray[np.int64]
    opponents: NDArray[np.int64]
    """Number of the policy on the other side."""
    seeds: NDArray[np.uint64]
    """Of the decision that is looked ahead at."""

    def take(self, index: NDArray[np.int64]) -> "_Copies":
        """Copies of these."""
        return _Copies(
            self.lanes[index],
            self.knowledge[index],
            self.choices[index],
            self.sides[index],
            self.opponents[index],
            self.seeds[index],
        )


class TurnAhead:
    """Looks ahead at decisions of one call of `play`."""

    def __init__(self, lookahead: Lookahead, reward: Reward, players: Sequence[Policy]):
        """`players`: by their numbers in the lanes; those who come later are found as well."""
        self._lookahead, self._reward, self._players = lookahead, reward, players

    def drawn(self, seeds: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Which of the decisions with these seeds are looked ahead at."""
        fraction = self._lookahead.settings.fraction
        drawn: NDArray[np.bool_] = uniform_from(mix(seeds, _DRAW)) < fraction
        return drawn

    def values(
        self, state: EngineLanes, rows: NDArray[np.int64], seeds: NDArray[np.uint64]
    ) -> tuple[NDArray[np.float16], dict[int, str]]:
        """Q̂ [K, NUM_ACTIONS], NaN where illegal, of the decisions at `rows` (2 · lane + side), whose choices are made but not carried out.

        And why copies broke, by the places of their decisions in `rows`: values there are of no use.
        """
        decided = state.records[rows]
        at, actions = (np.ascontiguousarray(places) for places in np.nonzero(legal_masks(decided)))
        finals, scores, broken = self._play_on(_started(state, rows, seeds, decided, at, actions))
        before, after = self._reward.snapshots(decided)[at], self._reward.snapshots(finals)
        found = np.empty(len(at))
        over, goes_on = np.flatnonzero(scores >= 0), np.flatnonzero(scores < 0)
        found[over] = self._reward.end(before[over], after[over], scores[over])
        found[goes_on] = self._reward.step(before[goes_on], after[goes_on])
        settings = self._lookahead.settings
        found[goes_on] += settings.discount / settings.reward_scale * self._worth(finals[goes_on])
        values = np.full((len(rows), NUM_ACTIONS), np.nan, np.float16)
        values[at, actions] = found
        return values, {int(at[copy]): reason for copy, reason in broken.items()}

    def _play_on(
        self, copies: _Copies
    ) -> tuple[NDArray[np.int16], NDArray[np.float64], dict[int, str]]:
        """What each copy's side sees at its next decision or at the end, [M, WIDTH], and its score there; −1 where it goes on.

        And why copies broke, by their numbers; what their sides see is of then.
        """
        num = len(copies.sides)
        finals, scores = np.zeros((num, WIDTH), np.int16), np.full(num, -1.0)
        broken: dict[int, str] = {}
        running = np.arange(num)
        for step in range(1, MAX_STEPS + 1):
            watched.step(copies.lanes, copies.knowledge, copies.choices)
            records, decides = _surveyed(copies)
            mine = np.arange(len(running))
            ended = copies.lanes[:, ENDED] != 0
            there = ended | decides[mine, copies.sides]
            if step == MAX_STEPS:
                there[:] = True
            arrived = np.flatnonzero(there)
            finals[running[arrived]] = _seen(copies, arrived, records)
            over = np.flatnonzero(ended)
            scores[running[over]] = _scores(copies.lanes[over], copies.sides[over])
            left = np.flatnonzero(~there)
            asked = left[decides[left, 1 - copies.sides[left]]]
            wrong = self._answer(copies, asked, records, step)
            if wrong:
                gone = np.array([*wrong])
                finals[running[gone]] = _seen(copies, gone, records)
                broken |= {int(running[copy]): reason for copy, reason in wrong.items()}
                left = np.setdiff1d(left, gone)
            if not len(left):
                break
            copies, running = copies.take(left), running[left]
        return finals, scores, broken

    def _answer(
        self, copies: _Copies, index: NDArray[np.int64], records: NDArray[np.int16], step: int
    ) -> dict[int, str]:
        """The opponents' decisions while the looking side has none: a replacement, a move against one who recharges.

        Returns what is wrong with illegal ones, by the places of their copies in `copies`.
        """
        wrong: dict[int, str] = {}
        rows = 2 * index + 1 - copies.sides[index]
        for number in np.unique(copies.opponents[index]).tolist():
            policy = self._players[number]
            own = np.flatnonzero(copies.opponents[index] == number)
            shown = records[rows[own]]
            observations = {} if policy.view == NO_VIEW else write_view(policy.view, shown)
            seeds = mix(copies.seeds[index[own]], _OPPONENT + step)
            # Episodes of their own: one who remembers chooses as though the battle began here, and its real ones stay as they are.
            episodes = -1 - np.arange(len(own))
            mask = legal_masks(shown)
            actions = policy.act(Decisions(observations, mask, seeds, episodes))
            actions = check_actions(policy.name, actions, len(own))
            policy.forget(episodes.tolist())
            legal = are_legal(actions, mask)
            for k in np.flatnonzero(~legal).tolist():
                reason = illegal(policy.name, actions[k], mask[k])
                wrong[int(index[own[k]])] = f"{reason} (asked in a copy, looking ahead)"
            answer(copies.lanes, records, rows[own][legal], actions[legal], copies.choices)
        return wrong

    def _worth(self, records: NDArray[np.int16]) -> NDArray[np.float64]:
        """V of what is seen, [K]."""
        worth = np.empty(len(records))
        valuer = self._lookahead.valuer
        for start in range(0, len(records), _BATCH):
            rows = slice(start, start + _BATCH)
            shown = records[rows]
            worth[rows] = valuer.values(write_view(valuer.view, shown), legal_masks(shown))
        return worth


def _started(
    state: EngineLanes,
    rows: NDArray[np.int64],
    seeds: NDArray[np.uint64],
    decided: NDArray[np.int16],
    at: NDArray[np.int64],
    actions: NDArray[np.int64],
) -> _Copies:
    """A copy for each of the `actions`, of the decisions `at`, with that action chosen. All actions of a decision have the same dice."""
    lanes, sides = rows[at] >> 1, rows[at] & 1
    copies = _Copies(
        state.lanes[lanes],
        state.knowledge[lanes],
        state.choices[lanes],
        sides,
        state.players[lanes, 1 - sides],
        seeds[at],
    )
    dice = mix(seeds, _DICE).astype("<u8").view("<u2").reshape(-1, 4).view("<i2")
    copies.lanes[:, SEED : SEED + 4] = dice[at]
    records = np.zeros((2 * len(at), WIDTH), np.int16)
    own = 2 * np.arange(len(at)) + sides
    records[own] = decided[at]
    answer(copies.lanes, records, own, actions, copies.choices)
    return copies


def _surveyed(copies: _Copies) -> tuple[NDArray[np.int16], NDArray[np.bool_]]:
    """The records of both sides that choose, [2 · M, WIDTH], and who decides, [M, 2]; the only choices there are, are entered."""
    num = len(copies.sides)
    records, decides = np.zeros((2 * num, WIDTH), np.int16), np.zeros((num, 2), np.bool_)
    write_records(copies.lanes, copies.knowledge, records)
    survey(copies.lanes, records, copies.choices, decides)
    return records, decides


def _seen(
    copies: _Copies, index: NDArray[np.int64], records: NDArray[np.int16]
) -> NDArray[np.int16]:
    """What the looking sides see now, [K, WIDTH], also those that choose nothing."""
    seen = records[2 * index + copies.sides[index]]
    requests = copies.lanes[index, SIDE + copies.sides[index] * SIDE_SIZE + REQUEST]
    idle = np.flatnonzero((requests == WAIT) | (copies.lanes[index, ENDED] != 0))
    if len(idle):
        lanes = copies.lanes[index[idle]]
        lanes[:, [SIDE + REQUEST, SIDE + SIDE_SIZE + REQUEST]] = MOVE
        both = np.zeros((2 * len(idle), WIDTH), np.int16)
        write_records(lanes, copies.knowledge[index[idle]], both)
        seen[idle] = both[2 * np.arange(len(idle)) + copies.sides[index[idle]]]
    return seen


def _scores(lanes: NDArray[np.int16], sides: NDArray[np.int64]) -> NDArray[np.float64]:
    """Of these sides in battles that are over."""
    winners = lanes[:, WINNER]
    scores: NDArray[np.float64] = np.where(winners == -1, 0.5, winners == sides)
    return scores
