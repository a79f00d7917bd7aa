"""The networks as they are played on a CPU: the same function of the same weights as psro.oracle.models, up to rounding, in less time.

folded.py    a network's weights as inference wants them: normalisation and embeddings folded into the first layers
kernels.py   what is compiled, everything but the matrix products
"""

from psro.oracle.acting.folded import FoldedScorer, Raw, can_fold

__all__ = ["FoldedScorer", "Raw", "can_fold"]
