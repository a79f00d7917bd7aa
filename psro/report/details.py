"""The second half of summary.md: iteration by iteration, then the certificates, down to teams and checkpoints."""

from psro.report import tables
from psro.report.headlines import Headlines
from psro.report.outcomes import battles_of, length_words, starts_table
from psro.report.record import Certificate, Iteration, RunRecord
from psro.report.samples import can_be_played_again, sample_lines
from psro.report.text import Table


def detail_lines(record: RunRecord, known: Headlines) -> list[str]:
    """Markdown, line by line. `known`: the exploitability of every σ."""
    lines: list[str] = []
    replayed = record.manifest is not None and can_be_played_again(record.manifest.config)
    for iteration in record.iterations[1:]:
        lines += [f"## Iteration {iteration.index}", ""]
        lines += _markdown(_iteration_tables(record, iteration, known))
        last_round = iteration.summary["response"]["rounds"] - 1
        if replayed:
            lines += sample_lines(record.directory, f"iteration_{iteration.index}", last_round)
    for certificate in record.certificates:
        lines += [f"## Certificate of σ of iteration {certificate.iteration}", ""]
        lines += _markdown(_certificate_tables(record, certificate))
        root = f"certificate_{certificate.iteration}"
        if replayed:
            lines += sample_lines(record.directory, root, certificate.rounds - 1)
    if record.selections:
        lines += ["## Checkpoints", ""]
        lines += _markdown([tables.selection_table(s.root, s.data) for s in record.selections])
    return lines


def _iteration_tables(
    record: RunRecord, iteration: Iteration, known: Headlines
) -> list[Table | None]:
    summary = iteration.summary
    response = summary["response"]
    root = f"iteration_{iteration.index}"
    measured = _measured(record, root, response["rounds"], response["name"], response["tally"])
    opponents = tables.opponents_table(summary) if summary["opponents_met"] else None
    return [
        tables.response_table(summary),
        *measured,
        opponents,
        tables.sigma_table(summary),
        tables.measures_table(summary, known),
    ]


def _certificate_tables(record: RunRecord, certificate: Certificate) -> list[Table | None]:
    data, root = certificate.data, f"certificate_{certificate.iteration}"
    tally = data["looks"][-1]["tally"]
    shown = _measured(record, root, certificate.rounds, "the response", tally)
    if data["opponents_met"]:
        shown.append(tables.met_table(data["opponents_met"]))
    for pool in sorted({row["pool"] for row in data["showcase"]}):
        kinds = [row["opponent"] for row in data["showcase"] if row["pool"] == pool]
        battles = [
            battle
            for kind in kinds
            for battle in battles_of(record.directory / root, f"showcase_{kind}_{pool}")
        ]
        title = f"The final mixture against {', '.join(kinds)}, pool {pool}, by its own team"
        shown.append(starts_table(title, battles))
    return shown


def _measured(
    record: RunRecord, root: str, num_rounds: int, name: str, tally: dict[str, object]
) -> list[Table | None]:
    """The measurement after the last round, by opponent and by team."""
    battles = battles_of(record.directory / root, f"measure_{num_rounds - 1}")
    by_opponent = tables.by_opponent_table(
        f"Measurement of {name}, by opponent", tally, length_words(battles)
    )
    return [by_opponent, starts_table(f"Measurement of {name}, by its own team", battles)]


def _markdown(shown: list[Table | None]) -> list[str]:
    return [table.to_markdown() for table in shown if table is not None]
