"""What the audit costs: random battles of the engine's with the project's own teams, logged and compared with Showdown's.

    python benchmarks/engine_audit.py [--battles 200] [--seed 0]

Prints CPU milliseconds a battle, this process's and Node's; exits with 1 at a mismatch, whose fixture it names.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np

from psro.pokemon.engine import kernels
from psro.pokemon.engine.audit import AuditFailed, Auditor
from psro.pokemon.engine.battle_log import BattleLog
from psro.pokemon.engine.judge.matchups import matchup
from psro.pokemon.engine.layout import ENDED, Lane
from psro.pokemon.engine.teams import new_lane

WARM_UP = 20
"""Battles after which Node's compiler has settled."""


def logged_battle(seed: int, number: int) -> tuple[BattleLog, Lane]:
    """A battle of uniform choices, and the lane it ended in."""
    drawn = matchup(seed, number, ("real",))
    battle_seed = f"gen5,{drawn.seed:016x}"
    lanes = new_lane(battle_seed, *drawn.teams)[np.newaxis].copy()
    generators = lanes.copy()
    choices = np.zeros((1, 2), np.int8)
    log = []
    kernels.start(lanes)
    while not lanes[0, ENDED]:
        kernels.choose_uniformly(lanes, generators, choices)
        log.append(choices[0].copy())
        kernels.step(lanes, choices)
    return BattleLog(battle_seed, drawn.teams, np.array(log, np.int8)), lanes[0]


def main() -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--battles", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--fixtures", type=Path, default=Path("audit_mismatches"))
    given = parser.parse_args()
    battles = [logged_battle(given.seed, number) for number in range(WARM_UP + given.battles)]
    auditor = Auditor(given.fixtures)
    here = node = 0.0
    try:
        for number, (log, final) in enumerate(battles):
            if number == WARM_UP:
                here, node = time.process_time(), auditor.node_seconds
            mismatch = auditor.check(log, final)
            if mismatch is not None:
                print(AuditFailed.of(number, mismatch))
                return 1
        here, node = time.process_time() - here, auditor.node_seconds - node
    finally:
        auditor.close()
    decisions = np.mean([len(log.choices) for log, _ in battles[WARM_UP:]])
    print(
        f"{given.battles} battles of {decisions:.0f} decisions, no mismatch: "
        f"{1000 * here / given.battles:.1f} ms a battle here, {1000 * node / given.battles:.1f} ms in Node"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
