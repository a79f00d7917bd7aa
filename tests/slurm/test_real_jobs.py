"""slurm/psro.sh on a real SLURM: requeued, refused, given up, in arrays, with a site's settings."""

from tests.slurm.jobs import Clone, Job, Run

# Rock-paper-scissors played, not computed: a few seconds in units of 20,000 battles.
SLOW = ("+experiment=rps", "game.exact=false", "psro.num_iterations=1", "executor=serial")
MANY_UNITS = (*SLOW, "psro.measure_battles=400000", "psro.battles_per_unit=20000")
ONE_UNIT = (*SLOW, "psro.measure_battles=500000", "psro.battles_per_unit=500000")


def wait_for_units(job: Job, run: Run, phase: str, count: int = 1) -> None:
    job.wait_for(
        lambda: run.phase() == phase and run.units(run.manifest()["position"]) >= count,
        f"has {count} units of {phase}",
    )


def stop_in_measure(job: Job, run: Run, start: int) -> None:
    """Signal the job's n-th start (from 1) when it is in MEASURE, and wait until it has stopped."""
    job.wait_for(
        lambda: len(run.starts()) == start and run.phase() == "MEASURE",
        f"measures in start {start}",
    )
    job.signal("USR1")
    job.wait_for(lambda: len(run.stops()) == start, f"is stopped in start {start}")


def test_at_its_time_limit_a_job_is_requeued_by_the_script_and_goes_on(clone: Clone) -> None:
    # SLURM looks at the time limits twice a minute; 300 s before the end of two minutes is at once.
    slow = (*MANY_UNITS, "psro.measure_battles=8000000")
    job, run = clone.psro(*slow, options=("--time=2",)), clone.run("rps")
    job.wait_for_text("the time was up; everything is saved and the job is queued again")
    job.wait_for_text("RESUMED")
    assert job.show()["Restarts"] == "1"
    assert [stop["note"] for stop in run.stops()] == ["stopped by SIGUSR1"]
    assert "restart 1" in job.text(), "one file for both"


def test_a_requeue_that_the_site_refuses_is_no_error(clone: Clone) -> None:
    job, run = clone.psro(*MANY_UNITS, options=("--no-requeue",)), clone.run("rps")
    wait_for_units(job, run, "MEASURE")
    job.signal("USR1")
    shown = job.wait_for_end()
    assert (shown["ExitCode"], shown["Restarts"]) == ("75:0", "0"), job.report()
    assert "was not queued again" in job.text()
    assert run.manifest()["status"] == "preempted"


def test_a_job_whose_restarts_commit_nothing_gives_up(clone: Clone) -> None:
    job, run = clone.psro(*ONE_UNIT), clone.run("rps")
    for start in range(1, 5):
        stop_in_measure(job, run, start)
    shown = job.wait_for_end()
    assert (shown["ExitCode"], shown["Restarts"]) == ("3:0", "3"), job.report()
    assert "3 starts in a row committed nothing" in job.text()


def test_an_array_is_one_run_per_seed_and_only_the_task_that_was_stopped_restarts(
    clone: Clone,
) -> None:
    whole = clone.psro(*MANY_UNITS, "seed=1", "name=whole")
    array = clone.psro(*MANY_UNITS, options=("--array=0-1",))
    # The last task has the array's own number as SLURM_JOB_ID.
    tasks = [clone.task(array, seed) for seed in (0, 1)]
    wait_for_units(tasks[1], clone.run("rps", seed=1), "MEASURE")
    tasks[1].signal("USR1")
    assert [task.wait_for_end()["Restarts"] for task in tasks] == ["0", "1"], array.report()
    for seed, task in enumerate(tasks):
        assert clone.run("rps", seed).manifest()["status"] == "done", task.report()
        assert clone.run("rps", seed).manifest()["config"]["seed"] == seed
    assert whole.wait_for_end()["JobState"] == "COMPLETED", whole.report()
    assert clone.run("rps", seed=1).results() == clone.run("whole", seed=1).results()


def test_the_command_line_and_the_sites_file_say_where_and_for_how_long(clone: Clone) -> None:
    site = clone.root / "slurm" / "site.sh"
    site.write_text("export SBATCH_PARTITION=high SBATCH_TIMELIMIT=1:00:00 SITE=here\n")
    job = clone.psro("+experiment=rps", options=("--cpus-per-task=3",), site=True)
    shown = job.wait_for_end()
    assert shown["JobState"] == "COMPLETED", job.report()
    found = shown["Partition"], shown["TimeLimit"], shown["CPUs/Task"]
    assert found == ("high", "01:00:00", "3")
    assert "executor.num_workers=3" in job.text()

    other = clone.psro("+experiment=rps", "name=b", options=("--partition=low",), site=True)
    assert other.show()["Partition"] == "low"
    other.wait_for_end()


def test_without_arguments_phase1_starts_and_a_cancelled_job_has_saved(clone: Clone) -> None:
    job, run = clone.psro(), clone.run("phase1")
    job.wait_for(lambda: run.phase() == "BOOTSTRAP", "starts")
    assert job.show()["CPUs/Task"] == "8"
    job.cancel()
    assert run.manifest()["status"] == "preempted", job.report()
    assert "with everything saved; the same command goes on" in job.text()
    assert job.show()["Restarts"] == "0"
