"""Observations per second: compiled kernels from records against the Python writers, side by side in one run.

    python benchmarks/observations.py [--battles 40] [--repeats 5]

Random battles between packaged teams are played on the simulator first; each of their decisions is then written again and again. Python
writes a decision when it is made, because a BattleState changes in place: its time and that of filling a record are taken then,
with caches as warm as a run's. A kernel's time is the median over the repeats of writing all decisions in batches of 256.
CPU seconds of this process are counted, so that a busy machine disturbs little.
"""

import argparse
import time
from statistics import median

import numpy as np

from psro.machine.seeds import rng_from, seed_from
from psro.pokemon.observations.metamon import MetamonObservation
from psro.pokemon.observations.records.from_state import fill_record
from psro.pokemon.observations.records.metamon import MetamonKernel
from psro.pokemon.observations.records.record import WIDTH
from psro.pokemon.observations.records.structured import write_structured
from psro.pokemon.observations.structured import StructuredObservation
from psro.pokemon.simulator.node import find_node
from psro.pokemon.simulator.process import SimulatorProcess, simulator_seed
from psro.pokemon.state import BattleState
from psro.pokemon.teams.export import pack
from psro.pokemon.teams.sets import team_set

BATCH = 256
REFERENCES = {"structured": StructuredObservation, "metamon": MetamonObservation}
KERNELS = {"structured": write_structured, "metamon": MetamonKernel().write}


def play(num_battles: int) -> tuple[np.ndarray, dict[str, float]]:
    """Records of all decisions, and the CPU seconds that each way of writing them took in Python."""
    views = {name: make() for name, make in REFERENCES.items()}
    rows = {name: view.spec.empty(1) for name, view in views.items()}
    records: list[np.ndarray] = []
    seconds = dict.fromkeys([*views, "record"], 0.0)
    teams = team_set("competitive")
    states = [(BattleState(f"b{b}", 0), BattleState(f"b{b}", 1)) for b in range(num_battles)]
    rngs = [rng_from("benchmark", b) for b in range(num_battles)]
    commands: list[tuple[object, ...]] = []
    for b in range(num_battles):
        pair = [pack(teams.draw("training", seed_from("benchmark", b, side))) for side in (0, 1)]
        seed = simulator_seed(seed_from("benchmark", b))
        commands.append(("start", b, "gen1ou", seed, *pair, 3))
    process = SimulatorProcess(find_node())
    try:
        while commands:
            updates, commands = process.run(commands), []
            for update in updates:
                assert update.error is None, update.error
                requests = (update.request0, update.request1)
                lines = (update.lines0, update.lines1)
                for state, said, request in zip(states[update.lane], lines, requests, strict=True):
                    state.read(said)
                    if request is None:
                        continue
                    state.decide(request)
                    record = np.zeros((1, WIDTH), np.int16)
                    before = time.process_time()
                    fill_record(state, record, 0)
                    seconds["record"] += time.process_time() - before
                    records.append(record)
                    for name, view in views.items():
                        before = time.process_time()
                        view.write(state, rows[name], 0)
                        seconds[name] += time.process_time() - before
                    action = int(rngs[update.lane].choice(np.flatnonzero(state.legal_mask)))
                    commands.append(("choose", update.lane, state.side, state.choice(action)))
    finally:
        process.close()
    return np.concatenate(records), seconds


def kernel_seconds(name: str, records: np.ndarray, repeats: int) -> float:
    """CPU seconds of writing all records once."""
    rows = REFERENCES[name]().spec.empty(BATCH)
    taken = []
    for _ in range(repeats):
        before = time.process_time()
        for start in range(0, len(records), BATCH):
            batch = records[start : start + BATCH]
            KERNELS[name](batch, {key: array[: len(batch)] for key, array in rows.items()})
        taken.append(time.process_time() - before)
    return median(taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--battles", type=int, default=40)
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    records, seconds = play(arguments.battles)
    num = len(records)
    fill = seconds["record"] / num * 1e6
    print(f"{num} decisions; a record is {WIDTH * 2} bytes and takes {fill:.1f} µs to fill")
    for name in KERNELS:
        python = seconds[name] / num * 1e6
        kernel = kernel_seconds(name, records, arguments.repeats) / num * 1e6
        print(
            f"{name:<11} Python {python:7.1f} µs  kernel {kernel:6.2f} µs = {1e6 / kernel:9,.0f}/s, {python / kernel:5.0f} times;"
            f"  record + kernel {fill + kernel:6.1f} µs, {python / (fill + kernel):4.1f} times"
        )


if __name__ == "__main__":
    main()
