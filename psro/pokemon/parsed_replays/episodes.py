"""A battle of a file → its arrays, its actions checked against its states."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from psro.pokemon.observations.layout import NUM_ACTIONS, NUM_MOVES
from psro.pokemon.observations.metamon import NUM_NUMBERS, NUM_WORDS
from psro.pokemon.observations.tokenizer import UNKNOWN_ID, Tokenizer
from psro.pokemon.parsed_replays.actions import MISSING, to_nine
from psro.pokemon.parsed_replays.following import follow
from psro.pokemon.parsed_replays.reading import ReplayFile, State, Unusable
from psro.pokemon.parsed_replays.wording import words_and_numbers
from psro.pokemon.rewards import Reward, rewards_of


@dataclass(frozen=True)
class ReadEpisode:
    """N decisions of one side, as the `metamon` view has them."""

    words: NDArray[np.int32]
    """[N, 87]"""
    numbers: NDArray[np.float32]
    """[N, 48]"""
    legal_mask: NDArray[np.bool_]
    """[N, 9]: what the states offer; Showdown may have refused some of it (Disable, Wrap, no PP)"""
    actions: NDArray[np.int8]
    """[N], −1 where not known"""
    rewards: NDArray[np.float32]
    """[N]"""
    score: float
    """1 a win, 0 a loss, 0.5 where the last state tells of neither"""
    num_missing: int
    """Actions that the file does not tell."""
    num_not_offered: int
    """Actions that their state does not offer: taken as not known."""


def episode_of(
    file: ReplayFile, tokenizer: Tokenizer, reward: Reward, unknown: Counter[str]
) -> ReadEpisode:
    """The file's battle; words that the tokenizer lacks are counted in `unknown`. Raises Unusable."""
    try:
        return _episode_of(file, tokenizer, reward, unknown)
    except KeyError as error:
        raise Unusable("a missing field", str(error.args[0])) from error
    except (TypeError, ValueError, AttributeError) as error:
        raise Unusable("a field of another type", str(error)) from error


def _episode_of(
    file: ReplayFile, tokenizer: Tokenizer, reward: Reward, unknown: Counter[str]
) -> ReadEpisode:
    decisions, final = file.states[:-1], file.states[-1]
    num_decisions = len(decisions)
    words = np.empty((num_decisions, NUM_WORDS), np.int32)
    numbers = np.empty((num_decisions, NUM_NUMBERS), np.float32)
    legal_mask = np.zeros((num_decisions, NUM_ACTIONS), np.bool_)
    for row, state in enumerate(decisions):
        texts, values = words_and_numbers(state)
        ids = tokenizer.ids(texts)
        if UNKNOWN_ID in ids:
            unknown.update(text for text, id_ in zip(texts, ids, strict=True) if id_ == UNKNOWN_ID)
        words[row], numbers[row] = ids, values
        _mark_offered(state, legal_mask[row])
    if not np.isfinite(numbers).all():
        raise Unusable("a number that is not finite")
    actions = to_nine(np.array(file.actions, np.int8)).astype(np.int8)
    num_missing = int((actions == MISSING).sum())
    offered = legal_mask[np.arange(num_decisions), actions] | (actions == MISSING)
    actions[~offered] = MISSING
    score = _score(final)
    followed = follow(file.states)
    return ReadEpisode(
        words,
        numbers,
        legal_mask,
        actions,
        rewards_of(
            reward,
            followed[:-1],  # type: ignore[arg-type]  # HP as shares, which no reward minds
            np.array([0, num_decisions]),
            followed[-1:],  # type: ignore[arg-type]
            np.array([score]),
        ),
        score,
        num_missing,
        int((~offered).sum()),
    )


def _mark_offered(state: State, mask: NDArray[np.bool_]) -> None:
    """metamon's UniversalAction.maybe_valid_actions. Where nothing is offered, action 0 stands for Recharge or Struggle."""
    if not state["forced_switch"]:
        mask[: min(len(state["player_active_pokemon"]["moves"]), NUM_MOVES)] = True
    mask[NUM_MOVES : NUM_MOVES + len(state["available_switches"])] = True
    if not mask.any():
        mask[0] = True


def _score(final: State) -> float:
    if final["battle_won"] and final["battle_lost"]:
        raise Unusable("a battle both won and lost")
    return 1.0 if final["battle_won"] else 0.0 if final["battle_lost"] else 0.5
