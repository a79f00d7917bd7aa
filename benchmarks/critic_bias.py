"""Is the critic that a response is trained with right on average? Its values against what came of the next round's battles.

    python -m benchmarks.critic_bias runs/phase1/seed_0 --iteration 2 --round 3

The critic of the round before meets battles that it was not trained on, played by the policy that it values. Decisions are
sorted by the value Q(s, a) it gave the chosen action; in each bin:

    return − Q          mean of the λ-return (as the run's oracle has it), and of the plain discounted return, minus Q: 0 if the
                        critic is right; 95 % interval over battles
    Huber − mean        where the Huber loss (δ = 1) has its optimum on these errors, minus their mean: what of it that loss makes
    beyond 1            share of errors that the loss does not square

All in the run's reward. Trajectories must not be pruned.
"""

import argparse
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
import yaml
from numpy.typing import NDArray
from torch.nn.functional import one_hot

from psro import wiring
from psro.config import parse_config
from psro.game.protocols import ShardSource
from psro.machine.errors import UserError
from psro.oracle.config import OracleConfig
from psro.oracle.data import Dataset, Recording, load
from psro.oracle.passes import state_values
from psro.oracle.returns import effective_lambda, lambda_returns
from psro.oracle.weights import read_network, read_record

EDGES = (-np.inf, -1.2, -0.8, -0.4, 0.0, 0.4, 0.8, 1.2, np.inf)
NUM_STEPS = 100
Numbers = NDArray[np.float64]
CPU = torch.device("cpu")


def huber_location(errors: Numbers) -> float:
    """The m that minimises Σ huber(errors − m), δ = 1: fixed-point steps of its derivative, from the median."""
    m = float(np.median(errors))
    for _ in range(NUM_STEPS):
        m += float(np.clip(errors - m, -1, 1).mean())
    return m


def half_width(errors: Numbers, battle: NDArray[np.int64]) -> float:
    """Of the mean's 95 % interval; errors of one battle hang together."""
    sums = np.bincount(battle, weights=errors - errors.mean())
    return float(1.96 * np.sqrt((sums**2).sum()) / len(errors))


def row(name: str, errors: dict[str, Numbers], battle: NDArray[np.int64]) -> str:
    """A row of the table."""
    cells = [name, f"{len(battle):,}"]
    for found in errors.values():
        cells += [
            f"{found.mean():+.3f} ± {half_width(found, battle):.3f}",
            f"{huber_location(found) - found.mean():+.3f}",
            f"{(np.abs(found) > 1).mean():.0%}",
        ]
    return f"| {' | '.join(cells)} |"


def read(
    run: Path, iteration: int, index: int, num_shards: int | None
) -> tuple[Dataset, Path, OracleConfig]:
    """The battles of a round, the newest network before it, and the oracle's settings."""
    config = parse_config(yaml.safe_load((run / "config.yaml").read_text()), wiring.SCHEMAS)
    assert isinstance(config.oracle, OracleConfig), "an exact oracle has no critic"
    game = wiring.make_game(config)
    view = config.oracle.view
    recording = Recording(
        game.observation_spec(game.recorded_view(view)),
        lambda recorded: game.expand(recorded, view),
        game.observation_spec(view),
    )
    root = run / f"iteration_{iteration}"
    shards = tuple(sorted((root / f"trajectories/round_{index}").glob("*.shard")))[:num_shards]
    if not shards:
        raise SystemExit(f"{root}: no trajectories of round {index}; were they pruned?")
    epoch = config.oracle.response.candidates[-1]
    data = load([ShardSource("battles", shards, 1.0)], recording)
    return data, root / f"oracle/round_{index - 1}/epoch_{epoch}", config.oracle


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", type=Path)
    parser.add_argument("--iteration", type=int, default=1)
    parser.add_argument("--round", type=int, default=1, help="whose battles; 1 or later")
    parser.add_argument("--shards", type=int, help="only the round's first so many")
    options = parser.parse_args()
    try:
        data, policy, config = read(options.run, options.iteration, options.round, options.shards)
    except UserError as error:
        raise SystemExit(str(error)) from None
    torch.set_num_threads(1)
    network = read_network(policy, read_record(policy)).eval()
    settings = config.response
    known = (data.actions >= 0).numpy()
    # Q(s, a) is the value of the policy that plays a.
    played = one_hot(data.actions.clamp(min=0), data.legal_mask.shape[1]).float().log()
    chosen = state_values(network, data, played, CPU).double().numpy()[known]
    values = state_values(network, data, None, CPU)
    rewards = data.rewards * settings.reward_scale
    trace = effective_lambda(settings.targets, settings.lambda_)
    errors = {
        name: lambda_returns(rewards, values, data.offsets, settings.discount, weight)
        .double()
        .numpy()[known]
        - chosen
        for name, weight in (("λ-return", trace), ("return", 1.0))
    }
    battle = np.repeat(np.arange(data.num_episodes), data.offsets.diff().numpy())[known]
    print(f"{data.num_episodes:,} battles; critic: {policy}")
    head = [f"{name} − Q | Huber − mean | beyond 1" for name in errors]
    print(f"| Q | decisions | {' | '.join(head)} |\n{'|---' * (2 + 3 * len(errors))}|")
    for low, high in pairwise(EDGES):
        inside = (chosen >= low) & (chosen < high)
        if inside.sum() > 1:
            name = f"{low:.1f} to {high:.1f}"
            print(row(name, {k: v[inside] for k, v in errors.items()}, battle[inside]))
    print(row("all", errors, battle))


if __name__ == "__main__":
    main()
