"""One best response in the making: what it is trained against and from, and how far it is.

Shared by the iterations and the certificate. Everything here is read from committed files.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from psro.game.policies import PolicyRecord
from psro.machine.run import Run
from psro.metagame.nash import SMALLEST_WEIGHT
from psro.metagame.population import Population
from psro.phases import layout, train
from psro.phases.config import SCRATCH, START_CHOICES, PSROConfig
from psro.phases.train import Trained

Weights = Mapping[str, float]


@dataclass(frozen=True)
class Response:
    """The best response trained under `root` against the σ that `basis` committed."""

    root: str
    """iteration_<t>, or certificate_<t>."""
    basis: str
    """The directory whose σ and population it is trained against: an iteration's, or an exploiter's target."""
    name: str
    start: str | None = None
    """What it starts from, where that is not for psro.start to say: base, strongest, scratch, or a policy of Π."""


def of_iteration(index: int) -> Response:
    """The response that iteration `index` (from 1) adds."""
    return Response(layout.iteration(index), layout.iteration(index - 1), f"br_{index}")


def meta_strategy(run: Run[Any], basis: str) -> dict[str, float]:
    """σ of an iteration: every member's weight, in population order."""
    weights: dict[str, float] = orjson.loads(run.read(f"{basis}/meta_strategy.json"))["weights"]
    return weights


def population(run: Run[Any], basis: str) -> Population:
    """Π of an iteration."""
    return Population.from_json(orjson.loads(run.read(f"{basis}/population.json")))


def support(sigma: Weights) -> dict[str, float]:
    """σ without its zeros."""
    return {name: weight for name, weight in sigma.items() if weight > 0}


def opponent_mix(sigma: Weights, epsilon: float) -> dict[str, float]:
    """(1 − ε)σ + ε·uniform(Π), without zeros."""
    uniform = epsilon / len(sigma)
    return support({name: (1 - epsilon) * weight + uniform for name, weight in sigma.items()})


def start_of(run: Run[Any], response: Response, config: PSROConfig) -> str | None:
    """Name of the policy it starts from (see PSROConfig.start and Response.start); None: from scratch.

    Of several that are equally heavy, the one that joined last: a uniform σ must not lead back to the first response for ever.
    """
    choice = response.start or config.start
    if choice == SCRATCH:
        return None
    if choice == "base":
        return config.base
    if choice not in START_CHOICES:
        return choice
    sigma = meta_strategy(run, response.basis)
    trainable = {
        name: weight for name, weight in sigma.items() if weight > 0 and _trained(run, name)
    }
    if not trainable:
        return config.base
    # Equal weights may differ by a step of the grid that σ is rounded to.
    least = max(trainable.values()) - SMALLEST_WEIGHT
    return [name for name, weight in trainable.items() if weight >= least][-1]


def candidates(run: Run[Any], response: Response, round_index: int) -> list[Trained]:
    """What TRAIN gave in a round."""
    return train.read(run.read(layout.train_result(response.root, layout.round_group(round_index))))


def learner(run: Run[Any], response: Response, config: PSROConfig, round_index: int) -> str | None:
    """Policy directory of whom a round collects with: the newest candidate, at first the start."""
    if round_index > 0:
        return candidates(run, response, round_index - 1)[-1].directory
    start = start_of(run, response, config)
    return None if start is None else layout.policy(start)


def record(run: Run[Any], directory: str) -> PolicyRecord:
    """The policy.json in a directory of the run."""
    return PolicyRecord.from_json(orjson.loads(run.read(f"{directory}/policy.json")))


def copy_policy(run: Run[Any], directory: str, name: str, provenance: Mapping[str, Any]) -> str:
    """Commits the policy in `directory` under population/`name`; returns that directory.

    The weights come first and policy.json last, so a policy.json never names a missing file.
    """
    source = record(run, directory)
    target = layout.policy(name)
    for file in source.files:
        run.commit(f"{target}/{file}", run.read(f"{directory}/{file}"))
    copied = PolicyRecord(
        name,
        source.kind,
        source.view,
        source.arguments,
        source.files,
        {**source.provenance, **provenance},
    )
    run.commit(f"{target}/policy.json", orjson.dumps(copied.to_json(), option=orjson.OPT_INDENT_2))
    return target


def _trained(run: Run[Any], name: str) -> bool:
    """Whether a member of the population has weights to start from."""
    return bool(record(run, layout.policy(name)).files)
