"""The tables of an evaluation, from its result.json: for the terminal and for summary.md."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from psro.machine.durable import atomic_write
from psro.machine.position import Position
from psro.report.console import ConsoleListener
from psro.report.outcomes import LEAST_BATTLES
from psro.report.record import Json, read_json
from psro.report.text import (
    BRACKETS,
    Table,
    count_text,
    fixed,
    interval_of,
    interval_text,
    percent_text,
)

RESULT = "result.json"
SUMMARY = "summary.md"
NUM_TEAMS = 3
"""So many of a policy's worst and of its best teams are shown; by_team.csv has all."""
MOST_COLUMNS = 9
"""A wider matrix is no table for a terminal."""
ELO = ".0f"


class EvaluationConsole(ConsoleListener):
    """Shows an evaluation while it goes on. Its tables are shown by who started it, when it is over."""

    def on_start(self, position: Position[Any], resumed: bool, note: str) -> None:
        """What is begun or gone on with; its positions have nothing but a phase to tell."""
        super().on_start(position, resumed, re.sub(r", iteration \d+, round \d+", "", note))

    def _say_where_to_look(self) -> None:
        pass


def evaluation_tables(result: Json) -> list[Table]:
    """Everything that is told of it, pool by pool."""
    tables = [entrants_table(result)]
    for pool in result["pools"]:
        tables.append(matchups_table(result, pool))
        if (matrix := matrix_table(result, pool)) is not None:
            tables.append(matrix)
        if (ratings := ratings_table(result, pool)) is not None:
            tables.append(ratings)
        tables += [table for side in ("own", "opposing") if (table := teams_table(result, pool, side)) is not None]  # fmt: skip
    return tables


def shortened(table: Table, most_rows: int) -> Table:
    """`table`, or its first rows with a note that says how many there are."""
    if len(table.rows) <= most_rows:
        return table
    rest = f"{most_rows} of {len(table.rows)} rows; {SUMMARY} has all"
    return replace(
        table, rows=table.rows[:most_rows], note="; ".join(filter(None, (rest, table.note)))
    )


def write_summary(directory: Path) -> None:
    """<directory>/summary.md, anew from result.json."""
    result = read_json(directory / RESULT)
    parts = [f"# Evaluation {directory.name}", settings_line(result)]
    parts += [table.to_markdown("##") for table in evaluation_tables(result)]
    atomic_write(directory / SUMMARY, "\n\n".join(parts).encode())


def settings_line(result: Json) -> str:
    """What was played, in a line."""
    settings = ", ".join(f"{key.removeprefix('game.')} {value}" for key, value in result["settings"].items())  # fmt: skip
    return (
        f"Played: {settings}; seed {result['seed']}, {result['battles_per_matchup']:,} battles a matchup and pool, neural "
        f"policies at temperature {result['temperature']:g}."
    )


def entrants_table(result: Json) -> Table:
    """Who they are."""
    rows = tuple((e["name"], e["kind"], e["source"], e["sha256"][:12]) for e in result["entrants"])
    return Table("Who", ("policy", "kind", "taken from", "sha256"), rows)


def matchups_table(result: Json, pool: str) -> Table:
    """Every pair, the first against the second."""
    rows, broken, exact = [], 0, 0
    for row in result["pools"][pool]["matchups"]:
        rows.append(
            (row["first"], row["second"], rate_text(row), outcomes_text(row), _turns_text(row))
        )
        broken += row["num_failures"]
        exact += row["is_exact"]
    notes = []
    if exact < len(rows):
        notes.append(
            "each interval holds by itself; battle i of a pool has the same teams and dice in every row"
        )
    if broken:
        notes.append(
            f"{count_text(broken, 'BATTLE')} BROKE and {'is' if broken == 1 else 'are'} left out"
        )
    columns = ("first", "against", f"win rate {BRACKETS}", "wins / ties / losses", "turns")
    return Table(f"Win rates{_of_pool(result, pool)}", columns, tuple(rows), "; ".join(notes))


def matrix_table(result: Json, pool: str) -> Table | None:
    """Who beats whom; None where not everyone met everyone, or where it would be too wide."""
    names = [entrant["name"] for entrant in result["entrants"]]
    rates: dict[tuple[str, str], float] = {}
    for row in result["pools"][pool]["matchups"]:
        if row["win_rate"] is not None:
            rates[row["first"], row["second"]] = row["win_rate"]["estimate"]
            rates[row["second"], row["first"]] = 1 - row["win_rate"]["estimate"]
    if not 2 < len(names) <= MOST_COLUMNS or len(rates) < len(names) * (len(names) - 1):
        return None
    rows = tuple(
        (name, *("–" if name == other else fixed(100 * rates[name, other], 1) for other in names))
        for name in names
    )
    title = f"Interaction matrix{_of_pool(result, pool)}"
    return Table(title, ("row beats column", *names), rows, "win rates in %, ties count one half")


def ratings_table(result: Json, pool: str) -> Table | None:
    """Bradley–Terry ratings, the strongest first; None where there are none."""
    ratings = result["pools"][pool]["ratings"]
    if ratings is None:
        return None
    points: Mapping[str, Json] = ratings["points"]
    rows = tuple(
        (
            name,
            f"{points[name]['estimate']:{ELO}} [{points[name]['low']:{ELO}}, {points[name]['high']:{ELO}}]",
        )
        for name in sorted(points, key=lambda name: -points[name]["estimate"])
    )
    worst = ratings["worst_explained"]
    note = (
        f"Bradley–Terry, 0 is the mean of all; explained worst: {worst['first']} against {worst['second']}, expected "
        f"{percent_text(worst['expected'])}, played {percent_text(worst['played'])}"
    )
    return Table(
        f"Ratings{_of_pool(result, pool)}", ("policy", f"Elo points {BRACKETS}"), rows, note
    )


def teams_table(result: Json, pool: str, side: str) -> Table | None:
    """Each policy's worst and best teams, own or opposing; None where the game has no teams, or too few battles."""
    rows, num_left_out = [], 0
    for entrant in result["entrants"]:
        of_policy = [
            row
            for row in result["pools"][pool]["by_team"]
            if row["policy"] == entrant["name"] and row["side"] == side
        ]
        listed = [row for row in of_policy if _num_battles(row) >= LEAST_BATTLES]
        num_left_out += len(of_policy) - len(listed)
        listed.sort(key=lambda row: (row["win_rate"]["estimate"], row["team"]))
        shown = listed if len(listed) <= 2 * NUM_TEAMS else listed[:NUM_TEAMS] + listed[-NUM_TEAMS:]
        rows += [
            (entrant["name"], row["team"], rate_text(row), outcomes_text(row)) for row in shown
        ]
    if not rows:
        return None
    note = f"the {NUM_TEAMS} worst and {NUM_TEAMS} best of each, which lean outwards, over all its battles of the pool; by_team.csv has all"
    if num_left_out:
        note += f"; teams with fewer than {LEAST_BATTLES} battles are not looked at"
    columns = ("policy", "team", f"win rate {BRACKETS}", "wins / ties / losses")
    title = "By own team" if side == "own" else "By opposing team"
    return Table(f"{title}{_of_pool(result, pool)}", columns, tuple(rows), note)


def rate_text(row: Json) -> str:
    """The win rate of a row of result.json."""
    if row["win_rate"] is None:
        return "not played"
    return interval_text(
        interval_of(row["win_rate"]), percent=True, exact=row.get("is_exact", False)
    )


def outcomes_text(row: Json) -> str:
    """Its counts."""
    if row.get("is_exact"):
        return "computed"
    return f"{row['wins']:,} / {row['ties']:,} / {row['losses']:,}"


def _turns_text(row: Json) -> str:
    return "–" if row["mean_turns"] is None else fixed(row["mean_turns"], 1)


def _num_battles(row: Json) -> int:
    return int(row["wins"] + row["ties"] + row["losses"])


def _of_pool(result: Json, pool: str) -> str:
    pools: Sequence[str] = list(result["pools"])
    return f", pool {pool}" if len(pools) > 1 or pool != "training" else ""
