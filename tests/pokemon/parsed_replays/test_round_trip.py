"""What was exported and is read again is what was played: words, numbers, actions, rewards, results."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from psro.game.trajectories import Trajectories
from psro.pokemon.observations.metamon import GEN1_VOCABULARY
from psro.pokemon.observations.records.spec import RECORD_VIEW
from psro.pokemon.observations.tokenizer import own_tokenizer
from psro.pokemon.observations.views import write_view
from psro.pokemon.parsed_replays.episodes import ReadEpisode, episode_of
from psro.pokemon.parsed_replays.file_names import parse_name, without_ending
from psro.pokemon.parsed_replays.reading import read_file
from psro.pokemon.rewards import REWARDS, make_reward, rewards_of


def read_all(
    directory: Path, played: Trajectories, reward: str = "metamon_shaped"
) -> list[ReadEpisode]:
    """The files' episodes in the order they were played."""
    arguments = {"gamma": 0.98} if reward == "potential" else {}
    by_start = {}
    unknown: Counter[str] = Counter()
    for path in (directory / "gen1ou").iterdir():
        stem = without_ending(path.name)
        assert stem is not None
        name = parse_name(stem)
        assert name is not None
        file = read_file(path, "gen1ou")
        episode = episode_of(file, own_tokenizer(), make_reward(reward, arguments), unknown)
        by_start[name.battle_id.split("-")[-1]] = episode
    assert not unknown
    return [by_start[f"{e.seed}{e.side}"] for e in played.episodes]


def test_observations_actions_and_results_come_back(files: Path, played: Trajectories) -> None:
    read = read_all(files, played)
    wanted = write_view("metamon", played.observations[RECORD_VIEW])
    assert np.array_equal(np.concatenate([e.words for e in read]), wanted["words"])
    numbers = np.concatenate([e.numbers for e in read])
    assert np.array_equal(numbers.view(np.uint32), wanted["numbers"].view(np.uint32))
    assert np.array_equal(np.concatenate([e.actions for e in read]), played.actions)
    assert [e.score for e in read] == [e.score for e in played.episodes]
    assert {0.0, 1.0} <= {e.score for e in read}
    # A state knows nothing of PP, Disable and Wrap: it may offer more than the request did, never less.
    offered = np.concatenate([e.legal_mask for e in read])
    assert not (played.legal_mask & ~offered).any()
    assert sum(e.num_missing + e.num_not_offered for e in read) == 0


@pytest.mark.parametrize("reward", sorted(REWARDS))
def test_rewards_come_back(reward: str, files: Path, played: Trajectories) -> None:
    assert played.finals is not None
    wanted = rewards_of(
        make_reward(reward, {"gamma": 0.98} if reward == "potential" else {}),
        played.observations[RECORD_VIEW],
        played.offsets,
        played.finals,
        np.array([e.score for e in played.episodes]),
    )
    rewards = np.concatenate([e.rewards for e in read_all(files, played, reward)])
    assert np.abs(wanted).sum() > 0
    if reward.startswith("metamon"):
        assert np.abs(rewards - wanted).max() < 1e-5
    else:
        # Which of the foe's Pokémon fainted between two decisions is a guess; how many is not.
        difference = np.abs(rewards - wanted)
        assert difference.max() < 0.25
        assert difference.mean() < 0.02


def test_words_stay_in_the_vocabulary(files: Path, played: Trajectories) -> None:
    read = read_all(files, played)
    highest = max(int(e.words.max()) for e in read)
    assert min(int(e.words.min()) for e in read) > 0
    assert highest <= len(GEN1_VOCABULARY)
