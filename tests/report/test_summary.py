"""report/ from the files of a run: finished, in progress, exact."""

import re
import subprocess
import sys

import pytest

from psro.machine.errors import UserError
from psro.report import write_report
from psro.report.__main__ import main
from tests.phases.conftest import drive_config, rps_config

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def report(finished_run):
    return write_report(finished_run)


def test_every_figure_and_the_summary_are_written(report):
    assert [path.name for path in report] == [
        "interaction_matrix.png",
        "sigma_over_iterations.png",
        "exploitability.png",
        "win_rates_by_opponent.png",
        "response_win_rates.png",
        "training_curves.png",
        "summary.md",
    ]
    assert all(path.read_bytes().startswith(PNG) for path in report[:-1])
    pictured = re.findall(r"!\[.*?\]\((.*?)\)", report[-1].read_text())
    assert sorted(pictured) == sorted(path.name for path in report[:-1])


def test_the_summary_explains_its_measures_and_says_where_it_came_from(report):
    text = report[-1].read_text()
    for measure in (
        "restricted exploitability",
        "best-response gain",
        "exploitability",
        "best-matchup margin",
    ):
        assert f"- **{measure}**: " in text
    assert "config hash" in text
    assert "numpy" in text
    assert "python -m psro.main" in text
    assert "**1 in all" not in text
    assert "seed 77, cloned against offline" in text, "the battle that broke"


def test_the_same_files_give_the_same_bytes(report):
    before = {path: path.read_bytes() for path in report}
    write_report(report[0].parents[1])
    assert {path: path.read_bytes() for path in report} == before


def test_a_run_in_progress_is_reported_as_far_as_it_is(running_run):
    text = write_report(running_run, interim=True)[-1].read_text()
    assert "The run is not over" in text
    assert "has no certificate" in text
    assert not re.search(r"\bnan\b", text)


def test_a_run_that_has_solved_nothing_yet(running_run, tmp_path):
    (tmp_path / "manifest.json").write_bytes((running_run / "manifest.json").read_bytes())
    [summary] = write_report(tmp_path, interim=True)
    assert "No iteration is solved yet" in summary.read_text()


def test_exact_games_are_reported_as_exact(tmp_path):
    drive_config(rps_config(), tmp_path)
    text = write_report(tmp_path)[-1].read_text()
    assert "0.000 (exact)" in text
    assert "none: exact values" in text


def test_what_is_no_run_directory_is_named(tmp_path):
    with pytest.raises(UserError, match=r"manifest\.json"):
        write_report(tmp_path)


def test_the_command_rebuilds_report_and_tensorboard(running_run, tmp_path, capsys):
    assert main([str(running_run)]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[-1] == str(running_run / "tensorboard")
    assert main([str(tmp_path)]) == 2
    assert str(tmp_path) in capsys.readouterr().err


def test_the_events_of_a_run_that_goes_on_are_left_to_it(running_run, capsys):
    main([str(running_run)])
    events = sorted((running_run / "tensorboard").rglob("events.*"))
    code = (
        "import sys; from pathlib import Path; from psro.machine.lock import RunLock;"
        "lock = RunLock(Path(sys.argv[1])); lock.acquire(); print('held', flush=True);"
        "sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(running_run)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe) as holder:
        assert holder.stdout.readline() == b"held\n"
        assert main([str(running_run)]) == 2
        holder.stdin.close()
    assert sorted((running_run / "tensorboard").rglob("events.*")) == events
    assert (running_run / "report/summary.md").is_file()


def test_the_report_needs_no_torch():
    code = (
        "import sys, psro.report.__main__, psro.report.console, psro.report.timings;"
        "sys.exit('torch' in sys.modules or 'tensorflow' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
