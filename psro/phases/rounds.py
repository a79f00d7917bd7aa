"""COLLECT and TRAIN of one round, of one response or of several side by side."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from psro.game.shards import read_header
from psro.machine.run import Run
from psro.machine.units import Unit
from psro.phases import collect, layout, train
from psro.phases.response import (
    Response,
    learner,
    meta_strategy,
    opponent_mix,
    start_of,
)
from psro.phases.train import Source
from psro.phases.workbench import PlayMode, Workbench


def collect_round(
    run: Run[Any], bench: Workbench, responses: Sequence[Response], round_index: int
) -> None:
    """Plays each round's learner against its opponent mix; nothing for an oracle without data."""
    if bench.oracle.needs_data:
        units = [
            unit
            for response in responses
            for unit in collect_units(run, bench, response, round_index)
        ]
        run.execute(units, "collect")


def train_round(
    run: Run[Any], bench: Workbench, responses: Sequence[Response], round_index: int
) -> None:
    """Trains on the newest rounds' shards and the replay data, each from its newest candidate."""
    units = [train_unit(run, bench, response, round_index) for response in responses]
    train.execute(run, units, "train")


def train_unit(run: Run[Any], bench: Workbench, response: Response, round_index: int) -> Unit:
    """The training of a round."""
    config = bench.settings.psro
    start = start_of(run, response, config)
    return train.plan(
        root=response.root,
        group=layout.round_group(round_index),
        name=response.name,
        stage="response",
        start=learner(run, response, config, round_index),
        anchor=layout.policy(start) if config.anchor and start is not None else None,
        sources=_sources(run, bench, response, round_index),
        opponents=opponent_mix(meta_strategy(run, response.basis), config.opponent_epsilon)
        if bench.oracle.needs_data
        else meta_strategy(run, response.basis),
    )


def replay_units(bench: Workbench) -> list[Unit]:
    """The founding replay data: battles among the heuristics, both sides recorded."""
    replay = bench.settings.population.replay
    weights = replay.weights or [1.0] * len(replay.policies)
    return collect.plan_replay(
        layout.iteration(0),
        layout.REPLAY,
        dict(zip(replay.policies, weights, strict=True)),
        replay.num_battles,
        bench.settings.psro.collect.battles_per_unit,
    )


def collect_units(
    run: Run[Any], bench: Workbench, response: Response, round_index: int
) -> list[Unit]:
    """The battles of a round. A response from scratch plays its first at random: all actions alike."""
    config = bench.settings.psro
    directory = learner(run, response, config, round_index)
    epsilon = config.collect.first_epsilon if round_index == 0 else config.collect.epsilon
    lookahead = bench.oracle.lookahead("response") if bench.oracle.needs_data else None
    if directory is None:
        lookahead = None  # Nobody's values are the learner's yet.
        assert config.base is not None, "it is checked that a learner that needs data has a start"
        # At ε = 1 a network's weights do not matter, so any will do.
        directory, epsilon = layout.policy(config.base), 1.0
    return collect.plan_learner(
        root=response.root,
        group=layout.round_group(round_index),
        learner_directory=directory,
        opponents=opponent_mix(meta_strategy(run, response.basis), config.opponent_epsilon),
        num_battles=config.collect.num_battles,
        battles_per_unit=config.collect.battles_per_unit,
        mode=PlayMode(config.collect.temperature, epsilon),
        opponent_temperature=bench.settings.tournament.temperature,
        lookahead=lookahead,
    )


def _sources(run: Run[Any], bench: Workbench, response: Response, round_index: int) -> list[Source]:
    if not bench.oracle.needs_data:
        return []
    config = bench.settings.psro
    first = max(0, round_index + 1 - config.keep_rounds)
    collected = tuple(
        unit.result
        for index in range(first, round_index + 1)
        for unit in collect_units(run, bench, response, index)
    )
    replay = tuple(unit.result for unit in replay_units(bench)) if config.replay_weight else ()
    sources = [
        Source("collected", collected, 1 - config.replay_weight),
        Source("replay", replay, config.replay_weight),
    ]
    outside = bench.settings.replay_data
    key = f"{response.root}/{layout.round_group(round_index)}"
    return train.with_replay_data(bench, sources, 0 if outside is None else outside.weight, key)


def opponents_met(
    run: Run[Any], bench: Workbench, response: Response, num_rounds: int
) -> dict[str, int]:
    """How many collected battles each opponent was met in."""
    met: Counter[str] = Counter()
    if bench.oracle.needs_data:
        for index in range(num_rounds):
            for unit in collect_units(run, bench, response, index):
                met.update(read_header(run.verified(unit.result))["meta"]["met"])
    return dict(sorted(met.items()))
