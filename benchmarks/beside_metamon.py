"""metamon's formats beside metamon's own code: what its reader makes of our exported files, and what ours does.

    # in an environment with metamon 1.4 and its poke-env (neither is in a package registry)
    python benchmarks/beside_metamon.py theirs <parsed replays> theirs.pickle
    # here
    python -m benchmarks.beside_metamon ours <parsed replays> theirs.pickle <metamon/tokenizer/DefaultObservationSpace-v1.json>

`theirs` reads every file with their ParsedReplayDataset under each of their reward functions; `ours` compares words, numbers, token ids, actions,
offered actions and rewards, file by file.
"""

import pickle
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

REWARDS = {
    "DefaultShapedReward": "metamon_shaped",
    "AggressiveShapedReward": "metamon_aggressive",
    "BinaryReward": "metamon_binary",
}


def theirs(root: str, output: str) -> None:
    """Writes {file name: arrays and lists} of every file of `root`/gen1ou. Run where metamon is installed."""
    from metamon import interface  # type: ignore[import-not-found]
    from metamon.data.parsed_replay_dset import (  # type: ignore[import-not-found]
        ParsedReplayDataset,
    )
    from metamon.tokenizer import get_tokenizer  # type: ignore[import-not-found]

    words = interface.DefaultObservationSpace()
    ids = interface.TokenizedObservationSpace(words, get_tokenizer("DefaultObservationSpace-v1"))
    found: dict[str, dict[str, Any]] = {}
    for name in REWARDS:
        data = ParsedReplayDataset(
            observation_space=words if name == "BinaryReward" else ids,
            action_space=interface.MinimalActionSpace(),
            reward_function=interface.get_reward_function(name),
            dset_root=root,
            formats=["gen1ou"],
        )
        for place, path in enumerate(data.filenames):
            observations, actions, rewards, _ = data[place]
            entry = found.setdefault(Path(path).name, {})
            entry |= {name: rewards, "numbers": np.stack(observations["numbers"]), **actions}
            if "text" in observations:
                entry["text"] = [str(text).split(" ") for text in observations["text"]]
            else:
                entry["tokens"] = np.stack(observations["text_tokens"])
    Path(output).write_bytes(pickle.dumps(found))
    print(f"{len(found)} files read by metamon's ParsedReplayDataset")


def ours(root: str, read_by_them: str, tokenizer_path: str) -> None:
    """Prints how many files and states differ in what."""
    from psro.pokemon.observations.metamon import GEN1_VOCABULARY
    from psro.pokemon.observations.tokenizer import own_tokenizer, read_tokenizer
    from psro.pokemon.parsed_replays.episodes import episode_of
    from psro.pokemon.parsed_replays.reading import read_file
    from psro.pokemon.parsed_replays.wording import words_and_numbers
    from psro.pokemon.rewards import make_reward

    table = read_tokenizer(Path(tokenizer_path)).table(GEN1_VOCABULARY)
    counts: Counter[str] = Counter()
    worst = 0.0
    for name, read in pickle.loads(Path(read_by_them).read_bytes()).items():
        file = read_file(Path(root, "gen1ou", name), "gen1ou")
        counts["files"] += 1
        for state, text, numbers in zip(file.states, read["text"], read["numbers"], strict=True):
            words, values = words_and_numbers(state)
            counts["states"] += 1
            counts["states whose words differ"] += words != text
            counts["states whose numbers differ"] += not np.array_equal(
                np.array(values, np.float32), numbers
            )
        for theirs_name, name_here in REWARDS.items():
            episode = episode_of(file, own_tokenizer(), make_reward(name_here), Counter())
            worst = max(worst, float(np.abs(episode.rewards - read[theirs_name]).max()))
        offered = np.zeros_like(episode.legal_mask)
        for row, legal in enumerate(read["legal"]):
            offered[row, list(legal)] = True
        tokens = table[episode.words] - 1
        counts["files whose token ids differ"] += not np.array_equal(tokens, read["tokens"][:-1])
        counts["files whose actions differ"] += episode.actions.tolist() != list(read["chosen"])
        counts["files whose offered actions differ"] += not np.array_equal(
            offered, episode.legal_mask
        )
    print(dict(counts), f"largest difference of a reward: {worst:g}", sep="\n")


if __name__ == "__main__":
    {"theirs": theirs, "ours": ours}[sys.argv[1]](*sys.argv[2:])
