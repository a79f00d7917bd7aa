"""Model `mlp`: every decision by itself."""

from torch import Tensor, nn

from psro.oracle.config import ModelConfig
from psro.oracle.models.scorer import Context


class MlpContext(Context):
    """Two layers over the encoded decision."""

    def __init__(self, in_width: int, config: ModelConfig):
        super().__init__()
        width = config.context_width
        self.layers = nn.Sequential(
            nn.Linear(in_width, width),
            nn.LayerNorm(width),
            nn.ReLU(),
            nn.Dropout(config.dropout),
            nn.Linear(width, width),
            nn.ReLU(),
        )

    def forward(self, encoded: Tensor, lengths: Tensor | None) -> Tensor:
        """Row by row; `lengths` does not matter."""
        context: Tensor = self.layers(encoded)
        return context
