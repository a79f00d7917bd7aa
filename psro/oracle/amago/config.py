"""The settings of the oracle `amago`. Semantic unless their metadata says `operational`."""

from dataclasses import dataclass, field
from typing import Any

from psro.oracle.metamon.config import MetamonConfig

FILTERS = ("binary", "exponential", "none")
DEVICES = ("auto", "cpu", "cuda")
STAGES = ("response", "cloning", "offline_rl", "self_play")
OPERATIONAL: dict[str, Any] = {"operational": True}


@dataclass
class AmagoTrainingConfig:
    """How one stage trains; presets are the config group `training` (psro_oracle, binary_rl, exp_rl, il)."""

    filter: str = "binary"
    """What −log π(a|s) is weighted with: binary 1[A > 0], exponential exp(βA), none 1 (imitation; the critics are then
    trained only where online_weight is above 0)."""
    beta: float = 1.0
    """exponential: β, per unit of the critics' raw values."""
    weight_clip: float = 100.0
    """exponential: the largest weight."""
    offline_weight: float = 1.0
    """Of the loss above in the actor's."""
    online_weight: float = 0.0
    """Of −min over critics of Q(s, π) in the actor's; where it is above 0, targets take the lesser of the drawn critics,
    else their mean."""
    critic_weight: float = 10.0
    """Of the critics' loss, against the actor's."""
    num_target_critics: int = 2
    """Critics drawn for each target."""
    num_target_actions: int = 1
    """two_hot: actions drawn for V(s′) in a target. (Scalar critics know every action's value.)"""
    num_actor_actions: int = 3
    """two_hot: actions drawn for V(s) in the actor's loss."""
    target_rate: float = 0.004
    """How far targets follow the others, per step."""
    reward_multiplier: float = 10.0
    """Rewards times this. Two-hot bins end at the model's largest_return: a larger return counts as that."""
    learning_rate: float = 1.5e-4
    """Of AdamW, after the warm-up."""
    warmup_steps: int = 1000
    """Steps over which it rises from zero."""
    weight_decay: float = 1e-4
    """Of AdamW, on everything that is trained."""
    gradient_clip: float = 1.5
    """Largest norm of the whole gradient."""
    batch_size: int = 512
    """Decisions in a batch: whole battles of about as many together (16 battles are some 600)."""
    epochs: int = 3
    """Passes over the data."""
    candidates: list[int] = field(default_factory=lambda: [3])
    """Passes after which the weights become a candidate (1 = after the first), ascending."""

    def check(self, key: str) -> None:
        """Raises ValueError, naming the field under `key`, where a value or a combination is impossible."""
        if self.filter not in FILTERS:
            raise ValueError(f"{key}.filter is {self.filter!r}; choose one of {', '.join(FILTERS)}")
        for name in ("weight_clip", "reward_multiplier", "gradient_clip", "learning_rate", "beta"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{key}.{name} is {getattr(self, name)}, but must be above 0")
        for name in (
            "offline_weight",
            "online_weight",
            "critic_weight",
            "weight_decay",
            "warmup_steps",
        ):
            if getattr(self, name) < 0:
                raise ValueError(f"{key}.{name} is {getattr(self, name)}, but must be at least 0")
        for name in (
            "num_target_critics",
            "num_target_actions",
            "num_actor_actions",
            "batch_size",
            "epochs",
        ):
            if getattr(self, name) < 1:
                raise ValueError(f"{key}.{name} is {getattr(self, name)}, but must be at least 1")
        if not 0 < self.target_rate <= 1:
            raise ValueError(f"{key}.target_rate is {self.target_rate}, but must be in (0, 1]")
        if not self.offline_weight and not self.online_weight:
            raise ValueError(
                f"{key}: offline_weight and online_weight are both 0: nothing trains the actor"
            )
        if (
            not self.candidates
            or sorted(set(self.candidates)) != list(self.candidates)
            or not 1 <= self.candidates[0] <= self.candidates[-1] <= self.epochs
        ):
            raise ValueError(
                f"{key}.candidates {self.candidates} must be ascending epochs in 1 … {self.epochs}"
            )

    @property
    def trains_critics(self) -> bool:
        """Whether anything needs their values."""
        return self.filter != "none" or self.online_weight > 0


@dataclass
class AmagoConfig:
    """The oracle that trains metamon's agents by AMAGO's objective."""

    name: str = "amago"
    """Its name in wiring's registry."""
    view: str = "metamon"
    """The view it is trained on: always metamon."""
    model: MetamonConfig = field(default_factory=MetamonConfig)
    """The agent's shape (config group `model`: small, medium, large, synthetic_multitaskagent)."""
    tokenizer: str | None = None
    """Words of an agent that is trained from scratch, a JSON file; null: this project's own, of Gen 1 alone. One that is
    trained on keeps its own."""
    response: AmagoTrainingConfig = field(default_factory=AmagoTrainingConfig)
    """Stage `response`: best responses."""
    cloning: AmagoTrainingConfig = field(default_factory=lambda: AmagoTrainingConfig(filter="none"))
    """Stage `cloning`."""
    offline_rl: AmagoTrainingConfig = field(default_factory=AmagoTrainingConfig)
    """Stage `offline_rl`."""
    self_play: AmagoTrainingConfig = field(default_factory=AmagoTrainingConfig)
    """Stage `self_play`."""
    threads: int = 2
    """torch's threads while training; part of the result's bits."""
    checkpoint_every_steps: int = field(default=500, metadata=OPERATIONAL)
    """A killed training goes on from the last of these. 0: only a preemption saves."""
    curve_every_steps: int = 20
    """Steps averaged into one point of the training curve."""
    device: str = field(default="auto", metadata=OPERATIONAL)
    """cpu, cuda, or auto: cuda where there is one."""

    def __post_init__(self) -> None:
        if self.view != "metamon":
            raise ValueError(f"oracle.view is {self.view!r}, but metamon's agents read metamon")
        if self.device not in DEVICES:
            raise ValueError(
                f"oracle.device is {self.device!r}; choose one of {', '.join(DEVICES)}"
            )
        for name, least in (
            ("threads", 1),
            ("curve_every_steps", 1),
            ("checkpoint_every_steps", 0),
        ):
            if getattr(self, name) < least:
                raise ValueError(
                    f"oracle.{name} is {getattr(self, name)}, but must be at least {least}"
                )
        for stage in STAGES:
            self.stage(stage).check(f"oracle.{stage}")

    def stage(self, name: str) -> AmagoTrainingConfig:
        """The settings of stage `name`. Raises ValueError for an unknown one, listing the choices."""
        if name not in STAGES:
            raise ValueError(f"stage is {name!r}; choose one of {', '.join(STAGES)}")
        settings: AmagoTrainingConfig = getattr(self, name)
        return settings
