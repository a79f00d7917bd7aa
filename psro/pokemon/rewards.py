"""Rewards: what one side earned between two of its decisions, and at the end.

A reward takes a snapshot of the state (a short tuple) at each decision and one when the battle is over; what an action
earned follows from the snapshot before it and the next. Everything is from the acting side's point of view and uses
only what that side sees: a foe not revealed yet counts as healthy.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from inspect import signature
from types import MappingProxyType
from typing import Any, ClassVar

from poke_env.battle import Pokemon, Status

from psro.pokemon.gen1_battle import MAX_TEAM_SIZE, Gen1Battle
from psro.pokemon.state import BattleState

Snapshot = tuple[float, ...]
"""What a reward needs of a state; only the class that took it knows what stands where."""


class Reward(ABC):
    """A reward function, by its name in the config."""

    name: ClassVar[str]

    @abstractmethod
    def snapshot(self, state: BattleState) -> Snapshot:
        """What is needed of the state as it stands: at a decision, or when the battle is over."""

    @abstractmethod
    def step(self, before: Snapshot, after: Snapshot) -> float:
        """What the action taken at `before` earned up to the next decision, at `after`."""

    @abstractmethod
    def end(self, last: Snapshot, final: Snapshot, score: float) -> float:
        """What the last action, taken at `last`, earned up to the end, at `final`, the result included.

        `score`: the acting side's, 1 a win, ½ a tie, 0 a loss.
        """


class HpMargin(Reward):
    """r = 2ΔΦ, and ±1 at the end.

    Φ = ½ · HP difference / 6 + ½ · alive difference / 6 − 0.1 · status difference / 6, HP in fractions. Not potential-based:
    undiscounted an episode pays ±1 + 2Φ(end) − 2Φ(start), so that a large margin counts too.
    """

    name = "hp_margin"

    def snapshot(self, state: BattleState) -> Snapshot:
        return (margin(state.battle),)

    def step(self, before: Snapshot, after: Snapshot) -> float:
        return 2 * (after[0] - before[0])

    def end(self, last: Snapshot, final: Snapshot, score: float) -> float:
        return self.step(last, final) + result(score)


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

    def snapshot(self, state: BattleState) -> Snapshot:
        return (margin(state.battle),)

    def step(self, before: Snapshot, after: Snapshot) -> float:
        return self.gamma * after[0] - before[0]

    def end(self, last: Snapshot, final: Snapshot, score: float) -> float:
        return result(score) - last[0]


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

    # A snapshot: foes remaining, own bench size, the foe's and the own active Pokémon as (number, HP, statused), then the
    # own team as such triples.

    def snapshot(self, state: BattleState) -> Snapshot:
        battle = state.battle
        own, foe = battle.active_pokemon, battle.opponent_active_pokemon
        assert own is not None
        assert foe is not None
        numbers = {id(mon): float(number) for number, mon in enumerate(battle.team.values())}
        foes = {id(mon): float(number) for number, mon in enumerate(battle.opponent_team.values())}
        remaining = MAX_TEAM_SIZE - sum(
            [mon.status is Status.FNT for mon in battle.opponent_team.values()]
        )
        bench = [mon for mon in battle.team.values() if mon is not own and not mon.fainted]
        team = [v for mon in battle.team.values() for v in _triple(mon, numbers)]
        return (
            float(remaining),
            float(len(bench)),
            *_triple(foe, foes),
            *_triple(own, numbers),
            *team,
        )

    def step(self, before: Snapshot, after: Snapshot) -> float:
        own_number, own_hp, own_statused = after[5:8]
        position = 8 + 3 * int(own_number)
        _, hp_before, statused_before = before[position : position + 3]
        hp_gain = own_hp - hp_before
        took_status = own_statused * (1 - statused_before)
        damage = gave_status = 0.0
        if after[2] == before[2]:
            damage = before[3] - after[3]
            gave_status = after[4] * (1 - before[4])
        return (
            self.damage_weight * (damage + hp_gain)
            + self.status_weight * (gave_status - took_status)
            + self.faint_weight * (float(before[0] > after[0]) - float(before[1] > after[1]))
        )

    def end(self, last: Snapshot, final: Snapshot, score: float) -> float:
        return self.step(last, final) + _bonus(score, self.win_bonus, self.loss_penalty)


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

    def snapshot(self, state: BattleState) -> Snapshot:
        return ()

    def step(self, before: Snapshot, after: Snapshot) -> float:
        return 0.0

    def end(self, last: Snapshot, final: Snapshot, score: float) -> float:
        return _bonus(score, 100.0, 100.0)


def margin(battle: Gen1Battle) -> float:
    """Φ: how far the own side is ahead, in −1.1 … 1.1."""
    foe_size = battle._team_size.get(battle.opponent_role or "", MAX_TEAM_SIZE)
    hp = alive = statused = 0.0
    for mon in battle.team.values():
        if mon.status is not Status.FNT:
            alive += 1
            hp += mon.current_hp_fraction
            statused += mon.status is not None
    for mon in battle.opponent_team.values():
        if mon.status is not Status.FNT:
            alive -= 1
            hp -= mon.current_hp_fraction
            statused -= mon.status is not None
    num_unrevealed = foe_size - len(battle.opponent_team)
    # 6 even for smaller teams: a Pokémon is worth the same in every battle.
    return (
        0.5 * (hp - num_unrevealed) + 0.5 * (alive - num_unrevealed) - 0.1 * statused
    ) / MAX_TEAM_SIZE


def result(score: float) -> float:
    """A score (1, ½, 0) as +1, 0, −1."""
    return 2 * score - 1


def _triple(mon: Pokemon, numbers: Mapping[int, float]) -> tuple[float, float, float]:
    return numbers[id(mon)], mon.current_hp_fraction, float(mon.status is not None)


def _bonus(score: float, win: float, loss: float) -> float:
    return win if score == 1 else -loss if score == 0 else 0.0


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
