"""The exploitability of every σ, over all responses that are known against it, and what later members gain.

A σ may have several: in a run that was extended the certificate from when it was the last, and the next iteration's
response; and where an iteration did not change σ, the responses to both are responses to the same. These are the run's
own, and psro_summary.json of a finished run has the same numbers. Exploitations of the run (python -m psro.exploit) may
know more: the report pools what they measured, which psro_summary.json, a result, cannot.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from psro.metagame.exploitability import EXACT_ORACLE, headlines_of_looks
from psro.metagame.hindsight import in_hindsight
from psro.metagame.payoffs import PayoffTable
from psro.report.record import Certificate, Iteration, Json

Headlines = Mapping[int, Json]
"""Index of an iteration → the headline exploitability of its σ; absent where none was measured."""


def headlines(
    iterations: Sequence[Iteration],
    certificates: Sequence[Certificate],
    fresh: Mapping[int, Sequence[Json]] = MappingProxyType({}),
) -> Headlines:
    """From iterations and the certificates of their σ, or of the σ that they trained against.

    fresh: iteration → what exploitations measured against its σ (exploit/belonging.py:fresh_looks).
    """
    sigma = {iteration.index: iteration.weights for iteration in iterations}
    looks: dict[int, list[Json]] = {index: [] for index in sigma}
    for iteration in iterations:
        if iteration.looks:
            trained_against = iteration.summary["trained_against"]
            sigma[trained_against["iteration"]] = trained_against["meta_strategy"]
            looks.setdefault(trained_against["iteration"], []).extend(iteration.looks)
    for certificate in certificates:
        looks.setdefault(certificate.iteration, []).extend(certificate.data["looks"])
    for index, measured in fresh.items():
        looks[index].extend(measured)
    found = headlines_of_looks({index: (looks[index], sigma[index]) for index in looks})
    return {index: headline.to_json() for index, headline in found.items()}


def is_of_best_response(headline: Json) -> bool:
    """Whether an exact oracle made the response: then the exploitability is no lower bound."""
    return bool(headline["oracle_budget"] == EXACT_ORACLE)


def hindsights(iterations: Sequence[Iteration]) -> Headlines:
    """What the best of the members that joined after each σ gains against it: Hindsight as JSON."""
    if not iterations:
        return {}
    table = PayoffTable.from_json(iterations[-1].matrix)
    found = {}
    for iteration in iterations:
        later = [name for name in table.population.names if name not in iteration.weights]
        if known := in_hindsight(table, iteration.weights, later):
            found[iteration.index] = known.to_json()
    return found
