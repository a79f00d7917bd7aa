"""A run directory as a phase-1 run leaves it, without playing: outcomes are drawn from made-up skills.

Files have the formats of psro/phases/summary.py, measure.py, select.py and certify.py, and are made by the same
functions of psro.metagame.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from psro.game.battles import Outcome
from psro.machine.manifest import DONE, RUNNING, Manifest, Transition
from psro.machine.seeds import rng_from
from psro.metagame.analysis import analyse
from psro.metagame.exploitability import headline_of_looks
from psro.metagame.intervals import win_rate_interval
from psro.metagame.nash import NashSolver
from psro.metagame.payoffs import OutcomeCounts, PayoffTable
from psro.metagame.population import Population

FOUNDERS = ("cloned", "offline", "self_play", "poke_env_heuristic", "gym_leader")
SKILL = {
    "cloned": 0.0,
    "offline": 0.3,
    "self_play": 0.5,
    "poke_env_heuristic": 0.1,
    "gym_leader": -0.2,
}
ROUNDS = 3
MEASURED_TWICE = 3
"""The response of this iteration was measured a round earlier too."""
NUM_TEAMS = 12


def rate_of(first: str, second: str) -> float:
    """The true win rate: skill, and a cycle that makes each response beat what came just before best."""

    def skill(name: str) -> float:
        if name in SKILL:
            return SKILL[name]
        return 0.5 + 0.25 * int(name.rpartition("_")[2])

    def turn(name: str) -> float:
        return 2.1 * int(name.rpartition("_")[2]) if name not in SKILL else 0.0

    logit = 0.9 * (skill(first) - skill(second)) + 1.1 * np.sin(turn(first) - turn(second))
    return float(1 / (1 + np.exp(-logit)))


def play(first: str, second: str, num_battles: int, *key: str | int) -> OutcomeCounts:
    rng = rng_from("made up", first, second, *key)
    rate = rate_of(first, second)
    wins, ties, losses = rng.multinomial(num_battles, [0.98 * rate, 0.02, 0.98 * (1 - rate)])
    return OutcomeCounts(int(wins), int(ties), int(losses))


def write(path: Path, data: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else orjson.dumps(data))


def make_run(directory: Path, num_iterations: int = 5, finished: bool = True) -> Path:
    """Writes a run of so many iterations; without a certificate and DONE if it is not `finished`."""
    solver = NashSolver()
    population = Population()
    for name in FOUNDERS:
        kind = "neural" if name in FOUNDERS[:3] else name
        population = population.append(name, kind, 0)
    for name in FOUNDERS[:3]:
        write_training(directory, "iteration_0", f"{name}_0", 0, "cloning")
    write_shard_less_collection(directory)
    table = play_missing(PayoffTable(population))
    sigma: dict[str, float] = {}
    for iteration in range(num_iterations + 1):
        about: dict[str, Any] = {}
        root = directory / f"iteration_{iteration}"
        if iteration:
            name = f"br_{iteration}"
            measured = measure(root, name, sigma, iteration - 1, 1 + (iteration == MEASURED_TWICE))
            for index in range(ROUNDS):
                write_training(directory, root.name, f"round_{index}", index, "response")
            mix = {n: 0.9 * w + 0.1 / len(sigma) for n, w in sigma.items()}
            about = {
                "response": {
                    "name": name,
                    "start": "self_play",
                    "rounds": ROUNDS,
                    "selected": measured["looks"][-1]["selected"],
                    "budget": measured["looks"][-1]["budget"],
                    "beats_sigma": measured["beats_sigma"],
                    "satisfies": measured["satisfies"],
                    "best_response_gain": measured["gain"],
                    "tally": measured["looks"][-1]["tally"],
                    "num_measurements": len(measured["looks"]),
                },
                "trained_against": {
                    "iteration": iteration - 1,
                    "meta_strategy": sigma,
                    "opponent_mix": mix,
                    "exploitability": measured["exploitability"],
                },
                "opponents_met": {n: round(7500 * w) for n, w in mix.items()},
                "converged": False,
            }
            population = population.append(name, "best_response", iteration)
            table = play_missing(table.with_population(population))
        sigma = solve(root, table, solver, iteration, about)
    if finished:
        write_certificate(directory, sigma, num_iterations)
    write_manifest(directory, num_iterations, finished)
    return directory


def play_missing(table: PayoffTable) -> PayoffTable:
    for row, column in table.missing_pairs():
        table = table.with_counts(row, column, play(row, column, 200, "tournament"))
    return table


def solve(
    root: Path, table: PayoffTable, solver: NashSolver, iteration: int, about: dict[str, Any]
) -> dict[str, float]:
    """What psro/phases/solve.py commits; returns σ."""
    strategy = solver.solve(table.matrix())
    rng = rng_from("made up", iteration, "analysis")
    analysis = analyse(table, strategy, solver, rng, num_samples=60).to_json()
    write(root / "interaction_matrix.json", table.to_json())
    write(root / "meta_game_analysis.json", analysis)
    summary = {
        "iteration": iteration,
        "population": list(table.population.names),
        **about,
        "meta_strategy": {
            row["name"]: {"weight": row["weight"], "posterior": row["weight_posterior"]}
            for row in analysis["policies"]
        },
        "equilibrium_unique": strategy.unique,
        "restricted_exploitability": analysis["restricted_exploitability"],
        "best_matchup_margin": analysis["best_matchup_margin"],
        "num_tournament_failures": 0,
    }
    write(root / "iteration_summary.json", summary)
    return strategy.by_name(table.population.names)


def measure(
    root: Path, name: str, sigma: dict[str, float], basis: int, num_looks: int = 1
) -> dict[str, Any]:
    """What psro/phases/select.py and measure.py commit; returns the last measurement."""
    met = {n: w for n, w in sigma.items() if w > 0}
    looks = []
    for last in range(ROUNDS - num_looks, ROUNDS):
        # Each in proportion to its weight, everyone at least once.
        tally = {n: play(name, n, max(1, round(400 * w)), "measure", last) for n, w in met.items()}
        counts = {
            "by_opponent": {n: asdict(c) for n, c in tally.items()},
            "exact": {},
            "num_battles": sum(c.num_battles for c in tally.values()),
            "num_failures": 0,
        }
        write_match(root, f"measure_{last}", name, tally)
        battles = 2500 * (last + 1)
        looks.append(
            {
                "name": f"{name} after {last + 1} rounds",
                "directory": f"{root.name}/oracle/round_{last}/epoch_6",
                "selected": {"label": "epoch_6", "round": last, "score": 0.56 + 0.05 * last},
                "budget": {
                    "num_battles": battles,
                    "words": f"{last + 1} rounds, {battles} battles collected",
                },
                "tally": counts,
            }
        )
    rows = [
        {
            "label": f"epoch_{epoch}",
            "round": index,
            "directory": f"{root.name}/oracle/round_{index}/epoch_{epoch}",
            "score": 0.5 + 0.05 * index + 0.01 * epoch,
            "tally": counts,
        }
        for index in range(ROUNDS)
        for epoch in (4, 6)
    ]
    for index in range(ROUNDS):
        done = [row for row in rows if row["round"] <= index]
        write(root / f"selection_{index}.json", {"candidates": done, "best": done[-1]})
    for last in range(ROUNDS - num_looks, ROUNDS):
        so_far = looks[: last - (ROUNDS - num_looks) + 1]
        headline = headline_of_looks(so_far, sigma)
        gain = headline.gains[-1][1]
        data = {
            "sigma_of": f"iteration_{basis}",
            "looks": so_far,
            "gain": gain.to_json(),
            "beats_sigma": gain.gain.low > 0,
            "satisfies": gain.gain.low > 0,
            "exploitability": headline.to_json(),
        }
        write(root / f"measurement_{last}.json", data)
    return data


def write_certificate(directory: Path, sigma: dict[str, float], iteration: int) -> None:
    root = directory / f"certificate_{iteration}"
    data = measure(root, f"certificate_{iteration}", sigma, iteration)
    for index in range(ROUNDS):
        write_training(directory, root.name, f"round_{index}", index, "response")
    data["opponents_met"] = {n: round(7500 * w) for n, w in sigma.items() if w > 0}
    rows = (
        ("poke_env_heuristic", "training", 352),
        ("poke_env_heuristic", "held_out", 301),
        ("gym_leader", "training", 370),
        ("gym_leader", "held_out", 333),
    )
    for kind, pool, wins in rows:
        # Played by the mixture; the outcomes name the member that it drew.
        counts = {f"showcase_{kind}": OutcomeCounts(wins, 4, 396 - wins)}
        write_match(root, f"showcase_{kind}_{pool}", f"nash_{iteration}", counts, pool, "br_1")
    data["showcase"] = [
        {
            "opponent": kind,
            "pool": pool,
            "win_rate": win_rate_interval(OutcomeCounts(wins, 4, 396 - wins)).to_json(),
            "wins": wins,
            "ties": 4,
            "losses": 396 - wins,
        }
        for kind, pool, wins in rows
    ]
    write(root / "certificate.json", data)


def write_match(
    root: Path,
    label: str,
    first: str,
    tally: dict[str, OutcomeCounts],
    pool: str = "training",
    drawn: str | None = None,
) -> None:
    """What psro/phases/matches.py commits: single battles, sides alternating; team_0 loses most.

    `drawn`: the member that a mixture `first` drew, every time.
    """
    outcomes, rng = [], rng_from("made up", root.name, label)
    for opponent, counts in tally.items():
        scores = [1.0] * counts.wins + [0.5] * counts.ties + [0.0] * counts.losses
        for index, score in enumerate(rng.permutation(scores).tolist()):
            own = f"team_{rng.integers(NUM_TEAMS) if score else rng.integers(NUM_TEAMS // 2)}"
            names, starts = (drawn or first, opponent), (own, f"team_{rng.integers(NUM_TEAMS)}")
            if index % 2:
                names, starts, score = names[::-1], starts[::-1], 1 - score
            turns = int(rng.integers(10, 31))
            outcomes.append(Outcome(index, names, score, turns, (turns, turns), starts).to_json())
    data = {
        "first": first,
        "pool": pool,
        "exact": {},
        "tally": {name: asdict(counts) for name, counts in tally.items()},
        "outcomes": outcomes,
        "failures": [],
    }
    write(root / "matchups" / f"{label}_00.json", data)


def write_training(directory: Path, root: str, group: str, index: int, stage: str) -> None:
    """What the oracle and psro/phases/train.py commit."""
    rng = rng_from("made up", root, group)
    points = []
    for step in range(20, 401, 20):
        points.append({"step": step, "epoch": 1 + step // 100})
        decay = np.exp(-(step + 400 * index) / 300)
        points[-1]["critic_loss"] = float(0.05 + 0.1 * decay + 0.004 * rng.normal())
        if step > 120 or stage == "cloning":
            points[-1]["policy_loss"] = float(0.4 + 0.5 * decay + 0.02 * rng.normal())
            points[-1]["entropy"] = float(0.5 + 0.4 * decay + 0.01 * rng.normal())
            points[-1]["kl_to_start"] = float(0.3 * (1 - decay) + 0.01 * rng.normal())
            points[-1]["gradient_norm_actor"] = float(0.3 + 0.05 * rng.normal())
    curve = {
        "name": group,
        "stage": stage,
        "data": {},
        "settings": {},
        "num_steps": 400,
        "points": points,
    }
    folder = directory / root / "oracle" / group
    write(folder / "training_curve.json", curve)
    write(folder / "train.json", {"candidates": []})


def write_shard_less_collection(directory: Path) -> None:
    """A match result with one battle that broke."""
    write(
        directory / "iteration_0/matchups/tournament_cloned__offline_00.json",
        {
            "unit": "iteration_0/tournament_cloned__offline/0",
            "exact": {},
            "tally": {},
            "outcomes": [],
            "failures": [{"seed": 77, "policies": ["cloned", "offline"], "reason": "parse error"}],
        },
    )


def write_manifest(directory: Path, num_iterations: int, finished: bool) -> None:
    phase = "DONE" if finished else "COLLECT"
    position = {"phase": phase, "iteration": num_iterations + (not finished), "round": 0}
    Manifest(
        run_id="0123456789ab",
        algorithm="psro",
        environments=({"code": "0.1.0", "python": "3.11.2", "numpy": "2.0"},),
        config={"psro.num_iterations": 5, "psro.rounds": ROUNDS, "seed": 0},
        position=position,
        status=DONE if finished else RUNNING,
        history=(
            Transition("2026-01-01T00:00:00+00:00", "host", 1, None, 0, position, "fresh start"),
        ),
    ).save(directory)
