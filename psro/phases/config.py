"""Schemas of what the phases read."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
"""Names are directories and parts of file names."""
RESERVED = re.compile(r"learner|self|(br|nash)_\d+|certificate_\d+(_.*)?|(showcase|exploiter)_.*")
"""Names that a run gives by itself."""
START_CHOICES = ("base", "strongest")
SCRATCH = "scratch"
"""A start of exploiters besides: fresh weights."""
SHARDS_CHOICES = ("keep", "prune")
NO_GAIN_CHOICES = ("accept", "train_more", "stop")
ALLOCATION_CHOICES = ("equal", "adaptive")


@dataclass
class MemberConfig:
    """One of the game's own policies in the founding population."""

    kind: str = ""
    """A name of the game's policy registry."""
    arguments: dict[str, Any] = field(default_factory=dict)
    """What its constructor takes."""


@dataclass
class ReplayConfig:
    """Battles among the founding heuristics: the data that base policies are trained on."""

    num_battles: int = 0
    """How many; both sides are recorded."""
    policies: list[str] = field(default_factory=list)
    """Who plays them, each against each and itself; names of `population.members`."""
    weights: list[float] = field(default_factory=list)
    """How often each is drawn; empty: equally."""


@dataclass
class BasePolicyConfig:
    """One neural policy of the founding population, trained on the spot."""

    name: str = ""
    stage: str = "cloning"
    """Which of the oracle's training settings apply: cloning, offline_rl, self_play or response."""
    start: str | None = None
    """The base policy it starts from; null: from scratch."""
    rounds: int = 0
    """Collect–train rounds; 0: trained once, on the replay data alone."""
    num_battles: int = 0
    """Battles collected in each round."""
    opponents: dict[str, float] = field(default_factory=dict)
    """Whom it meets in those rounds, by weight: founding members, earlier base policies, or `self`."""
    replay_weight: float | None = None
    """Weight of the replay data in each batch, against 1 − replay_weight for what was collected; null: 0
    with rounds, 1 without."""

    @property
    def weight_of_replay(self) -> float:
        """`replay_weight`, its default filled in."""
        if self.replay_weight is None:
            return 0.0 if self.rounds else 1.0
        return self.replay_weight


@dataclass
class PopulationConfig:
    """The founding population Π₀: the game's own policies, then base policies in training order."""

    members: dict[str, MemberConfig] = field(default_factory=dict)
    replay: ReplayConfig = field(default_factory=ReplayConfig)
    base: list[BasePolicyConfig] = field(default_factory=list)

    def __post_init__(self) -> None:
        known = set(self.members)
        for name in self.replay.policies:
            if name not in known:
                raise ValueError(
                    f"population.replay.policies: no member {name!r}; there are {sorted(known)}"
                )
        if self.replay.weights and len(self.replay.weights) != len(self.replay.policies):
            raise ValueError("population.replay.weights must be one per population.replay.policies")
        for name in [*self.members, *(base.name for base in self.base)]:
            if not NAME.fullmatch(name) or "__" in name or RESERVED.fullmatch(name):
                raise ValueError(
                    f"population: the name {name!r} cannot be used; take letters, digits, '-' and single "
                    "'_', but not learner, self, br_<n>, nash_<n>, certificate_<n>[_<...>], showcase_<...> or exploiter_<...>"
                )
        for base in self.base:
            trained = {b.name for b in self.base[: self.base.index(base)]}
            if not base.name or base.name in known | trained:
                raise ValueError(f"population.base: the name {base.name!r} is empty or taken")
            if base.start is not None and base.start not in trained:
                raise ValueError(
                    f"population.base.{base.name}.start: no earlier base policy {base.start!r}; "
                    f"there are {sorted(trained)}"
                )
            for opponent in base.opponents:
                if opponent not in known | trained | {"self"}:
                    raise ValueError(
                        f"population.base.{base.name}.opponents: no policy {opponent!r}; there are "
                        f"{sorted(known | trained | {'self'})}"
                    )
            if base.rounds and not (base.opponents and base.num_battles > 0):
                raise ValueError(
                    f"population.base.{base.name}: rounds > 0 needs opponents and num_battles"
                )
            if not base.rounds and not self.replay.num_battles:
                raise ValueError(
                    f"population.base.{base.name}: rounds = 0 trains on replay data; set "
                    "population.replay.num_battles"
                )
            _check_shares(base, self.replay.num_battles > 0)
        if self.replay.num_battles and not self.replay.policies:
            raise ValueError("population.replay.num_battles > 0 needs population.replay.policies")


def _check_shares(base: BasePolicyConfig, has_replay: bool) -> None:
    key = f"population.base.{base.name}"
    if not 0 <= base.weight_of_replay <= 1:
        raise ValueError(f"{key}.replay_weight must be in [0, 1]")
    if base.rounds and base.weight_of_replay == 1:
        raise ValueError(f"{key}: replay_weight 1 would throw away the battles of its rounds")
    if base.weight_of_replay > 0 and not has_replay:
        raise ValueError(f"{key}.replay_weight > 0 needs population.replay.num_battles")
    if base.opponents and (min(base.opponents.values()) < 0 or not sum(base.opponents.values())):
        raise ValueError(f"{key}.opponents must have weights >= 0, not all 0")


def _at_least(section: str, config: Any, least: Mapping[str, float]) -> None:
    for name, bound in least.items():
        value = getattr(config, name)
        if value is not None and value < bound:
            raise ValueError(f"{section}.{name} is {value}, but must be at least {bound:g}")


@dataclass
class CollectConfig:
    """How the learner's battles are collected."""

    num_battles: int = 500
    """Per round."""
    battles_per_unit: int = 250
    """Battles of one unit: what a preemption loses at most."""
    temperature: float = 1.0
    """The learner samples its actions at this temperature."""
    epsilon: float = 0.03
    """Probability of a uniform action instead."""
    first_epsilon: float = 0.1
    """The same in the first round."""

    def __post_init__(self) -> None:
        _at_least("psro.collect", self, {"num_battles": 1, "battles_per_unit": 1, "temperature": 0})
        for name in ("epsilon", "first_epsilon"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"psro.collect.{name} must be in [0, 1]")


@dataclass
class PSROConfig:
    """The loop."""

    num_iterations: int = 5
    """Best responses to add; raising it extends a finished run."""
    rounds: int = 4
    """Collect–train–select rounds per best response."""
    extra_rounds: int = 0
    """Further rounds under on_no_gain=train_more."""
    wanted_gain: float = 0.0
    """A response is satisfying when its interval lies above ½ and its gain is at least this."""
    on_no_gain: str = "accept"
    """When a response is not satisfying: accept it all the same, train_more (extra_rounds) and then accept
    it, or stop as converged (it still joins, and the certificate follows)."""
    start: str = "base"
    """What a response starts from: base (the policy psro.base) or strongest (the heaviest trainable
    policy of σ, of equally heavy ones the newest; the base policy where none has weight)."""
    base: str | None = None
    """Name of the base policy; null: from scratch."""
    anchor: bool = False
    """Whether training is anchored (KL) to what the response started from; goes with a positive
    oracle.response.anchor_coefficient."""
    opponent_epsilon: float = 0.1
    """Opponents are drawn from (1 − ε)σ + ε·uniform(Π)."""
    keep_rounds: int = 2
    """Rounds whose data a training pass sees, the newest included."""
    replay_weight: float = 0.0
    """Weight of the founding replay data in each batch."""
    select_battles: int = 200
    """Battles per candidate against σ, for choosing among checkpoints."""
    measure_battles: int = 400
    """Fresh battles against pure σ: the gain."""
    battles_per_unit: int = 100
    """Battles of one selection or measurement unit."""
    shards: str = field(default="keep", metadata={"operational": True})
    """What becomes of trajectories that no later phase reads: keep, or prune (delete). May change between
    starts; the results are the same."""
    collect: CollectConfig = field(default_factory=CollectConfig)

    def __post_init__(self) -> None:
        if self.shards not in SHARDS_CHOICES:
            raise ValueError(f"psro.shards: no choice {self.shards!r}; there are {SHARDS_CHOICES}")
        if self.start not in START_CHOICES:
            raise ValueError(f"psro.start: no choice {self.start!r}; there are {START_CHOICES}")
        if self.on_no_gain not in NO_GAIN_CHOICES:
            raise ValueError(
                f"psro.on_no_gain: no choice {self.on_no_gain!r}; there are {NO_GAIN_CHOICES}"
            )
        if self.on_no_gain == "train_more" and self.extra_rounds < 1:
            raise ValueError("psro.on_no_gain=train_more needs psro.extra_rounds >= 1")
        if not 0 <= self.wanted_gain < 0.5:
            raise ValueError("psro.wanted_gain must be in [0, 0.5): a win rate above one half")
        for key in ("opponent_epsilon", "replay_weight"):
            if not 0 <= getattr(self, key) <= 1:
                raise ValueError(f"psro.{key} must be in [0, 1]")
        ones = ("rounds", "keep_rounds", "select_battles", "measure_battles", "battles_per_unit")
        _at_least("psro", self, dict.fromkeys(ones, 1) | {"extra_rounds": 0, "num_iterations": 0})


@dataclass
class ReplayDataConfig:
    """Battles recorded outside this run, which responses and base policies are trained on besides their own."""

    directory: str = field(default="", metadata={"operational": True})
    """What `python -m psro.import_replays` made. Where it lies may change; what it holds is part of the run."""
    weight: float = 0.5
    """Their weight in each batch of a response's training, against 1 − weight for the run's own data."""
    base_weight: float = 0.0
    """The same of every base policy's training."""
    battles: int = 5000
    """How many of them, at least, one training reads, drawn anew for each; what a process holds of them at a time."""

    def __post_init__(self) -> None:
        for key in ("weight", "base_weight"):
            if not 0 <= getattr(self, key) < 1:
                raise ValueError(
                    f"replay_data.{key} must be in [0, 1): a training has data of its own"
                )
        _at_least("replay_data", self, {"battles": 1})


@dataclass
class TournamentConfig:
    """Who plays how often to fill the interaction matrix."""

    battles_per_matchup: int = 200
    """Of each new matchup; with allocation=adaptive on average, and never more in all."""
    battles_per_unit: int = 100
    """Battles of one unit."""
    temperature: float = 0.0
    """At which neural members of the population play, here and as opponents; 0: greedy."""
    allocation: str = "equal"
    """Equal: every new matchup as often. Adaptive: in passes, each after the first where σ's exploitability hangs
    on it, old matchups included."""
    num_passes: int = 5
    """Adaptive: passes of equal size, no more than battles_per_matchup. The first is equal, so that every matchup is known
    a little; there are fewer where nothing is left to play for."""
    batch: int = 10
    """Adaptive: a later pass plays a matchup a multiple of this often."""
    wanted_half_width: float | None = None
    """Adaptive: no further pass once the 95 % interval of σ's value, in win rate, is ± this; null: all passes."""

    def __post_init__(self) -> None:
        ones = ("battles_per_matchup", "battles_per_unit", "num_passes", "batch")
        _at_least("tournament", self, dict.fromkeys(ones, 1) | {"temperature": 0})
        if self.allocation not in ALLOCATION_CHOICES:
            raise ValueError(
                f"tournament.allocation: no choice {self.allocation!r}; there are {ALLOCATION_CHOICES}"
            )
        if self.wanted_half_width is not None:
            if self.allocation != "adaptive":
                raise ValueError(
                    "tournament.wanted_half_width needs tournament.allocation=adaptive: with equal, every "
                    "matchup is played tournament.battles_per_matchup times"
                )
            if not 0 < self.wanted_half_width < 0.5:
                raise ValueError(
                    f"tournament.wanted_half_width is {self.wanted_half_width:g}; it must be in (0, 0.5), a win rate"
                )


@dataclass
class CertificateConfig:
    """Fresh responses to the final σ, and what the final mixture is shown against."""

    enabled: bool = True
    starts: list[str] | None = None
    """What they start from, one response each: base, strongest, scratch (as python -m psro.exploit has them), or a trained
    founding policy's name; null: one, which starts as the run's responses do (psro.start)."""
    rounds: int | None = None
    """Rounds of each; null: as many as the response of this run that got most, and psro.rounds at least."""
    measure_battles: int = 1000
    """Fresh battles of each against the final σ."""
    curve_battles: int | None = None
    """Fresh battles per point of the learning curve; 0: no curve; null: psro.measure_battles."""
    showcase: list[str] = field(default_factory=list)
    """Kinds of the game's own policies that the final mixture is measured against, on every pool."""
    showcase_battles: int = 400
    """Per policy and pool."""

    def __post_init__(self) -> None:
        ones = ("rounds", "measure_battles", "showcase_battles")
        _at_least("certificate", self, dict.fromkeys(ones, 1) | {"curve_battles": 0})
        if self.starts is not None:
            check_starts("certificate", self.starts)


def check_starts(section: str, starts: Sequence[str]) -> None:
    """Raises ValueError unless they are names, one or more, each once."""
    if not starts or len(set(starts)) < len(starts):
        raise ValueError(f"{section}.starts is {list(starts)}; name one or more, each once")
    for start in starts:
        if not NAME.fullmatch(start):
            raise ValueError(f"{section}.starts: {start!r} is no policy's name")
