"""A sweep whose runs are jobs of submitit's: here on this machine, on SLURM in tests/slurm/test_real_sweep.py."""

import json
import os
import pickle
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import submitit

from psro import main, sweeps
from psro.config import Config
from psro.machine.errors import Preempted, UnitError
from psro.machine.signals import StopFlag
from tests.test_main import ROOT, SLOW, command, psro, wait_for

SWEEP = ("--multirun", "hydra/launcher=submitit_local", "+experiment=rps")


def history(run: Path) -> list[str]:
    return [entry["note"] for entry in json.loads((run / "manifest.json").read_bytes())["history"]]


def test_a_stopped_sweep_says_so_and_the_same_command_goes_on_with_every_run(
    tmp_path: Path,
) -> None:
    arguments = (*SWEEP, *SLOW, "seed=0,1", f"runs_directory={tmp_path}")
    sweep = subprocess.Popen(command(*arguments), cwd=ROOT, stderr=subprocess.PIPE, text=True)
    runs = [tmp_path / f"rps/seed_{seed}" for seed in (0, 1)]
    for run in runs:
        wait_for(run / "iteration_1")
        os.kill(json.loads((run / "run.lock").read_bytes())["pid"], signal.SIGTERM)
    _, said = sweep.communicate()
    assert sweep.returncode == 75
    assert "stopped; run the same command again" in said
    again = psro(*arguments)
    assert again.returncode == 0, again.stderr
    for run in runs:
        notes = history(run)
        assert "stopped by SIGTERM" in notes
        assert any(note.startswith("going on from") for note in notes)
        assert notes[-1].startswith("finished")


@pytest.mark.parametrize(
    ("arguments", "code", "num_runs"), [(["--multirun", "seed=0,1"], 75, 1), ([], 0, 1)]
)
def test_a_stop_as_a_run_ends_stops_the_sweep_and_not_the_run(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int, num_runs: int
) -> None:
    seeds = []

    def ends_as_it_is_stopped(config: Config, stop: StopFlag) -> None:
        seeds.append(config.seed)
        stop.set("SIGTERM")

    monkeypatch.setattr(main, "run", ends_as_it_is_stopped)
    monkeypatch.setattr(main, "leave_at_once", sys.exit)
    monkeypatch.setattr(sys, "argv", ["psro", *arguments, "+experiment=rps"])
    with pytest.raises(SystemExit) as ended:
        main.main()
    assert (ended.value.code, len(seeds)) == (code, num_runs)


def test_what_a_run_refuses_is_what_the_sweep_says(tmp_path: Path) -> None:
    ended = psro(*SWEEP, f"runs_directory={tmp_path}", "psro.base=nobody")
    assert ended.returncode == 2
    assert ended.stderr.splitlines()[-1].startswith("psro: config: psro.base: no 'nobody'")
    assert "Traceback" not in ended.stderr


def test_a_sweep_out_of_sight_is_announced() -> None:
    assert "psro.status" in sweeps.announcement(SWEEP)
    assert "psro.status" in sweeps.announcement(["-m", "+sweep=slurm", "+experiment=rps"])
    assert sweeps.announcement(["--multirun", "+experiment=rps", "seed=0,1"]) == ""
    assert sweeps.announcement(["hydra/launcher=submitit_local", "+experiment=rps"]) == ""


def test_a_job_that_left_nothing_is_told_from_a_bug() -> None:
    lost = sweeps.lost_job(submitit.core.utils.UncompletedJobError("Job 7 is gone\nlong story"))
    assert lost is not None
    assert str(lost).startswith("a run of the sweep ended without a result: Job 7 is gone. When")
    assert sweeps.lost_job(RuntimeError("a bug")) is None


def test_a_failed_units_error_survives_the_way_to_the_sweep() -> None:
    error = pickle.loads(pickle.dumps(UnitError("iteration_1/collect/0", "it failed")))
    assert (error.unit_key, str(error)) == ("iteration_1/collect/0", "it failed")


def test_a_job_that_slurm_is_ending_already_ends_as_a_preempted_one(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """SLURM refuses `scontrol requeue` of a job that it is preempting; the sweep must find no result of it."""

    def refused(*_: object) -> None:
        subprocess.run([sys.executable, "-c", "raise SystemExit(1)"], check=True)

    monkeypatch.setenv("SUBMITIT_EXECUTOR", "slurm")
    monkeypatch.setattr(
        sweeps.HydraConfig, "get", lambda: SimpleNamespace(mode=sweeps.RunMode.MULTIRUN)
    )
    sweeps.end_job(Preempted("SIGUSR2"), refused)
    assert "is ending it itself" in caplog.text
