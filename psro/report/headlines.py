"""The exploitability of every σ, over all responses that are known against it.

In a run that was extended a σ has two: the certificate from when it was the last, and the next iteration's response.
psro_summary.json of a finished run has the same numbers.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from psro.metagame.exploitability import headline_of_looks
from psro.report.record import Certificate, Iteration, Json

Headlines = Mapping[int, Json]
"""Index of an iteration → the headline exploitability of its σ; absent where none was measured."""


def headlines(iterations: Sequence[Iteration], certificates: Sequence[Certificate]) -> Headlines:
    """From iterations and the certificates of their σ, or of the σ that they trained against."""
    looks: dict[int, list[Json]] = defaultdict(list)
    sigma = {iteration.index: iteration.weights for iteration in iterations}
    for iteration in iterations:
        if iteration.looks:
            trained_against = iteration.summary["trained_against"]
            sigma[trained_against["iteration"]] = trained_against["meta_strategy"]
            looks[trained_against["iteration"]] += iteration.looks
    for certificate in certificates:
        looks[certificate.iteration] += certificate.data["looks"]
    return {
        index: headline_of_looks(looks[index], sigma[index]).to_json() for index in sorted(looks)
    }
