"""report/ from the files of a run: finished, in progress, exact."""

import errno
import re
import shutil
import subprocess
import sys

import pytest

from psro.machine.durable import atomic_write
from psro.machine.errors import UserError
from psro.report import folder
from psro.report.__main__ import main
from psro.report.folder import write_report
from psro.report.gain_tables import headline_text
from psro.report.record import read_json
from tests.phases.conftest import drive_config, rps_config

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def report(finished_run):
    return write_report(finished_run)


def test_every_figure_and_the_summary_are_written(report):
    figures = [
        "exploitability",
        "response_win_rates",
        "sigma_over_iterations",
        "sigma_weights",
        "interaction_matrix",
        "ratings",
        "win_rates_by_opponent",
        "breakdown_against_response",
        "breakdown_against_known",
        "training_curves",
        "battles_spent",
    ]
    files = [f"{name}.{kind}" for name in figures for kind in ("png", "csv")]
    assert [path.name for path in report] == [*files, "index.html", "summary.md"]
    pictures = [path for path in report if path.suffix == ".png"]
    assert all(path.read_bytes().startswith(PNG) for path in pictures)
    pictured = re.findall(r"!\[.*?\]\((.*?)\)", report[-1].read_text())
    assert sorted(pictured) == sorted(path.name for path in pictures)


def test_the_summary_explains_its_measures_and_says_where_it_came_from(report):
    text = report[-1].read_text()
    for measure in (
        "restricted exploitability",
        "best-response gain",
        "exploitability",
        "best-matchup margin",
    ):
        assert f"- **{measure}**: " in text
    assert "(index.html)" in text
    assert "config hash" in text
    assert "numpy" in text
    assert "python -m psro.main" in text
    assert "seed 77, cloned against offline" in text, "the battle that broke"


def test_no_interval_at_another_level_passes_for_a_usual_one(report, finished_run):
    """Every printed interval of br_3, which was measured twice, against every one of br_2's."""
    lines = report[-1].read_text().splitlines()
    for name, level in (("br_2", ""), ("br_3", " at 97.5 %")):
        [row] = [line for line in lines if re.match(rf"\| \d \| {name} \|", line)]
        data = read_json(finished_run / f"iteration_{name[-1]}" / "iteration_summary.json")
        rate = data["response"]["best_response_gain"]["win_rate"]
        bounds = f"[{100 * rate['low']:.1f}, {100 * rate['high']:.1f}]"
        assert f" % {bounds}{level} |" in row
        printed = re.findall(re.escape(bounds) + r"(.*?) \|", "\n".join(lines))
        assert level in printed


def test_the_result_is_the_pooled_exploitability_with_what_it_rests_on(report, extended_run):
    text = report[-1].read_text()
    data = read_json(report[-1].parents[1] / "certificate_3" / "certificate.json")
    assert f"**{headline_text(data['exploitability'])}**" in text
    assert "the response trained on purpose against it gains" in text
    extended = write_report(extended_run)[-1].read_text()
    assert re.search(r"\| 2 \| \S+ \[\S+ \S+\] \| (br_3|certificate_2) after", extended)
    assert "| 3 responses |" in extended
    assert "## Certificate of σ of iteration 2" in extended


def test_a_loop_that_converged_is_the_first_thing_that_is_said(tmp_path):
    drive_config(rps_config(num_iterations=9, on_no_gain="stop"), tmp_path)
    text = write_report(tmp_path)[-1].read_text()
    guide = text.index("## How to read the numbers")
    assert "The loop ended there as converged (psro.on_no_gain=stop)" in text[:guide]


def test_the_mixture_is_shown_by_the_teams_that_it_played(report):
    """Not by its opponents': it wins most battles, and a losing team's rate is not its own."""
    text = report[-1].read_text()
    section = text[text.index("The final mixture against") :]
    rates = re.findall(r"^\| team_\d+ \| (\S+) % ", section, re.MULTILINE)
    assert rates
    assert min(float(rate) for rate in rates) > 50


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
    for written in write_report(tmp_path, interim=True):
        assert "No iteration is solved yet" in written.read_text()


def test_exact_games_are_reported_as_exact(tmp_path):
    drive_config(rps_config(), tmp_path)
    text = write_report(tmp_path)[-1].read_text()
    assert "0.000 (exact)" in text
    assert "none: exact values" in text


def test_half_a_report_is_none(running_run, tmp_path, monkeypatch):
    shutil.copytree(running_run, tmp_path / "run")
    written = []

    def fills_up(path, data):
        if len(written) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        atomic_write(path, data)
        written.append(path)

    monkeypatch.setattr(folder, "atomic_write", fills_up)
    with pytest.raises(OSError, match="No space"):
        write_report(tmp_path / "run")
    assert len(written) == 2
    assert not any(path.exists() for path in written)


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
