"""Rewards: what one side earned between two of its decisions, and at the end.

A reward is a function of the sighting records (observations/records/record.py) at a decision and at the next, or when the
battle is over. So it is from the acting side's point of view and uses only what that side sees (a foe not revealed yet counts as
healthy), and it is the same whoever plays the battle. Everything is computed for all decisions at once.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from inspect import signature
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from psro.pokemon.observations.records import record as r

Records = NDArray[np.int16]
"""[N, WIDTH]"""
Numbers = NDArray[np.float64]


class Reward(ABC):
    """A reward function, by its name in the config.

    It takes what it needs of each record once, a snapshot of a few numbers; rewards follow from two snapshots.
    """

    name: ClassVar[str]

    @abstractmethod
    def snapshots(self, records: Records) -> Numbers:
        """What is needed of each record: [N, K]."""

    @abstractmethod
    def step(self, before: Numbers, after: Numbers) -> Numbers:
        """What the actions taken at the snapshots `before` earned up to the next decisions, at `after`: [N]."""

    @abstractmethod
    def end(self, last: Numbers, final: Numbers, scores: Numbers) -> Numbers:
        """What the last actions, taken at `last`, earned up to the end, at `final`, the result included: [N].

        `scores`: the acting sides', 1 a win, ½ a tie, 0 a loss.
        """


class HpMargin(Reward):
    """r = 2ΔΦ, and ±1 at the end.

    Φ = ½ · HP difference / 6 + ½ · alive difference / 6 − 0.1 · status difference / 6, HP in fractions. Not potential-based:
    undiscounted an episode pays ±1 + 2Φ(end) − 2Φ(start), so that a large margin counts too.
    """

    name = "hp_margin"

    def snapshots(self, records: Records) -> Numbers:
        return margin(records)[:, None]

    def step(self, before: Numbers, after: Numbers) -> Numbers:
        return 2 * (after[:, 0] - before[:, 0])

    def end(self, last: Numbers, final: Numbers, scores: Numbers) -> Numbers:
        return self.step(last, final) + result(scores)


class Potential(Reward):
    """r = γΦ′ − Φ with Φ(end) = 0, and ±1 at the end: Φ is hp_margin's.

    Leaves the best policies as they are under the ±1 alone (Ng, Harada, Russell 1999): discounted by the same γ the
    shaping of an episode sums to −Φ(start), whatever is done.
    """

    name = "potential"

    def __init__(self, gamma: float = 0.98):
        """`gamma`: the discount that the oracle trains with. Raises ValueError outside (0, 1]."""
        if not 0 < gamma <= 1:
            raise ValueError(f"reward potential: gamma {gamma} is not in (0, 1]")
        self.gamma = gamma

    def snapshots(self, records: Records) -> Numbers:
        return margin(records)[:, None]

    def step(self, before: Numbers, after: Numbers) -> Numbers:
        return self.gamma * after[:, 0] - before[:, 0]

    def end(self, last: Numbers, final: Numbers, scores: Numbers) -> Numbers:
        return result(scores) - last[:, 0]


class MetamonShaped(Reward):
    """metamon's DefaultShapedReward: HP, statuses and faints since the last decision, ±100 at the end.

    As `metamon/interface.py` computes it, peculiarities included: a faint also counts as a status taken or given while the
    fainted Pokémon is still on the field; an own loss counts when the bench gets smaller, so with the replacement's
    entry; damage to a foe counts only while the same foe stays in.
    """

    name = "metamon_shaped"
    damage_weight: ClassVar[float] = 1.0
    status_weight: ClassVar[float] = 0.5
    faint_weight: ClassVar[float] = 1.0
    win_bonus: ClassVar[float] = 100.0
    loss_penalty: ClassVar[float] = 100.0

    def snapshots(self, records: Records) -> Numbers:
        teams = [_team(records, team) for team in (r.OWN, r.FOE)]
        others: list[NDArray[Any]] = [_num_fainted(records, r.FOE), _bench_size(records)]
        others += [records[:, active + r.SLOT] for active in (r.OWN_ACTIVE, r.FOE_ACTIVE)]
        return np.concatenate([np.stack(others, axis=1), *teams], axis=1, dtype=np.float64)

    def step(self, before: Numbers, after: Numbers) -> Numbers:
        fewer_foes = (after[:, _NUM_FOES_FAINTED] > before[:, _NUM_FOES_FAINTED]).astype(np.float64)
        smaller_bench = (before[:, _BENCH] > after[:, _BENCH]).astype(np.float64)
        own, foe = after[:, _OWN_SLOT], after[:, _FOE_SLOT]
        hp_gain = _of(after, _OWN_TEAM, own, 0) - _of(before, _OWN_TEAM, own, 0)
        took = _of(after, _OWN_TEAM, own, 1) * (1 - _of(before, _OWN_TEAM, own, 1))
        stayed = foe == before[:, _FOE_SLOT]
        damage = stayed * (_of(before, _FOE_TEAM, foe, 0) - _of(after, _FOE_TEAM, foe, 0))
        gave = stayed * _of(after, _FOE_TEAM, foe, 1) * (1 - _of(before, _FOE_TEAM, foe, 1))
        return (
            self.damage_weight * (damage + hp_gain)
            + self.status_weight * (gave - took)
            + self.faint_weight * (fewer_foes - smaller_bench)
        )

    def end(self, last: Numbers, final: Numbers, scores: Numbers) -> Numbers:
        return self.step(last, final) + _bonus(scores, self.win_bonus, self.loss_penalty)


class MetamonAggressive(MetamonShaped):
    """metamon's aggressive variant: faints count double, statuses nothing, +200 for a win, nothing for a loss."""

    name = "metamon_aggressive"
    status_weight = 0.0
    faint_weight = 2.0
    win_bonus = 200.0
    loss_penalty = 0.0


class MetamonBinary(Reward):
    """metamon's BinaryReward: ±100 at the end, nothing before."""

    name = "metamon_binary"

    def snapshots(self, records: Records) -> Numbers:
        return np.zeros((len(records), 0))

    def step(self, before: Numbers, after: Numbers) -> Numbers:
        return np.zeros(len(after))

    def end(self, last: Numbers, final: Numbers, scores: Numbers) -> Numbers:
        return _bonus(scores, 100.0, 100.0)


def rewards_of(
    reward: Reward,
    records: Records,
    offsets: NDArray[np.int64],
    finals: Records,
    scores: Numbers,
) -> NDArray[np.float32]:
    """The reward after every decision, [T].

    records: [T, WIDTH], episodes end to end; offsets: [E + 1]; finals: [E, WIDTH], how each episode's side saw the end;
    scores: [E], each episode's own.
    """
    rewards = np.zeros(len(records), np.float64)
    lengths = np.diff(offsets)
    played = lengths > 0
    last = offsets[1:][played] - 1
    inner = np.ones(len(records), np.bool_)
    inner[last] = False
    rows = np.flatnonzero(inner)
    snapshots = reward.snapshots(records)
    rewards[rows] = reward.step(snapshots[rows], snapshots[rows + 1])
    rewards[last] = reward.end(snapshots[last], reward.snapshots(finals[played]), scores[played])
    return rewards.astype(np.float32)


def margin(records: Records) -> Numbers:
    """Φ: how far the own side is ahead, in −1.1 … 1.1."""
    # Importing a kernel compiles it, or loads it from the cache: only what is used.
    from psro.pokemon.observations.records import margins as kernels

    margins = np.empty(len(records))
    is_whole = records.dtype == np.int16
    write = kernels.write_margins if is_whole else kernels.write_margins_of_fractions
    # Kernels take writable arrays alone; a shard's are not.
    write(np.require(records, requirements=["C", "W"]), margins)
    return margins


def result(scores: Numbers) -> Numbers:
    """Scores (1, ½, 0) as +1, 0, −1."""
    return 2 * scores - 1


def _hp_at(records: Records, at: int) -> Numbers:
    """HP of the Pokémon whose block begins at `at`, as a fraction of all; 0 where there is none."""
    share: Numbers = records[:, at + r.HP] / np.maximum(records[:, at + r.MAX_HP], 1)
    return share


# A metamon snapshot.
_NUM_FOES_FAINTED, _BENCH, _OWN_SLOT, _FOE_SLOT, _OWN_TEAM = range(5)
_FOE_TEAM = _OWN_TEAM + 2 * r.TEAM_SIZE


def _team(records: Records, team: int) -> Numbers:
    """HP and whether statused of each of the team's Pokémon: [N, 2 · TEAM_SIZE]."""
    columns: list[NDArray[Any]] = []
    for slot in range(r.TEAM_SIZE):
        at = team + slot * r.POKEMON_WIDTH
        columns += [_hp_at(records, at), records[:, at + r.STATUS] != r.HEALTHY]
    return np.stack(columns, axis=1, dtype=np.float64)


def _of(snapshots: Numbers, team: int, slots: Numbers, entry: int) -> Numbers:
    """Entry 0 or 1 of the team's Pokémon in `slots`, [N]."""
    found: Numbers = snapshots[np.arange(len(slots)), team + 2 * slots.astype(np.int64) + entry]
    return found


def _num_fainted(records: Records, team: int) -> NDArray[np.int64]:
    statuses = records[:, team + r.STATUS : team + r.TEAM_SIZE * r.POKEMON_WIDTH : r.POKEMON_WIDTH]
    fainted: NDArray[np.int64] = (statuses == r.FAINTED).sum(axis=1)
    return fainted


def _bench_size(records: Records) -> NDArray[np.int64]:
    """Own Pokémon that stand and are not on the field."""
    there = records[:, r.OWN : r.OWN + r.TEAM_SIZE * r.POKEMON_WIDTH : r.POKEMON_WIDTH] != 0
    blocks = r.OWN + records[:, r.OWN_ACTIVE + r.SLOT].astype(np.int64) * r.POKEMON_WIDTH
    active = records[np.arange(len(records)), blocks + r.STATUS]
    num_standing = there.sum(axis=1) - _num_fainted(records, r.OWN)
    bench: NDArray[np.int64] = num_standing - (active != r.FAINTED)
    return bench


def _bonus(scores: Numbers, win: float, loss: float) -> Numbers:
    return np.where(scores == 1, win, np.where(scores == 0, -loss, 0.0))


REWARDS: Mapping[str, type[Reward]] = MappingProxyType(
    {
        cls.name: cls
        for cls in (HpMargin, Potential, MetamonShaped, MetamonAggressive, MetamonBinary)
    }
)


def make_reward(name: str, arguments: Mapping[str, Any] | None = None) -> Reward:
    """The reward of that name. Raises ValueError for an unknown name or argument, listing the choices."""
    if name not in REWARDS:
        raise ValueError(f"unknown reward {name!r}; choose from {', '.join(sorted(REWARDS))}")
    arguments = arguments or {}
    accepted = signature(REWARDS[name]).parameters
    unknown = sorted(set(arguments) - set(accepted))
    if unknown:
        raise ValueError(
            f"reward {name} has no {unknown}; it takes {sorted(accepted) or 'nothing'}"
        )
    return REWARDS[name](**arguments)
