import pytest

from psro.machine.errors import UserError
from psro.report.status.find import run_directories


@pytest.fixture
def runs(tmp_path):
    """Two runs of one name, one that was only locked so far, and things that are no runs."""
    for name, trace in (
        ("a/seed_0", "manifest.json"),
        ("a/seed_1", "manifest.json"),
        ("b/seed_0", "run.lock"),
        ("notes", "todo.txt"),
        (".cache/x", "manifest.json"),
    ):
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / trace).touch()
    return tmp_path / "runs"


def names(paths, below):
    return [path.relative_to(below).as_posix() for path in paths]


def test_a_directory_above_means_every_run_below(runs):
    assert names(run_directories([runs]), runs) == ["a/seed_0", "a/seed_1", "b/seed_0"]
    assert names(run_directories([runs / "a"]), runs) == ["a/seed_0", "a/seed_1"]
    assert names(run_directories([runs.parent]), runs) == ["a/seed_0", "a/seed_1", "b/seed_0"]


def test_several_are_several_and_one_named_twice_is_one(runs):
    given = [runs / "b", runs / "a/seed_1", runs / "b/seed_0"]
    assert names(run_directories(given), runs) == ["b/seed_0", "a/seed_1"]


def test_nothing_is_searched_for_inside_a_run(runs):
    (runs / "a/seed_0/copy").mkdir()
    (runs / "a/seed_0/copy/manifest.json").touch()
    assert names(run_directories([runs / "a/seed_0"]), runs) == ["a/seed_0"]


def test_links_are_followed_and_circles_end(runs, tmp_path):
    scratch = tmp_path / "scratch/seed_9"
    scratch.mkdir(parents=True)
    (scratch / "manifest.json").touch()
    (runs / "c").symlink_to(scratch.parent)
    (runs / "notes/circle").symlink_to(runs / "notes")
    assert "c/seed_9" in names(run_directories([runs]), runs)


def test_an_empty_directory_is_a_run_that_has_not_begun(tmp_path):
    assert run_directories([tmp_path]) == [tmp_path]


def test_what_is_no_run_is_an_error_that_says_what_to_give(runs, tmp_path):
    with pytest.raises(UserError, match=r"notes is no run directory.*runs/phase1/seed_0"):
        run_directories([runs / "notes"])
    with pytest.raises(UserError, match=r"gone is no directory.*queue"):
        run_directories([tmp_path / "gone"])
    with pytest.raises(UserError, match="no directory"):
        run_directories([runs / "a/seed_0/manifest.json"])
