"""CERTIFY: a fresh response to the final σ, and what the final mixture does to known opponents."""

from typing import Any

import orjson

from psro.game.mixture import MIXTURE
from psro.game.policies import PolicyRecord
from psro.machine.run import Run
from psro.metagame.intervals import win_rate_interval
from psro.phases import layout, matches, measure, response, rounds
from psro.phases.matches import Match
from psro.phases.select import select
from psro.phases.workbench import Workbench


def certify(run: Run[Any], bench: Workbench, num_iterations: int) -> None:
    """Trains, selects and measures the certificate's response; commits certificate.json."""
    task = response.of_certificate(num_iterations)
    num_rounds = num_certificate_rounds(run, bench, num_iterations)
    for index in range(num_rounds):
        rounds.collect_round(run, bench, task, index)
        rounds.train_round(run, bench, task, index)
        selected = select(run, bench, task, index)
    config = bench.settings.certificate
    measure.measure(run, bench, task, num_rounds - 1, selected, config.measure_battles)
    data = measure.read_last(run, task, num_rounds)
    data["opponents_met"] = rounds.opponents_met(run, bench, task, num_rounds)
    data["showcase"] = _showcase(run, bench, task)
    run.commit(f"{task.root}/certificate.json", orjson.dumps(data, option=orjson.OPT_INDENT_2))


def num_certificate_rounds(run: Run[Any], bench: Workbench, num_iterations: int) -> int:
    """certificate.rounds, or by default as many as the response that got most: none was tried harder."""
    if bench.settings.certificate.rounds is not None:
        return bench.settings.certificate.rounds
    given = [
        orjson.loads(run.read(f"{layout.iteration(index)}/iteration_summary.json"))["response"][
            "rounds"
        ]
        for index in range(1, num_iterations + 1)
    ]
    return max([bench.settings.psro.rounds, *given])


def _showcase(run: Run[Any], bench: Workbench, task: response.Response) -> list[dict[str, Any]]:
    """The final mixture, one member drawn per battle, against each showcase policy on each pool."""
    config = bench.settings.certificate
    mixture = commit_mixture(run, task)
    kinds = bench.game.policy_kinds()
    units = {}
    for kind in config.showcase:
        opponent = f"showcase_{kind}"
        _commit_record(run, PolicyRecord(opponent, kind, kinds[kind]))
        for pool in bench.game.pools:
            match = Match(
                label=f"showcase_{kind}_{pool}",
                first=mixture,
                first_directory=layout.policy(mixture),
                opponents={opponent: 1.0},
                num_battles=config.showcase_battles,
                pool=pool,
                seed_parts=(task.root, "showcase", pool),
            )
            units[kind, pool] = matches.plan(
                match,
                task.root,
                bench.settings.psro.battles_per_unit,
                bench.settings.tournament.temperature,
            )
    run.execute([unit for each in units.values() for unit in each], "showcase")
    rows = []
    for (kind, pool), planned in units.items():
        tally = matches.read([run.read(unit.result) for unit in planned])
        counts = tally.total
        exact = tally.exact.get(f"showcase_{kind}")
        rows.append(
            {
                "opponent": kind,
                "pool": pool,
                "win_rate": win_rate_interval(counts if exact is None else exact).to_json(),
                "wins": counts.wins,
                "ties": counts.ties,
                "losses": counts.losses,
                "num_failures": tally.num_failures,
            }
        )
    return rows


def commit_mixture(run: Run[Any], task: response.Response) -> str:
    """Commits the final σ as a policy that draws a member per battle; returns its name."""
    name = task.root.replace("certificate_", "nash_")
    weights = response.support(response.meta_strategy(run, task.basis))
    _commit_record(run, PolicyRecord(name, MIXTURE, "none", {"weights": weights}))
    return name


def _commit_record(run: Run[Any], record: PolicyRecord) -> None:
    path = f"{layout.policy(record.name)}/policy.json"
    run.commit(path, orjson.dumps(record.to_json(), option=orjson.OPT_INDENT_2))
