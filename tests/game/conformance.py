"""What every game, arena and policy must do; run over each implementation (see tests/toys, tests/pokemon)."""

from collections.abc import Sequence

import numpy as np

from psro.game.battles import Job, PlayResult
from psro.game.policies import Decisions, Policy
from psro.game.protocols import Arena, Game
from psro.game.shards import encode_shard
from psro.machine.seeds import seed_from


def play(arena: Arena, jobs: Sequence[Job], policies: Sequence[Policy], view: str) -> PlayResult:
    """Plays without progress or stops."""
    by_name = {policy.name: policy for policy in policies}
    return arena.play(jobs, by_name, view, lambda done, total, metrics: None, lambda: False)


def jobs_between(
    first: str, second: str, num_battles: int, record: tuple[bool, bool] = (True, True)
) -> list[Job]:
    """Battles keyed by their index."""
    return [
        Job(seed_from("conformance", index), (first, second), record=record)
        for index in range(num_battles)
    ]


def check_same_jobs_same_bytes(game: Game, view: str, policies: Sequence[Policy]) -> None:
    """Two arenas, and one arena twice, give the same shard."""
    jobs = jobs_between(policies[0].name, policies[-1].name, 4)
    arena, other = game.make_arena(), game.make_arena()
    try:
        shards = [encode_shard(play(a, jobs, policies, view), {}) for a in (arena, arena, other)]
    finally:
        arena.close()
        other.close()
    assert shards[0] == shards[1], "an arena remembers an earlier call"
    assert shards[0] == shards[2], "two arenas differ"


def check_results_are_whole(result: PlayResult, jobs: Sequence[Job]) -> None:
    """Outcomes in the jobs' order, zero-sum scores, trajectories that agree with them."""
    broken = {failure.seed for failure in result.failures}
    assert [outcome.seed for outcome in result.outcomes] == [
        job.seed for job in jobs if job.seed not in broken
    ]
    trajectories = result.trajectories
    assert trajectories is not None
    scores = {outcome.seed: outcome.score for outcome in result.outcomes}
    for index, episode in enumerate(trajectories.episodes):
        expected = scores[episode.seed] if episode.side == 0 else 1 - scores[episode.seed]
        assert episode.score == expected
        assert trajectories.offsets[index] <= trajectories.offsets[index + 1]
    rows = np.arange(trajectories.num_steps)
    assert trajectories.legal_mask[rows, trajectories.actions].all(), (
        "an illegal action was recorded"
    )
    assert np.isfinite(trajectories.rewards).all()
    for array in trajectories.observations.values():
        assert np.isfinite(array.astype(np.float64)).all()


def check_policy(policy: Policy, decisions: Decisions) -> None:
    """Legal, repeatable, and independent of the order in which a batch is asked row by row."""
    actions = policy.act(decisions)
    assert actions.shape == (len(decisions),)
    assert decisions.legal_mask[np.arange(len(decisions)), actions].all()
    policy.forget([int(episode) for episode in decisions.episodes])
    assert (policy.act(decisions) == actions).all(), "the same decisions were answered otherwise"
    policy.forget([int(episode) for episode in decisions.episodes])
