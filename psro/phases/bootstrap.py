"""BOOTSTRAP: the founding population. The game's own policies, then base policies trained on the spot."""

from typing import Any

import orjson

from psro.game.policies import PolicyRecord
from psro.machine.run import Run
from psro.metagame.population import Population
from psro.phases import collect, layout, response, rounds, train
from psro.phases.config import BasePolicyConfig, MemberConfig
from psro.phases.train import Source
from psro.phases.workbench import PlayMode, Workbench

ROOT = layout.iteration(0)


def bootstrap(run: Run[Any], bench: Workbench) -> None:
    """Commits a policy directory for every founding member."""
    config = bench.settings.population
    for name, member in config.members.items():
        kinds = bench.game.policy_kinds()
        if member.kind not in kinds:
            _import(run, bench, name, member)
            continue
        record = PolicyRecord(name, member.kind, kinds[member.kind], dict(member.arguments))
        run.commit(
            f"{layout.policy(name)}/policy.json",
            orjson.dumps(record.to_json(), option=orjson.OPT_INDENT_2),
        )
    replay = rounds.replay_units(bench)
    run.execute(replay, "replay")
    for base in config.base:
        _train_base(run, bench, base, tuple(unit.result for unit in replay))


def _import(run: Run[Any], bench: Workbench, name: str, member: MemberConfig) -> None:
    """Commits a member that comes from elsewhere, once: where it came from may be gone at the next start."""
    target = layout.policy(name)
    recorded = f"{target}/policy.json"
    if run.committed(recorded) and run.problem(recorded) is None:
        files = PolicyRecord.from_json(orjson.loads(run.read(recorded))).files
        if all(run.problem(f"{target}/{file}") is None for file in files):
            return
    record, contents = bench.import_policy(name, member)
    for file, data in contents.items():
        run.commit(f"{target}/{file}", data)
    run.commit(recorded, orjson.dumps(record.to_json(), option=orjson.OPT_INDENT_2))


def founding_population(bench: Workbench) -> Population:
    """Π₀, base policies first as in the founding document's matrix."""
    population = Population()
    for base in bench.settings.population.base:
        population = population.append(base.name, "neural", 0)
    for name, member in bench.settings.population.members.items():
        population = population.append(name, member.kind, 0)
    return population


def _train_base(
    run: Run[Any], bench: Workbench, base: BasePolicyConfig, replay: tuple[str, ...]
) -> None:
    """Trains one base policy: once on the replay data, or in rounds of collect and train."""
    start = None if base.start is None else layout.policy(base.start)
    newest = start
    collected: list[tuple[str, ...]] = []
    for index in range(max(base.rounds, 1)):
        group = f"{base.name}_{index}"
        if base.rounds:
            collected.append(_collect(run, bench, base, group, index, newest))
        recent = collected[-bench.settings.psro.keep_rounds :]
        shards = tuple(path for paths in recent for path in paths)
        replay_weight = base.weight_of_replay
        outside = bench.settings.replay_data
        sources = [
            Source("collected", shards, 1 - replay_weight),
            Source("replay", replay, replay_weight if replay else 0.0),
        ]
        unit = train.plan(
            root=ROOT,
            group=group,
            name=base.name,
            stage=base.stage,
            start=newest,
            anchor=start if bench.settings.psro.anchor else None,
            sources=train.with_replay_data(
                bench, sources, 0 if outside is None else outside.base_weight, f"{ROOT}/{group}"
            ),
            opponents={},
        )
        train.execute(run, [unit], f"train {base.name}")
        newest = train.read(run.read(unit.result))[-1].directory
    assert newest is not None
    provenance = {"stage": base.stage, "rounds": base.rounds, "start": base.start}
    response.copy_policy(run, newest, base.name, provenance)


def _collect(
    run: Run[Any],
    bench: Workbench,
    base: BasePolicyConfig,
    group: str,
    index: int,
    newest: str | None,
) -> tuple[str, ...]:
    """Plays a round of a base policy's own opponents; the paths of its shards."""
    assert newest is not None, "wiring checks that base policies with rounds have a start"
    settings = bench.settings.psro.collect
    units = collect.plan_learner(
        root=ROOT,
        group=group,
        learner_directory=newest,
        opponents=base.opponents,
        num_battles=base.num_battles,
        battles_per_unit=settings.battles_per_unit,
        mode=PlayMode(
            settings.temperature, settings.first_epsilon if index == 0 else settings.epsilon
        ),
        opponent_temperature=bench.settings.tournament.temperature,
        lookahead=bench.oracle.lookahead(base.stage),
    )
    run.execute(units, f"collect {base.name}")
    return tuple(unit.result for unit in units)
