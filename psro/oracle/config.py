"""The oracle's settings. Semantic unless their metadata says `operational`."""

from dataclasses import dataclass, field

MODEL_KINDS = ("mlp", "transformer_tiny")
TARGET_KINDS = ("lambda", "td0", "monte_carlo")
WEIGHTINGS = ("exponential", "binary", "cloning", "full_action", "lookahead")
DEVICES = ("auto", "cpu", "cuda")
OPERATIONAL = {"operational": True}


@dataclass
class ModelConfig:
    """Actor and critic: two networks of this shape, each giving one number per action."""

    kind: str = "mlp"
    """mlp (no memory, fast) or transformer_tiny (reads the decisions of a battle so far)."""
    id_width: int = 16
    """Width of an id's embedding (species, moves)."""
    state_width: int = 192
    """Width of the encoded state."""
    action_width: int = 64
    """Width of one encoded action; the encoder is shared by all actions."""
    context_width: int = 192
    """Width of what an action is judged in: the state, the mean of the legal actions, the memory."""
    head_width: int = 64
    """Width of the layer that joins context and action."""
    dropout: float = 0.0
    """Probability that a unit of the context is dropped while training."""
    num_layers: int = 2
    """transformer_tiny: number of attention blocks."""
    num_heads: int = 4
    """transformer_tiny: attention heads; must divide context_width."""
    memory_length: int = 64
    """transformer_tiny: how many decisions an attention head looks back, its own included."""

    def __post_init__(self) -> None:
        _choice("model.kind", self.kind, MODEL_KINDS)
        for name in (
            "id_width",
            "state_width",
            "action_width",
            "context_width",
            "head_width",
            "num_layers",
            "num_heads",
            "memory_length",
        ):
            _at_least(f"model.{name}", getattr(self, name), 1)
        _within("model.dropout", self.dropout, 0, 0.9)
        if self.kind == "transformer_tiny" and self.context_width % self.num_heads:
            raise ValueError(
                f"model.context_width {self.context_width} is not a multiple of "
                f"model.num_heads {self.num_heads}"
            )


@dataclass
class TrainingConfig:
    """How one stage trains. The defaults are those that worked for responses (REFERENCE §7)."""

    weighting: str = "exponential"
    """What an action's log-probability is weighted with: exponential exp(A / (β·std A)), binary 1[A > 0],
    cloning 1; full_action instead maximises Σ_a π(a)·A(a), lookahead the same of values found by playing every action one turn
    ahead while collecting (battles without such values, replays say: exponential)."""
    lookahead_fraction: float = 0.5
    """lookahead: of the collected decisions, how many are looked ahead at. Collecting takes several times as long at 1."""
    proximal_coefficient: float = 1.0
    """lookahead: coefficient of KL(π ‖ the policy that training starts from), where A is in its standard deviations."""
    beta: float = 0.25
    """exponential: temperature, in standard deviations of the advantage."""
    weight_clip: float = 20.0
    """exponential: the largest weight."""
    critic_epochs: int = 2
    """First this many passes train the critic alone."""
    joint_epochs: int = 4
    """Then this many train actor and critic."""
    train_critic: bool = True
    """False saves the critic's time where only the actor is wanted (cloning)."""
    candidates: list[int] = field(default_factory=lambda: [4, 6])
    """Passes after which the weights become a candidate (1 = after the first), ascending."""
    targets: str = "lambda"
    """What Q(s, a) is regressed on: lambda (λ-returns), td0, monte_carlo. Bootstraps are computed anew with the
    current networks before each pass."""
    lambda_: float = 0.9
    """lambda: weight of the longer return; 0 is td0, 1 is monte_carlo."""
    discount: float = 0.98
    """γ per decision."""
    reward_scale: float = 1.0
    """Rewards are multiplied by this before anything else."""
    batch_size: int = 512
    """Decisions in a batch (transformer_tiny: whole episodes of about as many together)."""
    learning_rate_actor: float = 5e-4
    """Of AdamW, after the warm-up."""
    learning_rate_critic: float = 1e-3
    """Of AdamW, after the warm-up."""
    warmup_steps: int = 50
    """Steps over which each of the two learning rates rises from zero, from where its training begins."""
    weight_decay: float = 1e-4
    """Of AdamW, on weight matrices."""
    gradient_clip: float = 1.0
    """Largest norm of the actor's and of the critic's gradient, each by itself."""
    entropy_bonus: float = 0.0
    """Coefficient of the policy's entropy (nats) in what the actor maximises."""
    anchor_coefficient: float = 0.0
    """Coefficient of KL(π ‖ anchor); 0: no anchor. Needs a task with an anchor."""
    ema_decay: float = 0.0
    """Per step, of the averaged weights; 0: none. When on, the averaged weights bootstrap the critic's targets, are saved,
    and are what is played."""

    def check(self, key: str) -> None:
        """Raises ValueError, naming the field under `key`, where a value or a combination is impossible."""
        _choice(f"{key}.weighting", self.weighting, WEIGHTINGS)
        _choice(f"{key}.targets", self.targets, TARGET_KINDS)
        for name in ("beta", "weight_clip", "reward_scale", "gradient_clip"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{key}.{name} is {getattr(self, name)}, but must be above 0")
        for name in (
            "learning_rate_actor",
            "learning_rate_critic",
            "weight_decay",
            "entropy_bonus",
            "anchor_coefficient",
            "warmup_steps",
            "critic_epochs",
        ):
            _at_least(f"{key}.{name}", getattr(self, name), 0)
        _at_least(f"{key}.joint_epochs", self.joint_epochs, 1)
        _at_least(f"{key}.batch_size", self.batch_size, 1)
        _within(f"{key}.lookahead_fraction", self.lookahead_fraction, 0, 1)
        _at_least(f"{key}.proximal_coefficient", self.proximal_coefficient, 0)
        _within(f"{key}.lambda_", self.lambda_, 0, 1)
        _within(f"{key}.discount", self.discount, 0, 1)
        if not 0 <= self.ema_decay < 1:
            raise ValueError(f"{key}.ema_decay is {self.ema_decay}, but must be in [0, 1)")
        self._check_candidates(key)
        if not self.train_critic and self.weighting != "cloning":
            raise ValueError(f"{key}.weighting {self.weighting} needs {key}.train_critic: true")
        if not self.train_critic and self.critic_epochs:
            raise ValueError(f"{key}.critic_epochs needs {key}.train_critic: true (or set it to 0)")

    def _check_candidates(self, key: str) -> None:
        if not self.candidates or sorted(set(self.candidates)) != list(self.candidates):
            raise ValueError(f"{key}.candidates {self.candidates} must be ascending epochs")
        if self.candidates[0] <= self.critic_epochs or self.candidates[-1] > self.num_epochs:
            raise ValueError(
                f"{key}.candidates {self.candidates} must lie in {self.critic_epochs + 1} … "
                f"{self.num_epochs}: after {key}.critic_epochs and up to the last of {key}.joint_epochs"
            )

    @property
    def num_epochs(self) -> int:
        """Passes over the data in all."""
        return self.critic_epochs + self.joint_epochs


@dataclass
class OracleConfig:
    """The offline-RL oracle."""

    name: str = "offline"
    """Its name in wiring's registry."""
    view: str = "structured"
    """The array view it is trained on and its policies read."""
    model: ModelConfig = field(default_factory=ModelConfig)
    """The networks' shape (config group `model`)."""
    response: TrainingConfig = field(default_factory=TrainingConfig)
    """Stage `response`: best responses."""
    cloning: TrainingConfig = field(
        default_factory=lambda: TrainingConfig(
            weighting="cloning",
            critic_epochs=0,
            joint_epochs=5,
            candidates=[5],
            targets="monte_carlo",
        )
    )
    """Stage `cloning`: imitates what it is shown; its critic learns what that is worth."""
    offline_rl: TrainingConfig = field(
        default_factory=lambda: TrainingConfig(targets="monte_carlo", candidates=[6])
    )
    """Stage `offline_rl`: the best of what it is shown."""
    self_play: TrainingConfig = field(default_factory=TrainingConfig)
    """Stage `self_play`: base policies trained in rounds, so that tuning `response` leaves them alone."""
    threads: int = 2
    """torch's threads while training; part of the result's bits. From 2 on, on a CPU and without dropout, critic and actor
    train side by side, with half of them each, rounded down (so 2 gives what 1 gives)."""
    checkpoint_every_steps: int = field(default=500, metadata=OPERATIONAL)
    """A killed training goes on from the last of these. 0: only a preemption saves."""
    curve_every_steps: int = 20
    """Steps averaged into one point of the training curve."""
    device: str = field(default="auto", metadata=OPERATIONAL)
    """cpu, cuda, or auto: cuda where there is one."""

    def __post_init__(self) -> None:
        _choice("oracle.device", self.device, DEVICES)
        _at_least("oracle.threads", self.threads, 1)
        _at_least("oracle.curve_every_steps", self.curve_every_steps, 1)
        _at_least("oracle.checkpoint_every_steps", self.checkpoint_every_steps, 0)
        for stage in STAGES:
            self.stage(stage).check(f"oracle.{stage}")

    def stage(self, name: str) -> TrainingConfig:
        """The settings of stage `name`. Raises ValueError for an unknown one, listing the choices."""
        _choice("stage", name, STAGES)
        settings: TrainingConfig = getattr(self, name)
        return settings


STAGES = ("response", "cloning", "offline_rl", "self_play")


def _choice(key: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ValueError(f"{key} is {value!r}; choose one of {', '.join(choices)}")


def _at_least(key: str, value: float, least: float) -> None:
    if not value >= least:
        raise ValueError(f"{key} is {value}, but must be at least {least}")


def _within(key: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise ValueError(f"{key} is {value}, but must be in [{least}, {most}]")
