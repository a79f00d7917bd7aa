"""What a run takes on disk, in bytes, decisions and words."""

import pytest

from psro.game.battles import PlayResult
from psro.game.shards import encode_shard
from psro.report.disk import disk_table, disk_text, kind_of, read_disk
from psro.report.text import bytes_text
from tests.oracle.toy import play


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("iteration_1/trajectories/round_0/000.shard", "shards"),
        ("population/br_1/weights.safetensors", "policies"),
        ("iteration_1/oracle/round_0/scratch/last.ckpt", "policies"),
        ("iteration_1/matchups/measure_0_00.json", "results"),
        ("config.yaml", "rest"),
        ("journal.jsonl", "rest"),
        ("report/summary.md", "rest"),
        ("slurm/oracle/job", "rest"),
    ],
)
def test_every_file_is_of_one_kind(path, kind):
    assert kind_of(path) == kind


@pytest.fixture
def run(tmp_path):
    """Two shards of toy battles, a policy and a journal."""
    for index in range(2):
        path = tmp_path / f"iteration_1/trajectories/round_0/{index:03d}.shard"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode_shard(PlayResult((), (), play(20, index)), {}))
    (tmp_path / "population/br_1").mkdir(parents=True)
    (tmp_path / "population/br_1/weights.safetensors").write_bytes(bytes(2500))
    (tmp_path / "journal.jsonl").write_bytes(b"")
    return tmp_path


def test_decisions_and_bytes_are_those_of_the_shards(run):
    disk = read_disk(run)
    num_decisions = sum(len(play(20, index).actions) for index in range(2))
    num_bytes = sum(path.stat().st_size for path in run.rglob("*.shard"))
    assert (disk.num_decisions, disk.num_bytes["shards"]) == (num_decisions, num_bytes)
    assert disk.bytes_per_decision == num_bytes / num_decisions
    assert disk.total == num_bytes + 2500
    text = disk_text(disk)
    assert f"({num_decisions} decisions, {num_bytes / num_decisions:.1f} bytes each)" in text
    assert "policies and checkpoints 2.5 kB" in text
    assert "pruned" not in text


def test_a_shard_that_cannot_be_read_is_said_and_not_counted(run):
    (run / "iteration_1/trajectories/round_0/001.shard").write_bytes(b"not a shard")
    disk = read_disk(run)
    assert disk.num_decisions == len(play(20, 0).actions)
    assert (disk.num_unreadable, disk.bytes_per_decision) == (1, None)
    assert "1 shard CANNOT BE READ" in disk_text(disk)


def test_a_run_without_shards_says_nothing_of_decisions(tmp_path):
    disk = read_disk(tmp_path)
    assert disk_text(disk).startswith("0 bytes: shards 0 bytes, ")
    assert disk.bytes_per_decision is None


def test_the_report_s_table_does_not_count_the_report(run):
    before = disk_table(read_disk(run))
    (run / "report").mkdir()
    (run / "report/summary.md").write_bytes(bytes(10**6))
    assert disk_table(read_disk(run)) == before


@pytest.mark.parametrize(
    ("number", "text"),
    [(1, "1 byte"), (999, "999 bytes"), (1000, "1.0 kB"), (999_949, "999.9 kB"),
     (999_950, "1.0 MB"), (12_345_678, "12.3 MB"), (5 * 10**12, "5,000.0 GB")],
)  # fmt: skip
def test_bytes_in_words(number, text):
    assert bytes_text(number) == text
