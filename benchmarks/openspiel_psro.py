"""NashConv of OpenSpiel's own PSRO with its exact oracle, iteration by iteration, as CSV on standard output.

Run by an interpreter that has OpenSpiel (2.0.2 with cvxpy, ecos, matplotlib, networkx and scipy), which psro does not need:

    python -m venv /tmp/openspiel
    /tmp/openspiel/bin/pip install open_spiel==2.0.2 cvxpy ecos matplotlib networkx scipy
    /tmp/openspiel/bin/python benchmarks/openspiel_psro.py kuhn --iterations 10

psro_v2.PSROSolver from uniform play, meta-strategy nash, as its example sets it: each seat has a population and a mixture
of its own, and each iteration adds a best response to both. Payoffs are sampled (--sims games an entry), or with
--exact computed. benchmarks/beside_openspiel.py puts it beside psro's.
"""

import argparse
import contextlib
import os
import sys
from collections.abc import Iterator

import numpy as np
import pyspiel
from open_spiel.python import policy, rl_environment
from open_spiel.python.algorithms import exploitability, policy_aggregator, policy_utils
from open_spiel.python.algorithms.psro_v2 import best_response_oracle, psro_v2

GAMES = {"kuhn": "kuhn_poker", "leduc": "leduc_poker"}


class ExactSolver(psro_v2.PSROSolver):
    """Its payoffs are expectations over the whole tree, not averages of sampled games."""

    def sample_episodes(self, policies, num_episodes):
        if not hasattr(self, "tables"):
            self.tables = {}  # id → (the policy, which must live as long, and its table)
        for each in policies:
            if id(each) not in self.tables:
                table = pyspiel.TabularPolicy(policy_utils.policy_to_dict(each, self._game))
                self.tables[id(each)] = (each, table)
        tables = [self.tables[id(each)][1] for each in policies]
        root = self._game.new_initial_state()
        return np.array(pyspiel.expected_returns(root, tables, -1, False))


def nash_convs(name: str, num_iterations: int, sims: int, exact: bool) -> Iterator[float]:
    """Of the mixtures after 0, 1, … iterations, in chips."""
    game = pyspiel.load_game_as_turn_based(name)
    start = policy.TabularPolicy(rl_environment.Environment(game).game)
    solver = (ExactSolver if exact else psro_v2.PSROSolver)(
        game,
        best_response_oracle.BestResponseOracle(game=game, policy=start),
        initial_policies=[start.__copy__() for _ in range(2)],
        training_strategy_selector="probabilistic",
        sims_per_entry=sims,
        number_policies_selected=1,
        meta_strategy_method="nash",
        sample_from_marginals=True,
        symmetric_game=False,
    )
    aggregator = policy_aggregator.PolicyAggregator(game)
    for iteration in range(num_iterations + 1):
        if iteration:
            solver.iteration()
        mixed = aggregator.aggregate(range(2), solver.get_policies(), solver.get_meta_strategies())
        yield float(exploitability.nash_conv(game, mixed, use_cpp_br=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("game", choices=GAMES)
    parser.add_argument("--iterations", type=int, default=20)
    parser.add_argument("--sims", type=int, default=1000, help="games to an entry of the payoffs")
    parser.add_argument("--exact", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    np.random.seed(options.seed)  # OpenSpiel draws from the global one
    print("iteration,nash_conv", flush=True)
    with contextlib.redirect_stdout(open(os.devnull, "w")):  # what the solver tells as it goes
        found = nash_convs(GAMES[options.game], options.iterations, options.sims, options.exact)
        for iteration, value in enumerate(found):
            print(f"{iteration},{value!r}", file=sys.__stdout__, flush=True)


if __name__ == "__main__":
    main()
