"""COLLECT: the learner plays opponents drawn from the mix; its trajectories become shards."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from psro.game.battles import Job, PlayResult
from psro.game.lookahead import Lookahead, LooksAhead, Valuer
from psro.game.policies import Policy
from psro.game.protocols import LookaheadSettings, ReportProgress, ShouldStop
from psro.game.shards import encode_shard
from psro.machine.errors import UserError
from psro.machine.seeds import seed_from
from psro.machine.units import Unit
from psro.phases import layout
from psro.phases.matches import draw_opponents, split
from psro.phases.workbench import PlayMode, Workbench

KIND = "collect"

LEARNER = "learner"
"""What the learner is called in its own battles, whatever it will be called in the population."""

SELF = "self"
"""Among opponents: the learner's own policy on the other side, whose play is recorded too."""


def plan_learner(
    root: str,
    group: str,
    learner_directory: str,
    opponents: Mapping[str, float],
    num_battles: int,
    battles_per_unit: int,
    mode: PlayMode,
    opponent_temperature: float,
    lookahead: LookaheadSettings | None = None,
) -> list[Unit]:
    """Units that play the learner against `opponents` (name → weight); its side is recorded, and looked ahead at as is said."""
    payload: dict[str, Any] = {
        "learner_directory": learner_directory,
        "opponents": {name: weight for name, weight in opponents.items() if weight > 0},
        "temperature": mode.temperature,
        "epsilon": mode.epsilon,
        "opponent_temperature": opponent_temperature,
    }
    if lookahead is not None:
        payload["lookahead"] = asdict(lookahead)
    return _units(root, group, num_battles, battles_per_unit, payload)


def plan_replay(
    root: str, group: str, weights: Mapping[str, float], num_battles: int, battles_per_unit: int
) -> list[Unit]:
    """Units in which both sides are drawn from `weights` and both are recorded."""
    return _units(root, group, num_battles, battles_per_unit, {"members": dict(weights)})


def play(
    bench: Workbench, unit: Unit, report_progress: ReportProgress, should_stop: ShouldStop
) -> bytes:
    """Does a collect unit: the bytes of its shard."""
    payload = unit.payload
    jobs, policies = _replay_jobs(bench, unit) if "members" in payload else _jobs(bench, unit)
    view = bench.game.recorded_view(bench.oracle.view)
    if "lookahead" in payload:
        result = _play_looking_ahead(
            bench, unit, jobs, policies, view, report_progress, should_stop
        )
    else:
        result = bench.arena.play(jobs, policies, view, report_progress, should_stop)
    played = {outcome.seed for outcome in result.outcomes}
    met = Counter(
        name for job in jobs if job.seed in played for name in job.policies if name != LEARNER
    )
    meta = {"unit": unit.key, "payload": dict(payload), "met": dict(sorted(met.items()))}
    return encode_shard(result, meta)


def _play_looking_ahead(
    bench: Workbench,
    unit: Unit,
    jobs: Sequence[Job],
    policies: Mapping[str, Policy],
    view: str,
    report_progress: ReportProgress,
    should_stop: ShouldStop,
) -> PlayResult:
    """Arena.play, with what every action comes to by the learner's own values. Raises UserError where arena or learner cannot do it."""
    arena, learner = bench.arena, policies[LEARNER]
    if not isinstance(arena, LooksAhead) or not isinstance(learner, Valuer):
        raise UserError(
            f"{unit.key} is to be looked ahead at, which takes arena=engine and a neural learner; else set "
            "oracle.response.weighting=exponential (and self_play's)"
        )
    lookahead = Lookahead(learner, LookaheadSettings(**unit.payload["lookahead"]))
    return arena.play_looking_ahead(jobs, policies, view, lookahead, report_progress, should_stop)


def _jobs(bench: Workbench, unit: Unit) -> tuple[list[Job], dict[str, Policy]]:
    payload, run_seed = unit.payload, bench.settings.seed
    learner_mode = PlayMode(payload["temperature"], payload["epsilon"])
    opponent_mode = PlayMode(payload["opponent_temperature"])
    learner = bench.policy(payload["learner_directory"], learner_mode)
    policies: dict[str, Policy] = {LEARNER: learner}
    for name in payload["opponents"]:
        policies[name] = (
            learner if name == SELF else bench.policy(layout.policy(name), opponent_mode)
        )
    draws = draw_opponents(
        payload["opponents"], payload["num_battles"], run_seed, unit.key, "opponents"
    )
    jobs = []
    for index, opponent in enumerate(draws):
        first = index % 2 == 0
        pair = (LEARNER, opponent) if first else (opponent, LEARNER)
        record = (True, True) if opponent == SELF else (first, not first)
        jobs.append(
            Job(seed_from(run_seed, unit.key, index), pair, bench.game.pools[0], record=record)
        )
    return jobs, policies


def _replay_jobs(bench: Workbench, unit: Unit) -> tuple[list[Job], dict[str, Policy]]:
    members, run_seed = unit.payload["members"], bench.settings.seed
    policies = {name: bench.policy(layout.policy(name), PlayMode()) for name in members}
    num_battles = unit.payload["num_battles"]
    sides = [
        draw_opponents(members, num_battles, run_seed, unit.key, f"side {side}") for side in (0, 1)
    ]
    jobs = [
        Job(seed_from(run_seed, unit.key, index), pair, bench.game.pools[0], record=(True, True))
        for index, pair in enumerate(zip(*sides, strict=True))
    ]
    return jobs, policies


def _units(
    root: str, group: str, num_battles: int, battles_per_unit: int, payload: dict[str, Any]
) -> list[Unit]:
    return [
        Unit(
            key=f"{root}/collect/{group}/{index}",
            kind=KIND,
            payload=payload | {"num_battles": size},
            result=layout.shard(root, group, index),
        )
        for index, size in enumerate(split(num_battles, battles_per_unit))
    ]
