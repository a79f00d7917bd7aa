"""The shape of a metamon agent."""

from dataclasses import dataclass, field

CRITIC_KINDS = ("scalar", "two_hot")
NUM_WORDS = 87
NUM_NUMBERS = 48
ACTION_SPACES = (9, 13)
"""metamon's MinimalActionSpace, and its DefaultActionSpace, whose last four are the moves with terastallisation."""


@dataclass
class MetamonConfig:
    """A metamon agent's shape; `conf/model/small.yaml`, `medium`, `large` and `synthetic_multitaskagent` are theirs."""

    kind: str = "metamon"
    """Always metamon: what this model is, where a config says no more than that."""
    turn_width: int = 100
    """Width of a token of the turn encoder."""
    turn_layers: int = 3
    """Its attention blocks."""
    turn_heads: int = 5
    """Its attention heads; must divide turn_width."""
    scratch_tokens: int = 4
    """Its blank tokens, whose outputs are the decision's vector."""
    numerical_tokens: int = 6
    """Tokens that the numbers become."""
    extra_width: int = 18
    """What previous reward and action become, before they join the numbers."""
    width: int = 512
    """Width of the trajectory encoder."""
    feed_forward_width: int = 2048
    """Of its blocks."""
    num_layers: int = 3
    """Its blocks."""
    num_heads: int = 8
    """Its attention heads; must divide width."""
    num_actions: int = 9
    """9, or 13 (metamon's DefaultActionSpace): the last four terastallise, which nobody does in Gen 1."""
    masks_illegal: bool = False
    """Whether the actor's illegal actions are taken out before its softmax (metamon's MetamonMaskedActor, of July 2025 and
    later), in training too. Else its probabilities are of all actions, and play leaves the illegal ones out."""
    max_length: int = 200
    """How many decisions it looks back, its own included; longer battles are trained on in parts of this length."""
    head_width: int = 300
    """Of the actor's and the critics' hidden layers."""
    head_layers: int = 2
    """Hidden layers of actor and critics."""
    critics: str = "scalar"
    """scalar: a value per action, PopArt-normalised; two_hot: a distribution over bins of returns, of one action."""
    num_critics: int = 4
    """The ensemble."""
    num_bins: int = 96
    """two_hot: bins."""
    largest_return: float = 1100.0
    """two_hot: the bins lie evenly from minus this to this, in multiplied reward."""
    discounts: list[float] = field(
        default_factory=lambda: [0.1, 0.9, 0.95, 0.97, 0.99, 0.995, 0.999]
    )
    """Γ: actor and critics for each; the last one's actor plays."""
    dropout: float = 0.05
    """Of both encoders while training; the heads have none."""
    masked_words: float = 0.0
    """While training, the largest share of a battle's words that is shown as the unknown word, drawn anew for each battle of
    each batch; one battle in five keeps all (metamon's token_mask_aug: 0.33). 0: none is hidden."""

    def __post_init__(self) -> None:
        if self.kind != "metamon":
            raise ValueError(f"model.kind {self.kind!r} is none of metamon's models (metamon)")
        if self.critics not in CRITIC_KINDS:
            raise ValueError(
                f"model.critics is {self.critics!r}; choose one of {', '.join(CRITIC_KINDS)}"
            )
        for name in (
            "turn_width",
            "turn_layers",
            "turn_heads",
            "scratch_tokens",
            "numerical_tokens",
            "extra_width",
            "width",
            "feed_forward_width",
            "num_layers",
            "num_heads",
            "max_length",
            "head_width",
            "head_layers",
            "num_critics",
        ):
            if getattr(self, name) < 1:
                raise ValueError(f"model.{name} is {getattr(self, name)}, but must be at least 1")
        if self.num_actions not in ACTION_SPACES:
            raise ValueError(
                f"model.num_actions is {self.num_actions}; choose one of {', '.join(map(str, ACTION_SPACES))}"
            )
        if not 0 <= self.masked_words < 1:
            raise ValueError(f"model.masked_words is {self.masked_words}, but must be in [0, 1)")
        for width, heads in (("turn_width", "turn_heads"), ("width", "num_heads")):
            if getattr(self, width) % getattr(self, heads) or getattr(self, width) % 2:
                raise ValueError(
                    f"model.{width} {getattr(self, width)} must be even and a multiple of "
                    f"model.{heads} {getattr(self, heads)}"
                )
        if self.num_bins < 2 or not self.largest_return > 0:
            raise ValueError("model.num_bins must be at least 2 and model.largest_return above 0")
        if not self.discounts or not all(0 <= gamma < 1 for gamma in self.discounts):
            raise ValueError(f"model.discounts {self.discounts} must lie in [0, 1), at least one")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"model.dropout is {self.dropout}, but must be in [0, 1)")
