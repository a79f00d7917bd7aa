"""What is read, what is refused, and which decisions are in which batch."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from psro.game.protocols import ShardSource
from psro.game.recording import BadDecision
from psro.game.spec import ObservationSpec
from psro.machine.errors import UserError
from psro.oracle.data import Recording, as_seen, load
from psro.oracle.schedule import BatchLoader, Schedule
from tests.oracle.toy import SPEC, play, write_shard


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    directory = tmp_path_factory.mktemp("shards")
    return [
        write_shard(directory / f"{n}.shard", play(size, n)) for n, size in enumerate((60, 30, 9))
    ]


@pytest.fixture(scope="module")
def mixed(paths):
    """Two sources: 90 episodes at weight 3, 9 episodes at weight 1."""
    return load(
        (ShardSource("collected", tuple(paths[:2]), 3.0), ShardSource("replay", (paths[2],), 1.0)),
        as_seen(SPEC),
    )


def test_sources_lie_end_to_end(mixed):
    assert [(s.name, s.first_episode, s.num_episodes) for s in mixed.sources] == [
        ("collected", 0, 90),
        ("replay", 90, 9),
    ]
    assert mixed.num_episodes == 99
    one = play(60, 0)
    assert torch.equal(
        mixed.observations["actions"][: one.num_steps],
        torch.from_numpy(one.observations["actions"]),
    )


def test_what_policies_read_is_computed_from_what_was_recorded(paths):
    """Once, of all shards together; their episodes and rewards stay as they were."""
    asked = []

    def doubled(recorded):
        asked.append(recorded.num_episodes)
        state = recorded.observations["state"] * 2
        return replace(recorded, observations={**recorded.observations, "state": state})

    sources = (ShardSource("collected", tuple(paths[:2]), 1.0),)
    plain, expanded = load(sources, as_seen(SPEC)), load(sources, Recording(SPEC, doubled))
    assert asked == [90]
    assert torch.equal(expanded.observations["state"], plain.observations["state"] * 2)
    assert torch.equal(expanded.rewards, plain.rewards)


def test_a_source_of_weight_zero_is_not_read(paths, tmp_path):
    sources = (
        ShardSource("collected", (paths[0],), 1.0),
        ShardSource("replay", (tmp_path / "nowhere",), 0.0),
    )
    assert load(sources, as_seen(SPEC)).num_episodes == 60


@pytest.mark.parametrize("whole_episodes", [False, True])
def test_shares_follow_the_weights(mixed, whole_episodes):
    schedule = Schedule(mixed, whole_episodes, 32, 20, seed=1)
    boundary = int(mixed.offsets[90])
    rows = torch.cat([schedule.batch(step).rows for step in range(schedule.num_steps)])
    share = float((rows < boundary).double().mean())
    assert share == pytest.approx(0.75, abs=0.04)


@given(st.integers(0, 2**40), st.integers(1, 700))
@settings(max_examples=20, deadline=None)
def test_an_epoch_of_one_source_is_a_permutation(paths, seed, batch_size):
    dataset = load((ShardSource("collected", (paths[0],), 1.0),), as_seen(SPEC))
    schedule = Schedule(dataset, False, batch_size, 1, seed)
    rows = torch.cat([schedule.batch(s).rows for s in range(schedule.num_steps)])
    assert len(set(rows.tolist())) == len(rows)
    assert dataset.num_steps - len(rows) < batch_size
    whole = Schedule(dataset, True, batch_size, 1, seed)
    rows = torch.cat([whole.batch(s).rows for s in range(whole.num_steps)])
    assert sorted(rows.tolist()) == list(range(dataset.num_steps))


def test_batches_of_episodes_are_whole_episodes_in_order(mixed):
    schedule = Schedule(mixed, True, 32, 1, seed=3)
    starts = set(mixed.offsets.tolist())
    for step in range(schedule.num_steps):
        batch = schedule.batch(step)
        assert int(batch.lengths.sum()) == len(batch.rows)
        for part in batch.rows.split(batch.lengths.tolist()):
            assert int(part[0]) in starts
            assert int(part[-1]) + 1 in starts
            assert (part.diff() == 1).all()


def test_a_batch_is_the_rows_it_says(mixed):
    batch = Schedule(mixed, False, 32, 2, seed=3).batch(20)
    assert torch.equal(batch.actions, mixed.actions[batch.rows])
    assert torch.equal(batch.observations["kinds"], mixed.observations["kinds"][batch.rows])


def test_epochs_differ_and_seeds_differ(mixed):
    first, second = Schedule(mixed, False, 32, 2, 3), Schedule(mixed, False, 32, 2, 4)
    assert not torch.equal(first.batch(0).rows, first.batch(int(first.starts[1])).rows)
    assert not torch.equal(first.batch(0).rows, second.batch(0).rows)


def test_a_loader_goes_on_where_it_was(mixed):
    schedule = Schedule(mixed, False, 32, 2, 3)
    whole = [batch.rows for batch in BatchLoader(schedule)]
    loader = BatchLoader(schedule)
    for _, _batch in zip(range(7), loader, strict=False):
        pass
    fresh = BatchLoader(schedule)
    fresh.load_state_dict({"next_step": 7})
    rest = [batch.rows for batch in fresh]
    assert len(rest) == len(whole) - 7
    assert all(torch.equal(a, b) for a, b in zip(rest, whole[7:], strict=True))


def test_the_statement(mixed):
    statement = mixed.statement()
    totals = [float(part.sum()) for part in mixed.rewards.split(mixed.offsets.diff().tolist())]
    assert statement["num_decisions"] == mixed.num_steps
    assert statement["mean_return"] == pytest.approx(np.mean(totals))
    assert statement["share_masked"] == 0


def test_chunks_cover_all_rows_once(mixed, monkeypatch):
    monkeypatch.setattr("psro.oracle.data.CHUNK", 50)
    position = 0
    for rows, lengths in mixed.chunks():
        assert rows.start == position
        assert rows.stop - rows.start == int(lengths.sum())
        position = rows.stop
    assert position == mixed.num_steps


class TestRefused:
    def refuse(self, path, match, spec=SPEC):
        with pytest.raises(UserError, match=match) as error:
            load((ShardSource("collected", (path,), 1.0),), as_seen(spec))
        assert str(path) in str(error.value), "the shard is named"

    def test_missing(self, tmp_path):
        self.refuse(tmp_path / "nowhere", "is missing")

    def test_corrupt(self, tmp_path, paths):
        data = bytearray(paths[0].read_bytes())
        data[-1] ^= 1
        path = tmp_path / "bad.shard"
        path.write_bytes(data)
        self.refuse(path, "is corrupt")

    def test_empty(self, tmp_path):
        whole = play(1, 0)
        empty = type(whole)(
            SPEC,
            "toy",
            SPEC.empty(0),
            whole.legal_mask[:0],
            whole.actions[:0],
            whole.rewards[:0],
            np.zeros(1, np.int64),
            (),
        )
        self.refuse(write_shard(tmp_path / "empty.shard", empty), "holds no trajectories")

    def test_another_view(self, paths):
        other = ObservationSpec("other", SPEC.arrays, SPEC.num_actions)
        self.refuse(paths[0], "recorded as toy, not as this game's other", other)

    def test_not_finite(self, tmp_path):
        data = play(5, 0)
        data.observations["state"][3, 1] = np.nan
        self.refuse(write_shard(tmp_path / "nan.shard", data), "state holds values")

    def test_ids_out_of_range(self, tmp_path):
        data = play(5, 0)
        data.observations["kinds"][3, 1] = 3
        self.refuse(write_shard(tmp_path / "ids.shard", data), "kinds holds ids 0 … 3")

    def test_a_decision_that_cannot_have_been_recorded(self, paths):
        """Found in all shards laid end to end, named by its own."""
        first = play(60, 0).num_steps

        def expand(recorded):
            raise BadDecision(first + 3, "place 1 of its record is 900, not 0 … 151")

        with pytest.raises(UserError, match=r"decision 3: place 1 .* is 900.*anew") as error:
            load((ShardSource("collected", tuple(paths[:2]), 1.0),), Recording(SPEC, expand))
        assert str(error.value).startswith(f"shard {paths[1]}:")

    def test_another_layout(self, paths):
        self.refuse(paths[0], "that view has changed since", replace(SPEC, layout="newer"))

    def test_shards_that_name_no_layout_join_those_of_the_first(self, paths, tmp_path):
        named = replace(SPEC, layout="first", is_first_layout=True)
        data = replace(play(5, 0), spec=named)
        newer = write_shard(tmp_path / "named.shard", data)
        dataset = load((ShardSource("collected", (paths[0], newer), 1.0),), as_seen(named))
        assert dataset.num_episodes == 65

    def test_illegal_action(self, tmp_path):
        data = play(5, 0)
        data.legal_mask[2] = True
        data.legal_mask[2, data.actions[2]] = False
        self.refuse(write_shard(tmp_path / "illegal.shard", data), "an action is not legal")

    def test_nothing_at_all(self):
        with pytest.raises(UserError, match="nothing to train on"):
            load((), as_seen(SPEC))
        with pytest.raises(UserError, match="source replay has weight"):
            load((ShardSource("replay", (), 1.0),), as_seen(SPEC))

    def test_two_rewards(self, tmp_path, paths):
        data = play(5, 0)
        other = write_shard(
            tmp_path / "other.shard", type(data)(**{**data.__dict__, "reward": "binary"})
        )
        with pytest.raises(UserError, match=r"\['binary', 'toy'\]"):
            load((ShardSource("collected", (paths[0], other), 1.0),), as_seen(SPEC))
