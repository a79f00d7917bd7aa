"""slurm/psro.sh, with a fake scontrol and a fake program: what it starts, forwards and requeues."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "slurm" / "psro.sh"

# The program of the batch script: tells where its run lies, or acts as $FAKE_RUN says.
PYTHON = r"""#!/bin/bash
run=$PSRO_ROOT/runs/trial/seed_0
if [[ $1 == launchers/run_directory.py ]]; then
    [[ $* != *no.such.key* ]] || { echo "psro: config: no key no.such.key" >&2; exit 2; }
    echo "$run"
    exit 0
fi
echo "$*" >>"$PSRO_ROOT/started"
trap 'echo USR1 >>"$PSRO_ROOT/signals"; stop=1' USR1
trap 'echo TERM >>"$PSRO_ROOT/signals"; stop=1' TERM
mkdir -p "$run"
case $FAKE_RUN in
commit) echo unit >>"$run/journal.jsonl" ;;
train) mkdir -p "$run/scratch" && date +%N >"$run/scratch/training.ckpt" ;;
exit_*) exit "${FAKE_RUN#exit_}" ;;
esac
echo ready >"$PSRO_ROOT/ready"
for _ in {1..600}; do
    # As the real one: it takes a while to reach a safe point, and further signals may come meanwhile.
    [[ -z ${stop:-} ]] || { sleep "${FAKE_SAVE_S:-0}"; exit 75; }
    sleep 0.05
done
exit 99
"""
SCONTROL = r"""#!/bin/bash
echo "$*" >>"$PSRO_ROOT/scontrol"
kill -TERM $$ # SLURM does, to every process of the job that is requeued
[[ -z ${FAKE_REFUSAL:-} ]] || { echo "$FAKE_REFUSAL" >&2; exit 1; }
"""


@dataclass
class Cluster:
    """A clone with fakes, and jobs of it."""

    root: Path

    def submit(
        self, *overrides: str, run: str = "wait", restart: int = 0, **environment: str
    ) -> "subprocess.Popen[str]":
        (self.root / "ready").unlink(missing_ok=True)
        # As SLURM does: a copy in a spool directory, started in the directory of submission.
        spooled = self.root / "spool" / "slurm_script"
        spooled.parent.mkdir(exist_ok=True)
        spooled.write_bytes(SCRIPT.read_bytes())
        return subprocess.Popen(
            ["bash", str(spooled), *overrides],
            cwd=self.root,
            env={
                "PATH": f"{self.root}/bin:{os.environ['PATH']}",
                "PSRO_ROOT": str(self.root),
                "SLURM_SUBMIT_DIR": str(self.root),
                "SLURM_JOB_ID": "42",
                "SLURM_RESTART_COUNT": str(restart),
                "SLURM_CPUS_PER_TASK": "4",
                "FAKE_RUN": run,
                **environment,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def interrupt(
        self, job: "subprocess.Popen[str]", signals: list[signal.Signals]
    ) -> tuple[int, str]:
        wait_for(lambda: (self.root / "ready").exists())
        for signum in signals:
            job.send_signal(signum)
            time.sleep(0.3 if len(signals) > 1 else 0)
        return finish(job)

    def lines(self, name: str) -> list[str]:
        path = self.root / name
        return path.read_text().splitlines() if path.exists() else []


def finish(job: "subprocess.Popen[str]") -> tuple[int, str]:
    output, _ = job.communicate(timeout=60)
    return job.returncode, output


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "the fake program never got ready"
        time.sleep(0.02)


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    for relative, text in {
        ".venv/bin/python": PYTHON,
        "bin/scontrol": SCONTROL,
        "slurm/psro.sh": SCRIPT.read_text(),
    }.items():
        path = tmp_path / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
    return Cluster(tmp_path)


USR1, TERM = signal.SIGUSR1, signal.SIGTERM


def test_without_arguments_it_runs_phase1(cluster: Cluster) -> None:
    code, _ = finish(cluster.submit(run="exit_0"))
    assert code == 0
    assert cluster.lines("started") == ["-m psro.main executor.num_workers=4 +experiment=phase1"]


def test_overrides_are_passed_on_unchanged(cluster: Cluster) -> None:
    finish(cluster.submit("+experiment=smoke", "a.list=[1, 2]", run="exit_0"))
    assert cluster.lines("started") == [
        "-m psro.main executor.num_workers=4 +experiment=smoke a.list=[1, 2]"
    ]


def test_an_array_task_is_a_seed(cluster: Cluster) -> None:
    finish(cluster.submit("+experiment=rps", run="exit_0", SLURM_ARRAY_TASK_ID="3"))
    assert cluster.lines("started")[0].endswith("+experiment=rps seed=3")


def test_an_array_refuses_a_seed_of_its_own(cluster: Cluster) -> None:
    code, output = finish(cluster.submit("seed=1", SLURM_ARRAY_TASK_ID="3"))
    assert code == 2
    assert "leave out seed=" in output
    assert not cluster.lines("started")


@pytest.mark.parametrize("code", [1, 2, 137])
def test_a_failure_is_passed_on_and_not_requeued(cluster: Cluster, code: int) -> None:
    assert finish(cluster.submit(run=f"exit_{code}"))[0] == code
    assert not cluster.lines("scontrol")


def test_a_config_that_the_program_refuses_ends_the_job(cluster: Cluster) -> None:
    code, output = finish(cluster.submit("no.such.key=1"))
    assert code == 2
    assert "no key no.such.key" in output
    assert not cluster.lines("started")


@pytest.mark.parametrize("signals", [[USR1], [USR1, USR1], [USR1, TERM]])
def test_out_of_time_it_waits_for_the_program_and_requeues_once(
    cluster: Cluster, signals: list[signal.Signals]
) -> None:
    code, output = cluster.interrupt(cluster.submit(run="commit", FAKE_SAVE_S="1.5"), signals)
    assert code == 75
    assert cluster.lines("signals") == [signum.name.removeprefix("SIG") for signum in signals]
    assert cluster.lines("scontrol") == ["requeue 42"]
    assert "queued again" in output


@pytest.mark.parametrize("signals", [[TERM], [TERM, TERM]])
def test_preempted_or_cancelled_it_leaves_requeueing_to_slurm(
    cluster: Cluster, signals: list[signal.Signals]
) -> None:
    code, output = cluster.interrupt(cluster.submit(run="commit", FAKE_SAVE_S="1.5"), signals)
    assert code == 75
    assert cluster.lines("signals") == [signum.name.removeprefix("SIG") for signum in signals]
    assert not cluster.lines("scontrol")
    assert "everything saved" in output


def test_a_task_of_an_array_requeues_itself_and_not_the_whole_array(cluster: Cluster) -> None:
    """The last task's SLURM_JOB_ID is the array's: `scontrol requeue 42` would stop all of them."""
    job = cluster.submit(run="commit", SLURM_ARRAY_JOB_ID="42", SLURM_ARRAY_TASK_ID="3")
    code, _ = cluster.interrupt(job, [USR1])
    assert code == 75
    assert cluster.lines("scontrol") == ["requeue 42_3"]


def test_a_refused_requeue_is_said_and_is_no_error_of_its_own(cluster: Cluster) -> None:
    job = cluster.submit(run="commit", FAKE_REFUSAL="Requested operation is disabled")
    code, output = cluster.interrupt(job, [USR1])
    assert code == 75
    assert "Requested operation is disabled" in output
    assert "the same command goes on" in output


def test_restarts_without_a_commit_end(cluster: Cluster) -> None:
    for restart in range(2):
        code, _ = cluster.interrupt(cluster.submit(restart=restart), [USR1])
        assert code == 75
    code, output = cluster.interrupt(cluster.submit(restart=2), [USR1])
    assert code == 3
    assert "3 starts in a row committed nothing" in output
    assert len(cluster.lines("scontrol")) == 2, "the third is not queued again"


def test_restarts_without_a_commit_end_however_the_program_was_ended(cluster: Cluster) -> None:
    """A node that fails, or a preemption without notice, leaves no time to look at the end."""
    for restart in range(3):
        job = cluster.submit(restart=restart)
        wait_for(lambda: (cluster.root / "ready").exists())
        os.killpg(job.pid, signal.SIGKILL)
        job.communicate()
    code, output = finish(cluster.submit(restart=3))
    assert code == 3
    assert "giving up" in output
    assert len(cluster.lines("started")) == 3


@pytest.mark.parametrize("run", ["commit", "train"])
def test_restarts_that_commit_or_take_a_training_on_go_on(cluster: Cluster, run: str) -> None:
    for restart in range(5):
        code, _ = cluster.interrupt(cluster.submit(run=run, restart=restart), [USR1])
        assert code == 75
    assert len(cluster.lines("scontrol")) == 5


def test_a_commit_in_between_starts_the_count_again(cluster: Cluster) -> None:
    codes = []
    for restart, run in enumerate(["wait", "wait", "commit", "wait", "wait", "wait"]):
        codes.append(cluster.interrupt(cluster.submit(run=run, restart=restart), [USR1])[0])
    assert codes == [75, 75, 75, 75, 75, 3]


def test_a_new_submission_starts_the_count_again(cluster: Cluster) -> None:
    for restart in range(3):
        cluster.interrupt(cluster.submit(restart=restart), [USR1])
    code, _ = cluster.interrupt(cluster.submit(restart=0), [USR1])
    assert code == 75


def test_outside_slurm_it_says_how_to_start_it(cluster: Cluster) -> None:
    code, output = finish(cluster.submit(SLURM_JOB_ID=""))
    assert code == 2
    assert "sbatch" in output


def test_without_an_environment_it_says_what_to_do(cluster: Cluster) -> None:
    (cluster.root / ".venv" / "bin" / "python").unlink()
    code, output = finish(cluster.submit())
    assert code == 2
    assert "make setup" in output


def test_submitted_outside_the_clone_it_says_so(cluster: Cluster, tmp_path: Path) -> None:
    code, output = finish(cluster.submit(PSRO_ROOT=str(tmp_path / "elsewhere")))
    assert code == 2
    assert "PSRO_ROOT" in output


def test_the_site_file_is_read(cluster: Cluster) -> None:
    (cluster.root / "slurm" / "site.sh").write_text("export FAKE_RUN=exit_1\n")
    assert finish(cluster.submit(run="exit_0"))[0] == 1


@pytest.mark.parametrize("option", ["--requeue", "--open-mode=append", "--signal=B:USR1@300"])
def test_sbatch_is_asked_for_what_preemption_needs(option: str) -> None:
    assert f"#SBATCH {option}" in SCRIPT.read_text().splitlines()
