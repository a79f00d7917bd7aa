import pytest

from psro.machine.artifacts import Artifact
from psro.machine.journal import JournalRecord
from psro.machine.units import Progress, Unit
from psro.report.screens import finished_words, metric_words, progress_words
from psro.report.workload import Workload


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def unit(index):
    return Unit(f"collect/{index}", "collect", {"num_battles": 100}, f"{index}.shard")


def committed(index):
    artifact = Artifact(f"{index}.shard", 1, "0" * 64)
    return JournalRecord((artifact,), {"phase": "COLLECT", "iteration": 1, "round": 0}, unit(index))


@pytest.fixture
def clock():
    return Clock()


def test_units_side_by_side_are_added_up(clock):
    work = Workload("collect", 0, 4, clock)
    clock.now = 2.0
    work.progress(unit(0), Progress(40, 100, "battles"))
    work.progress(unit(1), Progress(60, 100, "battles"))
    assert work.num_done == 100
    assert work.fraction == pytest.approx(0.25)
    assert work.rate == pytest.approx(50)
    assert work.seconds_left == pytest.approx(6)
    assert progress_words(work) == "100 battles  50.0 battles/s  6.0 s left"


def test_a_finished_unit_counts_whole(clock):
    work = Workload("collect", 1, 2, clock)
    clock.now = 4.0
    work.progress(unit(1), Progress(90, 100, "battles"))
    work.finish(committed(1))
    assert work.fraction == 1.0
    assert work.num_done == 100
    assert finished_words(work) == (
        "collect: 1 of 2 units (1 were committed before), 100 battles in 4.0 s (25.0 battles/s)"
    )


def test_work_of_a_dead_worker_that_is_done_again_falls_back_in_the_bar(clock):
    work = Workload("collect", 0, 1, clock)
    clock.now = 1.0
    work.progress(unit(0), Progress(80, 100, "battles"))
    work.progress(unit(0), Progress(10, 100, "battles"))
    assert work.fraction == pytest.approx(0.1)
    assert work.num_done == 90, "both passes were work"


def test_the_rate_is_that_of_late_and_the_mean_that_of_all(clock):
    work = Workload("collect", 0, 1, clock)
    for second in range(1, 101):
        clock.now = float(second)
        done = second if second <= 50 else 50 + 10 * (second - 50)
        work.progress(unit(0), Progress(done, 1000, "battles"))
    assert work.rate == pytest.approx(10, rel=0.06)
    assert work.mean_rate == pytest.approx(5.5)


def test_training_shows_its_metrics(clock):
    work = Workload("train", 0, 1, clock)
    clock.now = 1.0
    work.progress(unit(0), Progress(5, 10, "steps", {"policy_loss": 0.25, "entropy": 1.5}))
    assert metric_words(work) == "policy_loss 0.25  entropy 1.5"
    work.progress(unit(1), Progress(5, 10, "battles", {"battles_per_second": 9.0}))
    assert metric_words(work) == "", "what workers say of their own rate is not the run's"


def test_a_group_without_progress_has_no_rate(clock):
    work = Workload("select", 0, 2, clock)
    assert work.seconds_left is None
    clock.now = 3.0
    work.finish(committed(0))
    assert work.fraction == 0.5
    assert progress_words(work) == "3.0 s left"
    assert finished_words(work) == "select: 1 of 2 units in 3.0 s"
