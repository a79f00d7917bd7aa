"""One turn of lookahead while battles are collected: what every action would have come to, not only the one that was taken.

At a recorded decision the game is played on in copies, one for each legal action, against the opponent's actual choice and with dice
of their own, the same for all, up to the side's next decision; there the position is valued by the learner itself:

    Q̂(s, a) = r + γ·V(s′)

This is the one-step rollout of Tesauro & Galperin (1996, "On-line policy improvement using Monte-Carlo search") with a learned value
in place of the games played out. The copies know what the battle knows, hidden information and the opponent's choice included,
but a training that averages Q̂ over many battles learns its mean given what the side sees: the learner's actions do not change what is
hidden.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from psro.game.battles import Job, PlayResult
from psro.game.policies import Policy
from psro.game.protocols import LookaheadSettings, ReportProgress, ShouldStop


@runtime_checkable
class Valuer(Protocol):
    """A policy that also says what a position is worth to it."""

    view: str

    def values(
        self, observations: Mapping[str, NDArray[Any]], legal_mask: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """V(s) of B positions where it is to decide, [B], in the unit it was trained in."""
        ...


@dataclass(frozen=True)
class Lookahead:
    """What is looked ahead at, and how it is valued."""

    valuer: Valuer
    settings: LookaheadSettings


@runtime_checkable
class LooksAhead(Protocol):
    """An arena that can play on in copies of a battle."""

    def play_looking_ahead(
        self,
        jobs: Sequence[Job],
        policies: Mapping[str, Policy],
        record_view: str,
        lookahead: Lookahead,
        report_progress: ReportProgress,
        should_stop: ShouldStop,
    ) -> PlayResult:
        """Arena.play, the same battles, whose trajectories have `action_values`.

        But a battle breaks where a policy answers illegally in one of its copies, as it would by such an answer in itself.
        """
        ...
