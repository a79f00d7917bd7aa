"""The status command as a user calls it."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from psro.status import main
from tests.phases.conftest import drive_config, rps_config

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two finished runs below one directory; read only."""
    directory = tmp_path_factory.mktemp("runs")
    for seed in (0, 1):
        run = directory / "rps" / f"seed_{seed}"
        run.mkdir(parents=True)
        drive_config(rps_config(num_iterations=1), run)
    return directory


def test_one_run_is_a_page(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(runs / "rps/seed_1")]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[0] == str(runs / "rps/seed_1")
    assert "DONE" in out
    assert " disk " in out
    assert err == ""


def test_a_directory_above_is_a_table(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(runs)]) == 0
    out = capsys.readouterr().out
    assert "2 runs: 2 done" in out
    assert [line.split()[0] for line in out.splitlines()[3:]] == ["seed_0", "seed_1"]


def test_json_is_one_object_whatever_is_given(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for given, num in (([runs / "rps/seed_0"], 1), ([runs], 2)):
        assert main([*map(str, given), "--json"]) == 0
        told = json.loads(capsys.readouterr().out)["runs"]
        assert len(told) == num
        assert told[0]["state"] == "done"
        assert told[0]["position"]["phase"] == "DONE"
        assert told[0]["num_restarts"] == 0
        assert told[0]["sigma"] == {"rock": 0.0, "br_1": 1.0}
        assert told[0]["disk"]["total"] > 0
        assert told[0]["disk"]["bytes_per_decision"] is None


def test_a_damaged_run_is_one_line_and_exit_code_2_and_hides_no_other(
    runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "manifest.json").write_text("{")
    assert main([str(tmp_path)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "manifest.json" in err
    assert main([str(runs), str(tmp_path)]) == 2
    out, err = capsys.readouterr()
    assert "2 runs: 2 done" in out
    assert err.count("\n") == 1
    assert main([str(tmp_path), str(runs), "--json"]) == 2
    out, _ = capsys.readouterr()
    assert [run.get("state", "damaged") for run in json.loads(out)["runs"]] == [
        "done",
        "done",
        "damaged",
    ]


@pytest.mark.parametrize("arguments", [["nowhere"], ["--watch", "0", "."], ["--watch", "x", "."]])
def test_bad_input_is_exit_code_2(arguments: list[str], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "psro.status", *arguments]
    ended = subprocess.run(
        command,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr


def test_it_starts_without_what_is_slow_to_load(runs: Path) -> None:
    script = (
        "import sys; from psro.status import main; main(sys.argv[1:]); "
        "slow = {'torch', 'lightning', 'hydra', 'omegaconf', 'matplotlib', 'rich', 'scipy', "
        "'tensorboard', 'poke_env', 'pulp'}; print(sorted(slow & sys.modules.keys()))"
    )
    command = [sys.executable, "-c", script, str(runs)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[-1] == "[]"


def test_watching_looks_again_until_ctrl_c(runs: Path) -> None:
    command = [sys.executable, "-m", "psro.status", str(runs / "rps/seed_0"), "--watch", "0.05"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as watching:
        assert watching.stdout is not None
        num_seen = 0
        while num_seen < 2:
            line = watching.stdout.readline()
            assert line, "it ended by itself"
            num_seen += line.endswith("seed_0\n")
        watching.send_signal(signal.SIGINT)
        watching.stdout.read()
        assert watching.wait(timeout=30) == 0


def test_a_reader_that_goes_away_is_no_error(runs: Path) -> None:
    command = f"{sys.executable} -m psro.status {runs} | head -n 1"
    ended = subprocess.run(command, cwd=ROOT, shell=True, capture_output=True, text=True)
    assert ended.stderr == ""
