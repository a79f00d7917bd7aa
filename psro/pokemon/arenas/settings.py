"""How battles are played, whichever arena plays them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from psro.game.battles import Job
from psro.game.policies import Policy
from psro.pokemon.observations.views import SPECS
from psro.pokemon.teams.sets import TeamSet

STATE_VIEW = "battle"
"""Observations are BattleState objects: for the simulator's arena alone."""
NO_VIEW = "none"
"""Observations are empty: the policy looks at the legal mask alone."""
ARRAY_VIEWS = frozenset(SPECS)


@dataclass(frozen=True)
class ArenaSettings:
    """How battles are played; Gen1OUConfig and ArenaConfig document the fields."""

    format: str
    lanes: int
    max_turns: int
    max_failures_fraction: float
    audit_fraction: float = 0.0


def check_jobs(
    jobs: Sequence[Job], policies: Mapping[str, Policy], record_view: str, teams: TeamSet
) -> None:
    """Refuses what cannot be played before a battle begins. Raises ValueError, UserError for a pool without teams."""
    for job in jobs:
        for name in job.policies:
            if name not in policies:
                raise ValueError(f"job {job} names no policy of {sorted(policies)}")
        teams.pool(job.pool)  # type: ignore[arg-type]  # raises for an unknown pool
    if any(any(job.record) for job in jobs) and record_view not in ARRAY_VIEWS:
        raise ValueError(f"cannot record view {record_view!r}; array views are {sorted(SPECS)}")


def check_view(name: str, view: str, supplied: frozenset[str]) -> None:
    """Raises ValueError where policy `name` reads a view that the arena does not supply."""
    if view not in supplied:
        raise ValueError(f"policy {name} reads view {view!r}; there are {sorted(supplied)}")


def check_actions(name: str, actions: NDArray[np.int64], num: int) -> NDArray[np.int64]:
    """What policy `name` chose. Raises ValueError for anything but [num] whole numbers; whether they are legal is not asked."""
    actions = np.asarray(actions)
    if actions.shape != (num,):
        raise ValueError(f"policy {name}: actions {list(actions.shape)} for {num} decisions")
    if actions.dtype.kind not in "iu":
        raise ValueError(f"policy {name}: actions are {actions.dtype}, not whole numbers")
    return actions.astype(np.int64)


def are_legal(actions: NDArray[np.int64], legal_mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which of the actions [B] the mask [B, A] allows; numbers that are no action are not."""
    legal: NDArray[np.bool_] = (actions >= 0) & (actions < legal_mask.shape[1])
    legal[legal] = legal_mask[legal, actions[legal]]
    return legal


def illegal(name: str, action: int, legal_mask: NDArray[np.bool_]) -> str:
    """Why policy `name` broke a battle by `action`, where the mask [A] was."""
    return f"policy {name}: action {action} is illegal; legal are {np.flatnonzero(legal_mask).tolist()}"
