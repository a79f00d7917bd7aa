"""CERTIFY: fresh responses to the final σ, and what the final mixture does to known opponents.

What `python -m psro.exploit` does to any σ afterwards is done here to the last one: the same rounds, learning curve,
measurement and result (rounds.py, select.py, curve.py, measure.py, gains.py), in one phase of the run itself.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import orjson

from psro.game.mixture import MIXTURE
from psro.game.policies import PolicyRecord
from psro.machine.run import Run
from psro.metagame.exploitability import EQUILIBRIUM_TOLERANCE
from psro.metagame.intervals import win_rate_interval
from psro.phases import curve, layout, matches, measure, response, rounds, select
from psro.phases.exploiters import of_certificate
from psro.phases.gains import gains_of
from psro.phases.matches import Match
from psro.phases.response import Response
from psro.phases.workbench import Workbench


def certify(run: Run[Any], bench: Workbench, num_iterations: int) -> None:
    """Trains, selects and measures the certificate's responses; commits certificate.json."""
    config, psro = bench.settings.certificate, bench.settings.psro
    tasks = of_certificate(num_iterations, config.starts, bench.oracle.needs_data)
    num_rounds = num_certificate_rounds(run, bench, num_iterations)
    curve_battles = psro.measure_battles if config.curve_battles is None else config.curve_battles
    for index in range(num_rounds):
        rounds.collect_round(run, bench, tasks, index)
        rounds.train_round(run, bench, tasks, index)
        select.select(run, bench, tasks, index)
        curve.trace(run, bench, tasks, index, curve_battles)
    measure.measure(run, bench, tasks, num_rounds - 1, config.measure_battles)
    data = _result(run, bench, tasks, num_rounds)
    data["showcase"] = _showcase(run, bench, tasks[0])
    run.commit(f"{tasks[0].root}/certificate.json", orjson.dumps(data, option=orjson.OPT_INDENT_2))


def _result(
    run: Run[Any], bench: Workbench, tasks: Sequence[Response], num_rounds: int
) -> dict[str, Any]:
    """What is known of the responses; `gain` is the largest, its interval simultaneous over them."""
    told = gains_of(run, bench, tasks, num_rounds)
    gain = {key: value for key, value in told["largest"].items() if key != "name"}
    beats_sigma = gain["gain"]["low"] > EQUILIBRIUM_TOLERANCE
    wanted = bench.settings.psro.wanted_gain
    met: Counter[str] = Counter()
    for task in tasks:
        met.update(rounds.opponents_met(run, bench, task, num_rounds))
    return {
        "sigma_of": tasks[0].basis,
        "gain": gain,
        "beats_sigma": beats_sigma,
        "satisfies": beats_sigma and gain["gain"]["estimate"] >= wanted,
        **told,
        "opponents_met": dict(sorted(met.items())),
    }


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


def _showcase(run: Run[Any], bench: Workbench, task: Response) -> list[dict[str, Any]]:
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


def commit_mixture(run: Run[Any], task: Response) -> str:
    """Commits the final σ as a policy that draws a member per battle; returns its name."""
    name = task.root.replace("certificate_", "nash_")
    weights = response.support(response.meta_strategy(run, task.basis))
    _commit_record(run, PolicyRecord(name, MIXTURE, "none", {"weights": weights}))
    return name


def _commit_record(run: Run[Any], record: PolicyRecord) -> None:
    path = f"{layout.policy(record.name)}/policy.json"
    run.commit(path, orjson.dumps(record.to_json(), option=orjson.OPT_INDENT_2))
