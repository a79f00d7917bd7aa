"""Battles as sequences: what is shown before each state, and what counts."""

from dataclasses import replace

import torch

from psro.oracle.amago.windows import Windows, cut, with_words_hidden

LENGTHS = torch.tensor([3, 1, 8])


def made(max_length: int) -> Windows:
    """Twelve decisions; the first word of each is its number."""
    num = int(LENGTHS.sum())
    words = torch.zeros(num, 87, dtype=torch.int64)
    words[:, 0] = torch.arange(1, num + 1)
    actions = torch.arange(num) % 9
    actions[1] = -1
    rewards = torch.arange(num).float() + 0.5
    legal = torch.ones(num, 9, dtype=torch.bool)
    return cut(words, torch.ones(num, 48), actions, rewards, legal, LENGTHS, max_length)


def test_whole_battles_end_in_a_blank_state() -> None:
    windows = made(20)
    assert windows.words[:, :, 0].tolist() == [
        [1, 2, 3, 0, 0, 0, 0, 0, 0],
        [4, 0, 0, 0, 0, 0, 0, 0, 0],
        [5, 6, 7, 8, 9, 10, 11, 12, 0],
    ]
    assert windows.real.sum(1).tolist() == [3, 1, 8]
    assert windows.actions[0].tolist() == [0, -1, 2] + [-1] * 5
    assert windows.rewards[:, :3].tolist() == [[0.5, 1.5, 2.5], [3.5, 0, 0], [4.5, 5.5, 6.5]]
    assert windows.done.nonzero().tolist() == [[0, 2], [1, 0], [2, 7]]


def test_the_last_action_and_its_reward_are_shown() -> None:
    previous = made(20).previous
    assert (previous[:, 0] == 0).all()
    assert previous[0, 1].tolist() == [0.5, 1, 0, 0, 0, 0, 0, 0, 0, 0]
    # An unknown action shows as the last one, as in metamon's data.
    assert previous[0, 2].tolist() == [1.5, 0, 0, 0, 0, 0, 0, 0, 0, 1]
    assert previous[1, 1].tolist() == [3.5, 0, 0, 0, 1, 0, 0, 0, 0, 0]
    assert (previous[1, 2:] == 0).all()


def test_a_long_battle_is_cut_at_random_and_bootstraps_from_its_last_state() -> None:
    seen = set()
    for seed in range(40):
        torch.manual_seed(seed)
        windows = made(5)
        assert windows.words.shape[1] == 5
        first = int(windows.words[2, 0, 0])
        seen.add(first)
        shown = windows.words[2, :, 0].tolist()
        at_the_end = first == 9  # its last decisions and the battle's end
        assert shown == [first, first + 1, first + 2, first + 3, 0 if at_the_end else first + 4]
        assert windows.times[2].tolist() == list(range(first - 5, first))
        assert windows.done[2].tolist() == [0, 0, 0, float(at_the_end)]
        assert windows.real[2].all()
        # A window that begins inside a battle is shown what came before it.
        assert float(windows.previous[2, 0, 0]) == (0 if first == 5 else first - 1.5)
    assert seen == {5, 6, 7, 8, 9}


def test_words_are_hidden_by_battle_and_some_battles_keep_all() -> None:
    words = torch.ones(400, 6, 87, dtype=torch.int64)
    whole = replace(made(20), words=words)
    torch.manual_seed(3)
    hidden = (with_words_hidden(whole, 0.33).words == 0).float().mean((1, 2))
    assert 0.1 < float((hidden == 0).float().mean()) < 0.3
    assert float(hidden.max()) < 0.4
    assert 0.1 < float(hidden.mean()) < 0.16  # 0.8 · 0.33 / 2
    assert (words == 1).all(), "the data are as they were"
