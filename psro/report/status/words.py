"""The parts of a run's status in words; page.py puts them together."""

from datetime import datetime

from psro.machine.incidents import Incident
from psro.machine.manifest import Transition
from psro.report.heartbeat import Group, InFlight
from psro.report.status.estimate import Estimate
from psro.report.status.lives import At, Life, seconds_of
from psro.report.status.results import LastResponse, Results
from psro.report.status.schedule import ENDING, ROUND_PHASES, Schedule
from psro.report.tables import SHOWN_WEIGHT, gain_text
from psro.report.text import count_text, percent_text
from psro.report.timings import Span


def rough_text(seconds: float) -> str:
    """A time to be read at a glance: `14 s`, `12 min`, `2 h 05 min`, `3 d 4 h`; never less than 0."""
    whole = max(0, round(seconds))
    if whole < 90:
        return f"{whole} s"
    minutes = round(whole / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest:02d} min" if hours < 48 else f"{hours // 24} d {hours % 24} h"


def clock_text(when: float, now: float) -> str:
    """The reader's local time: `21:04:30` on the day of `now`, else `Nov 22 21:04`."""
    local, today = datetime.fromtimestamp(when), datetime.fromtimestamp(now)
    return f"{local:%H:%M:%S}" if local.date() == today.date() else f"{local:%b %d %H:%M}"


def position_text(at: At, schedule: Schedule | None) -> str:
    """`COLLECT · iteration 2 of 5 · round 1 of 2 to 4`; rounds are counted from 1, as people do."""
    words = [at.phase]
    if schedule is None:
        return f"{at.phase} · iteration {at.iteration} · round {at.round}"
    if at.phase in (*ENDING, "DONE"):
        words.append(f"after iteration {at.iteration} of {schedule.num_iterations}")
    elif at.iteration:
        words.append(f"iteration {at.iteration} of {schedule.num_iterations}")
    else:
        words.append("founding population")
    if at.phase in (*ROUND_PHASES, "MEASURE"):
        most = schedule.rounds + schedule.extra_rounds
        if at.round >= schedule.rounds:  # extra rounds are taken whole
            total = str(most)
        else:
            total = f"{schedule.rounds} to {most}" if schedule.extra_rounds else str(most)
        words.append(f"round {at.round + 1} of {total}")
    return " · ".join(words)


def short_position_text(at: At, schedule: Schedule | None) -> str:
    """`COLLECT 2/5` by iterations: for a table."""
    total = f"/{schedule.num_iterations}" if schedule else ""
    return f"{at.phase} {at.iteration}{total}"


def group_text(group: Group, num_in_flight: int) -> str:
    """`collect: 2 of 6 units done, 2 in flight, 45 %, 41.6 battles/s, 28 s left`."""
    words = [f"{group.label}: {group.num_finished} of {count_text(group.num_units, 'unit')} done"]
    if group.num_finished < group.num_units:
        words.append(
            f"{num_in_flight} in flight" if num_in_flight else "none has said how far it is"
        )
    if group.counted_in:
        words += [f"{100 * group.fraction:.0f} %", f"{group.rate:,.1f} {group.counted_in}/s"]
    if group.seconds_left is not None:
        words.append(f"{rough_text(group.seconds_left)} left")
    return ", ".join(words)


def short_group_text(group: Group) -> str:
    """`collect 45 %, 41.6 battles/s`: for a table."""
    rate = f", {group.rate:,.1f} {group.counted_in}/s" if group.counted_in else ""
    return f"{group.label} {100 * group.fraction:.0f} %{rate}"


def in_flight_text(unit: InFlight, now: float) -> str:
    """`iteration_2/measure_1/3: 57 of 100 battles, heard of 2 s ago`."""
    counted = f"{unit.done:,} of {unit.total:,} {unit.counted_in}"
    return f"{unit.unit}: {counted}, heard of {rough_text(now - unit.heard)} ago"


def rate_text(span: Span) -> str:
    """`collect 41.6 battles/s`."""
    rate = span.num_done / span.wall_seconds if span.wall_seconds > 0 else 0.0
    return f"{span.label} {rate:,.1f} {span.counted_in}/s"


def response_text(results: Results) -> str:
    """`br_2 after 2 rounds: wins 62.3 % [57.4, 66.9] against σ of iteration 1 (500 battles)`."""
    response = results.response
    if response is None:
        return ""
    text = (
        f"{response.name}: wins {gain_text(dict(response.gain))} against σ of iteration "
        f"{response.sigma_of}"
    )
    if num_battles := response.gain["num_battles"]:
        text += f" ({count_text(num_battles, 'battle')})"
    return text if response.beats_sigma else f"{text}: NOT SHOWN to beat it"


def short_response_text(response: LastResponse) -> str:
    """`br_2 62.3 %`: for a table."""
    rate = response.gain["win_rate"]["estimate"]
    return f"{response.name.partition(' ')[0]} {percent_text(rate)}"


def sigma_text(results: Results) -> str:
    """`iteration 2: br_2 71.0 %, br_1 29.0 %`; the heaviest first, those of 1 % and less left out."""
    if results.sigma_of is None:
        return ""
    shown = sorted(
        (name for name, weight in results.sigma.items() if weight > SHOWN_WEIGHT),
        key=lambda name: -results.sigma[name],
    )
    parts = ", ".join(f"{name} {percent_text(results.sigma[name])}" for name in shown)
    return f"iteration {results.sigma_of}: {parts}"


def end_text(left: Estimate, now: float, runs: bool) -> str:
    """`in about 15 min, at 21:02:10 (10 min to 24 min)`; of a run that stands still, its running time."""
    if left.expected is None:
        return left.basis
    about, span = rough_text(left.expected), range_text(left)
    span = f" ({span})" if span != about else ""
    if not runs:
        return f"after about {about} more of running time{span}"
    return f"in about {about}, at {clock_text(now + left.expected, now)}{span}"


def range_text(left: Estimate) -> str:
    """`10 min to 24 min`, or `12 s` where the two are the same; `unknown`."""
    if left.low is None or left.high is None:
        return "unknown"
    low, high = rough_text(left.low), rough_text(left.high)
    return f"{low} to {high}" if low != high else low


def life_text(life: Life, now: float, is_newest: bool, runs: bool) -> str:
    """`20:37:54 to 20:51:02 on node7, pid 29061, job 12: fresh start at ...; stopped by SIGTERM`."""
    first = life.entries[0]
    ended, how = clock_text(life.ended, now), life.end_note
    if is_newest and runs:
        ended, how = "now", "runs"
    elif how is None:
        ended, how = f"about {ended}", "killed without a word"
    return f"{clock_text(life.began, now)} to {ended} on {_who(first)}: {life.start_note}; {how}"


def transition_text(entry: Transition, now: float) -> str:
    """`20:39:43 on node7, pid 29061: finished BOOTSTRAP, iteration 0, round 0`."""
    return f"{clock_text(seconds_of(entry), now)} on {_who(entry)}: {entry.note}"


def incident_text(incident: Incident, now: float) -> str:
    """`20:41:10 on node7, by SIGKILL, in unit iteration_1/collect/round_0/3`."""
    when = datetime.fromisoformat(incident.time).timestamp()
    unit = f", in unit {incident.unit}" if incident.unit else ""
    return f"{clock_text(when, now)} on {incident.host}, {incident.reason}{unit}"


def _who(entry: Transition) -> str:
    job = f", job {entry.job_id} (restart {entry.restart_count})" if entry.job_id else ""
    return f"{entry.host}, pid {entry.pid}{job}"
