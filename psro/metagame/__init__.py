"""Game theory on matrices: pure functions and frozen dataclasses, randomness passed in.

    population = Population().append("random", "heuristic", iteration=0).append(...)
    table = PayoffTable(population).with_counts("a", "b", OutcomeCounts(wins, ties, losses))
    table = table.with_population(population.append("br_1", "best_response", 1))
    table.missing_pairs()                       # what the tournament must play
    solver = NashSolver(backend="highs")        # or any other MetaSolver
    strategy = solve_table(solver, table, rng)  # .weights (aligned with population.names), .value, .unique
    analysis = analyse(table, strategy, solver, rng, responses, num_samples=1000)

- `population`: Member, Population (names, index, append, to_json/from_json)
- `payoffs`: OutcomeCounts, PayoffScale, PayoffTable (with_counts, with_exact, cell, missing_pairs, matrix,
  counts, to_csv, to_json/from_json)
- `nash`: MetaSolver, BatchSolver, NashSolver, UniformSolver, MetaStrategy (array, by_name, to_json/from_json)
- `fictitious_play`, `projected_replicator`, `alpha_rank`, `prioritized`: the other meta-solvers, one each
- `robust_nash`: PosteriorNashSolver, RobustNashSolver, which choose from counts
- `exploitability`: restricted_exploitability, best_matchup_margin, best_response_gain, KnownResponse,
  headline_exploitability, headline_of_looks, headlines_of_looks, nash_conv
- `hindsight`: in_hindsight, Hindsight
- `intervals`: Interval, win_rate_interval, stratified_interval, bonferroni_level, largest_of
- `posterior`: solve_table, TableSolver, posterior_matrices, redrawn_matrices, strategy_posterior
- `allocation`: allocate (where a tournament's next battles go), influence, value_interval
- `analysis`: analyse, MetaGameAnalysis

Errors are ValueError (wrong input: the message names it), or SolverError if no equilibrium was found.
"""
