"""What OpenSpiel's meta-solvers answer, written down for the tests (tests/metagame/openspiel.json).

    python -m venv /tmp/openspiel
    /tmp/openspiel/bin/pip install open_spiel==2.0.2 cvxpy ecos matplotlib networkx scipy
    /tmp/openspiel/bin/python tests/metagame/make_openspiel.py

It is no part of the suite and needs nothing of psro.
"""

import importlib.metadata
import json
from pathlib import Path

import numpy as np
import pyspiel
from open_spiel.python.algorithms import nash_averaging
from open_spiel.python.algorithms.fictitious_play import XFPSolver
from open_spiel.python.algorithms.projected_replicator_dynamics import projected_replicator_dynamics
from open_spiel.python.egt import alpharank

ALPHA = {"m": 20, "alpha": 8.0}
NOISE = 0.03
REPLICATOR = {"prd_iterations": 3000, "prd_dt": 0.1, "prd_gamma": 0.004}
"""The last is the smallest weight itself."""
PLAY_ITERATIONS = 40


def matrices() -> dict[str, np.ndarray]:
    """Win rates: rock-paper-scissors, one with clones, and random ones, some of battles out of 50."""
    rps = np.array([[0.5, 0.0, 1.0], [1.0, 0.5, 0.0], [0.0, 1.0, 0.5]])
    found = {"rps": rps, "clones": rps[np.ix_([0, 0, 1, 2], [0, 0, 1, 2])]}
    for seed, size in enumerate((2, 4, 5, 8)):
        upper = np.triu(np.random.default_rng(seed).random((size, size)) - 0.5, 1)
        found[f"random_{size}"] = 0.5 + upper - upper.T
        upper = np.rint(upper * 50) / 50
        found[f"battles_{size}"] = 0.5 + upper - upper.T
    return found


def of(matrix: np.ndarray) -> dict[str, object]:
    """Every answer for one matrix."""
    finite = alpharank.compute([matrix], use_local_selection_model=False, **ALPHA)[2]
    infinite = alpharank.compute([matrix], use_inf_alpha=True, inf_alpha_eps=NOISE)[2]
    replicator = projected_replicator_dynamics([matrix, matrix.T], **REPLICATOR)
    upper = np.triu(matrix - 0.5, 1)
    advantage = upper - upper.T  # to the last bit, or it is refused
    game = pyspiel.create_matrix_game(advantage.tolist(), (-advantage).tolist())
    nash = np.asarray(nash_averaging.nash_averaging(game)[0]).ravel()
    turn_based = pyspiel.convert_to_turn_based(game)
    play = XFPSolver(turn_based)
    for _ in range(PLAY_ITERATIONS):
        play.iteration()
    average = next(iter(play.average_policy_tables()[0].values()))
    return {
        "matrix": matrix.tolist(),
        "alpha_rank": finite.tolist(),
        "alpha_rank_infinite": infinite.tolist(),
        "projected_replicator": [np.asarray(sigma).tolist() for sigma in replicator],
        "max_entropy_nash": nash.tolist(),
        "fictitious_play": [average[action] for action in range(len(matrix))],
    }


if __name__ == "__main__":
    answers = {
        "open_spiel": importlib.metadata.version("open_spiel"),
        "alpha_rank": ALPHA,
        "alpha_rank_infinite": {"noise": NOISE},
        "projected_replicator": REPLICATOR,
        "fictitious_play": {"iterations": PLAY_ITERATIONS},
        "games": {name: of(matrix) for name, matrix in matrices().items()},
    }
    path = Path(__file__).with_name("openspiel.json")
    path.write_text(json.dumps(answers, indent=1) + "\n")
