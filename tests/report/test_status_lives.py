from datetime import UTC, datetime

from psro.machine.manifest import Transition
from psro.report.status.lives import At, Stay, lives_of, stays_of
from psro.report.timings import Span

COLLECT, TRAIN = At("COLLECT", 1, 0), At("TRAIN", 1, 0)


def entry(second, at, note, pid=1, job_id=None, restart_count=0):
    time = datetime.fromtimestamp(second, UTC).isoformat(timespec="seconds")
    return Transition(time, "node7", pid, job_id, restart_count, at._asdict(), note)


def span(ended):
    return Span("unit", "u", "COLLECT", 1, 0, 1.0, 100, "battles", ended)


PREEMPTED_THEN_KILLED_THEN_RUNNING = (
    entry(100, COLLECT, "fresh start at COLLECT"),
    entry(160, TRAIN, "finished COLLECT, iteration 1, round 0"),
    entry(170, TRAIN, "stopped by SIGTERM"),
    entry(1000, TRAIN, "going on from TRAIN", job_id="12"),
    entry(2000, TRAIN, "going on from TRAIN", job_id="12", restart_count=1),
    entry(2030, At("SELECT", 1, 0), "finished TRAIN, iteration 1, round 0", 1, "12", 1),
)


def test_lives_are_told_apart_and_time_between_them_is_nobodys():
    lives = lives_of(
        PREEMPTED_THEN_KILLED_THEN_RUNNING, [span(150), span(1040), span(2025)], lambda ended: 2050
    )
    assert [(life.began, life.ended) for life in lives] == [(100, 170), (1000, 1040), (2000, 2050)]
    assert [life.end_note for life in lives] == ["stopped by SIGTERM", None, None]
    assert [life.start_note.partition(" from ")[0] for life in lives][1:] == ["going on"] * 2
    assert sum(life.seconds for life in lives) == 70 + 40 + 50


def test_a_second_start_of_the_same_process_number_is_another_life():
    """In a container every process of a run may have the same."""
    history = (
        entry(1, COLLECT, "fresh start at COLLECT"),
        entry(9, COLLECT, "going on from COLLECT"),
    )
    assert len(lives_of(history, [], lambda ended: 10)) == 2


def test_a_killed_life_without_times_ends_with_its_last_entry():
    history = (*PREEMPTED_THEN_KILLED_THEN_RUNNING[:4], entry(5000, TRAIN, "going on from TRAIN"))
    assert lives_of(history, [], lambda ended: ended)[1].seconds == 0


def test_the_life_that_finished_the_run_is_done():
    done = At("DONE", 2, 0)
    history = (
        entry(1, COLLECT, "fresh start at COLLECT"),
        entry(9, done, "finished REPORT, iteration 2, round 0"),
    )
    [life] = lives_of(history, [], lambda ended: ended)
    assert life.end_note == "done"


def test_a_failed_life_tells_its_error():
    history = (entry(1, COLLECT, "fresh start"), entry(5, COLLECT, "UnitError: unit 'x' failed"))
    [life] = lives_of(history, [], lambda ended: ended)
    assert life.end_note == "UnitError: unit 'x' failed"


def test_a_position_is_charged_for_every_life_that_worked_on_it():
    lives = lives_of(PREEMPTED_THEN_KILLED_THEN_RUNNING, [span(1040)], lambda ended: 2050)
    assert stays_of(lives) == [
        Stay(COLLECT, 60, True),
        Stay(TRAIN, 10 + 40 + 30, True),
        Stay(At("SELECT", 1, 0), 20, False),
    ]


def test_a_clock_that_jumps_back_takes_no_time_away():
    history = (
        entry(100, COLLECT, "fresh start"),
        entry(40, TRAIN, "finished COLLECT, iteration 1, round 0"),
        entry(60, TRAIN, "stopped by SIGTERM"),
    )
    lives = lives_of(history, [], lambda ended: ended)
    assert lives[0].seconds == 0
    assert [stay.seconds for stay in stays_of(lives)] == [0, 0]
