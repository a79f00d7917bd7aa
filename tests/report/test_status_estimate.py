import pytest

from psro.machine.manifest import Manifest
from psro.report.status.estimate import Estimate, estimate
from psro.report.status.lives import At, Stay, at_of
from psro.report.status.schedule import Schedule
from tests.phases.conftest import drive_config, rps_config

CONFIG = {
    "psro.num_iterations": 3,
    "psro.rounds": 2,
    "psro.extra_rounds": 1,
    "psro.on_no_gain": "train_more",
    "psro.measure_battles": 500,
    "population.members.names": ["a", "b"],
    "population.base.names": ["c"],
    "certificate.enabled": True,
    "certificate.rounds": None,
    "certificate.measure_battles": 1000,
    "certificate.curve_battles": 0,
    "certificate.showcase": ["a", "b"],
    "certificate.showcase_battles": 250,
}
SECONDS = {"COLLECT": 40, "TRAIN": 20, "SELECT": 5, "MEASURE": 10, "SOLVE": 1}
FIRST_TRAIN = 12
ROUND_0, ROUND_1 = 40 + FIRST_TRAIN + 5, 40 + 20 + 5
PER_PAIR = 4


def seconds_of(at, slower=0.0):
    """What the made-up machine takes; the first TRAIN of an iteration has less to train on."""
    if at.phase == "TOURNAMENT":
        return PER_PAIR * (3 if at.iteration == 0 else 3 + at.iteration - 1)
    seconds = FIRST_TRAIN if (at.phase, at.round) == ("TRAIN", 0) else SECONDS.get(at.phase, 0)
    return seconds * (1 + slower * (at.iteration - 1))


def stays_up_to(at, config=CONFIG, extra=False, slower=0.0):
    """Everything before `at` is finished, each iteration with its extra round or none."""
    schedule = Schedule.of(config)
    path = [At("BOOTSTRAP", 0, 0), *schedule.steps_after(At("BOOTSTRAP", 0, 0), extra)]
    before = path[: path.index(at)]
    return [*(Stay(step, seconds_of(step, slower), True) for step in before), Stay(at, 0.0, False)]


def iteration_seconds(iteration, num_rounds):
    measures = 1 if num_rounds == 2 else 2
    rounds = ROUND_0 + (num_rounds - 1) * ROUND_1
    return rounds + measures * 10 + PER_PAIR * (3 + iteration - 1) + 1


def certificate_seconds(num_rounds):
    # 1,000 battles of its own and 2 × 250 of the showcase, at 500 in 10 s.
    return ROUND_0 + (num_rounds - 1) * ROUND_1 + 30


def test_what_is_left_is_priced_by_what_was_seen():
    at = At("COLLECT", 2, 0)
    left = estimate(CONFIG, at, stays_up_to(at), None)
    assert left.low == pytest.approx(
        iteration_seconds(2, 2) + iteration_seconds(3, 2) + certificate_seconds(2)
    )
    assert left.high == pytest.approx(
        iteration_seconds(2, 3) + iteration_seconds(3, 3) + certificate_seconds(3)
    )
    assert left.expected == pytest.approx(left.low), "no iteration has taken extra rounds yet"
    assert "the rest of iteration 2 + 1 iteration more + the certificate" in left.basis
    assert "iterations take 3 rounds, not 2" in left.basis


def test_iterations_that_took_extra_rounds_are_expected_to_do_so_again():
    at = At("COLLECT", 2, 0)
    left = estimate(CONFIG, at, stays_up_to(at, extra=True), None)
    assert left.low < left.expected == pytest.approx(left.high)


def test_what_gets_slower_is_expected_to_get_slower_still():
    at = At("COLLECT", 3, 0)
    steady = estimate(CONFIG, at, stays_up_to(at), None)
    slowing = estimate(CONFIG, at, stays_up_to(at, slower=0.5), None)
    assert slowing.low > steady.low
    assert slowing.low < slowing.expected < slowing.high
    assert slowing.high > 1.5 * steady.high
    assert "go on getting slower" in slowing.basis


def test_time_spent_at_the_position_is_not_left():
    at = At("TRAIN", 2, 1)
    stays = stays_up_to(at)
    fresh = estimate(CONFIG, at, stays, None)
    worked = estimate(CONFIG, at, [*stays[:-1], Stay(at, 15.0, False)], None)
    assert fresh.low - worked.low == pytest.approx(15)
    overdue = estimate(CONFIG, at, [*stays[:-1], Stay(at, 900.0, False)], None)
    assert fresh.low - overdue.low == pytest.approx(20), "no less than nothing is left of a phase"


def test_the_running_group_knows_best_when_its_phase_ends():
    at = At("TRAIN", 2, 1)
    late = [*stays_up_to(at)[:-1], Stay(at, 900.0, False)]
    assert estimate(CONFIG, at, late, 77.0).low - estimate(CONFIG, at, late, None).low == 77
    # Of a phase with many groups it is the least that is left.
    at = At("CERTIFY", 3, 0)
    assert estimate(CONFIG, at, stays_up_to(at), 5.0).low == certificate_seconds(2)
    assert estimate(CONFIG, at, stays_up_to(at), 5000.0).low == 5000


@pytest.mark.parametrize("at", [At("BOOTSTRAP", 0, 0), At("SOLVE", 0, 0), At("TOURNAMENT", 1, 1)])
def test_before_an_iteration_is_finished_nothing_is_said(at):
    left = estimate(CONFIG, at, stays_up_to(at), 10.0)
    assert left == Estimate("unknown until the first iteration is finished")


def test_another_algorithm_is_not_foreseen():
    left = estimate({"num_steps": 3}, At("WORK", 0, 0), [], None)
    assert left.low is None
    assert "unknown" in left.basis


def test_a_loop_that_may_stop_may_be_over_after_this_iteration():
    config = CONFIG | {"psro.on_no_gain": "stop", "psro.num_iterations": 5}
    at = At("COLLECT", 2, 0)
    left = estimate(config, at, stays_up_to(at, config, extra=True), None)
    assert left.low == pytest.approx(iteration_seconds(2, 2) + certificate_seconds(2))
    assert left.expected == left.high > left.low
    assert "earlier if this response gains nothing" in left.basis


TRAIN_MORE = {"num_iterations": 3, "on_no_gain": "train_more", "extra_rounds": 2}
"""Rock, paper, scissors: the third response gains nothing, so it takes the extra rounds."""


@pytest.mark.parametrize(
    ("psro", "begun", "longest"),
    [
        ({"num_iterations": 0}, At("BOOTSTRAP", 0, 0), False),
        ({"num_iterations": 2, "rounds": 2}, At("BOOTSTRAP", 0, 0), False),
        (TRAIN_MORE, At("COLLECT", 3, 0), True),
        ({"num_iterations": 5, "on_no_gain": "stop"}, At("COLLECT", 3, 0), False),
    ],
)
def test_the_schedule_is_that_of_the_program(tmp_path, psro, begun, longest):
    drive_config(rps_config(**psro), tmp_path)
    manifest = Manifest.load(tmp_path)
    went = [at_of(entry.position) for entry in manifest.history]
    foreseen = [*Schedule.of(manifest.config).steps_after(begun, longest)]
    assert [*foreseen, At("DONE", went[-1].iteration, 0)] == went[went.index(begun) + 1 :]


def test_a_certificate_of_several_starts_takes_as_many_responses_and_a_curve_of_each():
    config = CONFIG | {
        "certificate.starts": ["base", "scratch"],
        "certificate.curve_battles": 500,
    }
    at = At("CERTIFY", 3, 0)
    left = estimate(config, at, stays_up_to(at), 5.0)
    # Each: two rounds, 1,000 battles, three points of 500; once: 2 × 250 of the showcase.
    assert left.low == 2 * (ROUND_0 + ROUND_1 + 20 + 30) + 10
