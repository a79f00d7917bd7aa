"""The figures of the report. Each is a function from findings to a Chart (chart.py)."""

from psro.report.charts import effort, gains, meta_game
from psro.report.charts.breakdowns import breakdown
from psro.report.charts.chart import Chart
from psro.report.charts.learning_curve import learning_curve
from psro.report.charts.matrix import interaction_matrix
from psro.report.charts.sigma import sigma_over_iterations
from psro.report.charts.training import training_curves
from psro.report.exploit.found import curves_of
from psro.report.findings import Findings, ratings_of
from psro.report.headlines import Headlines, hindsights
from psro.report.record import RunRecord


def charts_of(findings: Findings) -> dict[str, Chart]:
    """Name → figure, for what the run has so far, in the order in which they are read."""
    found: list[Chart | None] = []
    record = findings.record
    if record.iterations:
        found.append(gains.exploitability(record.iterations, findings.known, findings.later))
    if len(record.iterations) > 1 or record.certificates:
        found.append(gains.response_win_rates(findings))
    if record.certificate is not None and (curves := curves_of(record.certificate.data)):
        of = record.certificate.iteration
        title = f"The certificate of σ of iteration {of}: gain against budget"
        found.append(learning_curve(curves, "certificate_curve", title))
    for exploitation in findings.exploitations:
        if exploitation.result is not None and (curves := curves_of(exploitation.result)):
            title = f"Exploitation {exploitation.label}: gain against budget"
            found.append(learning_curve(curves, exploitation.figure, title))
    if record.iterations:
        found.append(sigma_over_iterations(record.iterations))
        found.append(meta_game.sigma_weights(findings.last))
        found.append(interaction_matrix(findings.last))
    if findings.ratings is not None:
        found.append(meta_game.ratings(findings.last, findings.ratings))
    if record.iterations:
        found.append(meta_game.win_rates_by_opponent(findings.last))
    found += [breakdown(subject) for subject in findings.subjects if subject.has_groups]
    if any(training.curve["points"] for training in record.trainings):
        found.append(training_curves(record.trainings))
    found.append(effort.battles_spent(findings))
    found.append(effort.time_by_phase(findings.spans))
    found.append(effort.throughput(findings.spans))
    return {chart.name: chart for chart in found if chart is not None}


def pictures_of(record: RunRecord, known: Headlines) -> list[Chart]:
    """The figures that TensorBoard shows anew with every iteration: those that need no look into battles."""
    newest = record.iterations[-1]
    pictures = [
        gains.exploitability(record.iterations, known, hindsights(record.iterations)),
        sigma_over_iterations(record.iterations),
        interaction_matrix(newest),
    ]
    if (rated := ratings_of(record)) is not None:
        pictures.append(meta_game.ratings(newest, rated))
    return pictures
