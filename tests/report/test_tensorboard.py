"""What TensorBoard itself reads of what was written."""

import shutil

import matplotlib.image
import pytest
from tensorboard.backend.event_processing.event_accumulator import (
    IMAGES,
    SCALARS,
    TENSORS,
    EventAccumulator,
)

from psro.machine.errors import Preempted
from psro.machine.position import Position
from psro.machine.signals import StopFlag
from psro.phases.psro import Phase
from psro.report.folder import write_report
from psro.report.headlines import headlines
from psro.report.record import read_json, read_run
from psro.report.tensorboard import TensorBoardListener, points_of, rebuild
from tests.phases.conftest import StopAtBoundary, drive_config, rps_config

from .made_up_run import make_run


def events_of(directory):
    events = EventAccumulator(str(directory), size_guidance={SCALARS: 0, IMAGES: 0, TENSORS: 0})
    events.Reload()
    return events


def curve(events, tag):
    return [(event.step, pytest.approx(event.value)) for event in events.Scalars(tag)]


def all_curves(directory):
    """(run, tag) → points of every curve below a tensorboard directory."""
    found = {}
    for folder in sorted({path.parent for path in directory.rglob("events.*")}):
        events = events_of(folder)
        for tag in events.Tags()["scalars"]:
            found[folder.relative_to(directory).as_posix(), tag] = [
                (event.step, event.value) for event in events.Scalars(tag)
            ]
    return found


@pytest.fixture(scope="module")
def written(finished_run):
    return rebuild(finished_run)


def test_measures_are_curves_over_iterations(written, finished_run):
    events = events_of(written)
    summaries = [
        read_json(finished_run / f"iteration_{index}" / "iteration_summary.json")
        for index in range(4)
    ]
    margins = [(i, s["best_matchup_margin"]["plug_in"]) for i, s in enumerate(summaries)]
    assert curve(events, "measures/best_matchup_margin") == margins
    # The gain of br_1 is about σ of iteration 0, the certificate's about the last; br_3 had two looks.
    known = [s["trained_against"]["exploitability"] for s in summaries[1:]]
    known.append(read_json(finished_run / "certificate_3" / "certificate.json")["exploitability"])
    gains = [max(g["gain"]["estimate"] for g in headline["gains"].values()) for headline in known]
    assert curve(events, "measures/best_response_gain") == list(enumerate(gains))
    for bound in ("low", "high"):
        assert len(events.Scalars(f"measures/exploitability/{bound}")) == 4


def test_sigma_and_win_rates_by_opponent_are_curves(written, finished_run):
    events = events_of(written)
    last = read_json(finished_run / "iteration_3" / "iteration_summary.json")["meta_strategy"]
    for name, entry in last.items():
        assert curve(events, f"sigma/{name}")[-1] == (3, pytest.approx(entry["weight"]))
    matrix = read_json(finished_run / "iteration_3" / "interaction_matrix.json")
    row = matrix["matrix"][matrix["names"].index("br_3")]
    expected = row[matrix["names"].index("gym_leader")]
    assert curve(events, "win_rate/best_response/vs/gym_leader")[-1] == (3, pytest.approx(expected))
    against = dict(curve(events, "win_rate/sigma/vs/br_3"))
    assert against[3] == pytest.approx(0.5, abs=1e-6), "no member beats σ, and br_3 is in it"


def test_training_curves_go_on_from_round_to_round(written):
    steps = [
        step for step, _ in curve(events_of(written / "training/iteration_1"), "oracle/critic_loss")
    ]
    assert steps == list(range(20, 1201, 20))
    assert (written / "training/cloned").is_dir()


def test_matrix_and_sigma_are_pictures_and_tables_are_text(written):
    tags = events_of(written).Tags()
    assert {"interaction_matrix", "sigma_over_iterations", "exploitability"} <= set(tags["images"])
    assert {"tables/sigma", "tables/measures", "config"} <= set(tags["tensors"])


def test_a_point_that_changed_when_the_run_was_extended_has_its_new_value_only(
    tmp_path, extended_run
):
    """The exploitability of σ of iteration 2: first the certificate's, then br_3 is measured too."""
    run = make_run(tmp_path / "phase1" / "seed_0", num_iterations=2)
    listener = TensorBoardListener(run)
    listener.on_start(Position(Phase.COLLECT, 3), True, "extended")
    before = dict(all_curves(run / "tensorboard")[".", "measures/exploitability"])
    make_run(run, num_iterations=3)
    listener.on_boundary(Position(Phase.SOLVE, 3), Position(Phase.CERTIFY, 3))
    listener.on_stop(Position(Phase.DONE, 3), "done", "")
    after = all_curves(run / "tensorboard")[".", "measures/exploitability"]
    assert [step for step, _ in after] == [0, 1, 2, 3]
    record = read_run(extended_run)
    pooled = headlines(record.iterations, record.certificates)[2]
    assert pooled["num_responses"] == 3
    assert dict(after)[2] == pytest.approx(pooled["estimate"])
    assert dict(after)[2] != before[2], "or this test shows nothing"


def test_times_are_those_of_the_files(written, finished_run):
    path = finished_run / "iteration_2" / "iteration_summary.json"
    [time] = [e.wall_time for e in events_of(written).Scalars("population/size") if e.step == 2]
    assert time == pytest.approx(path.stat().st_mtime)


def test_rebuilding_gives_the_same_curves_once(written, finished_run):
    before = all_curves(written)
    assert all_curves(rebuild(finished_run)) == before
    assert all(len(points) == len(dict(points)) for points in before.values())


def test_a_file_that_is_watched_forgets_what_its_forerunner_said(tmp_path, finished_run):
    from psro.report.event_writer import EventWriter

    for value in (1.0, 2.0):
        writer = EventWriter(tmp_path, began=0.0)
        writer.scalar("tag", 5, value, 0.0)
        writer.close()
    assert [event.value for event in events_of(tmp_path).Scalars("tag")] == [2.0]


def test_a_run_that_was_stopped_and_resumed_shows_every_point_once(tmp_path):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    drive_config(rps_config(), whole, listeners=[TensorBoardListener(whole)])
    for num_boundaries in (3, 4, 5):
        stop = StopFlag()
        listeners = [TensorBoardListener(parts), StopAtBoundary(stop, num_boundaries)]
        with pytest.raises(Preempted):
            drive_config(rps_config(), parts, stop, listeners)
    drive_config(rps_config(), parts, listeners=[TensorBoardListener(parts)])
    assert all_curves(parts / "tensorboard") == all_curves(whole / "tensorboard")
    assert all_curves(whole / "tensorboard")


def test_the_figures_of_the_report_are_pictures_when_the_run_is_over(tmp_path, running_run):
    run = shutil.copytree(running_run, tmp_path / "run")
    listener = TensorBoardListener(run)
    listener.on_start(Position(Phase.REPORT, 2), True, "")
    written = {path.stem for path in write_report(run) if path.suffix == ".png"}
    listener.on_boundary(Position(Phase.REPORT, 2), Position(Phase.DONE, 2))
    listener.on_stop(Position(Phase.DONE, 2), "done", "")
    images = events_of(run / "tensorboard")
    assert {"breakdown_against_response", "battles_spent"} <= written
    assert {f"report/{name}" for name in written} <= set(images.Tags()["images"])
    (picture,) = images.Images("report/battles_spent")
    shown = matplotlib.image.imread(run / "report/battles_spent.png")
    assert (picture.height, picture.width) == shown.shape[:2]


def test_a_running_run_has_its_points_so_far(running_run):
    record = read_run(running_run)
    known = headlines(record.iterations, record.certificates)
    tags = {point.tag for point in points_of(record, known)}
    assert "measures/exploitability" in tags
    assert not any(tag.startswith("certificate/") for tag in tags)
