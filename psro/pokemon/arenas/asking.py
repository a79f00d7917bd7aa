"""One policy asked once, for decisions of as many battles as wait for it: by the arenas that follow battles in poke-env."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from psro.game.policies import Decisions, Policy, mix
from psro.pokemon.arenas.recorder import Recorder
from psro.pokemon.arenas.settings import ARRAY_VIEWS, NO_VIEW, check_actions
from psro.pokemon.arenas.simulator_lanes import LaneSide
from psro.pokemon.choices import NUM_ACTIONS
from psro.pokemon.observations.records.spec import RECORD_SPEC
from psro.pokemon.observations.views import write_view
from psro.pokemon.state import BattleState

_GOLDEN = 0x9E3779B97F4A7C15
"""The step of splitmix64."""
_MASK64 = 2**64 - 1


def compile_views(views: Iterable[str]) -> None:
    """What writes these views is compiled now, if it must be: in the middle of a battle on a server the clock would run."""
    for view in sorted(set(views) & ARRAY_VIEWS):
        write_view(view, np.zeros((0, *RECORD_SPEC.arrays[0].shape), np.int16))


def decide(
    policy: Policy, sides: Sequence[LaneSide], recorder: Recorder | None
) -> NDArray[np.int64]:
    """The policy's actions [B] for the sides [B], each with choices; those of recorded sides go to `recorder`.

    Counts a decision for each side. Whether the actions are legal is not asked. Raises ValueError for what are no actions.
    """
    num = len(sides)
    mask = np.empty((num, NUM_ACTIONS), np.bool_)
    seeds = np.empty(num, np.uint64)
    episodes = np.empty(num, np.int64)
    states: list[BattleState | None] = []
    for row, own in enumerate(sides):
        assert own.choices is not None
        mask[row] = own.choices.legal
        seeds[row] = (own.seed + own.num_decisions * _GOLDEN) & _MASK64
        episodes[row] = own.episode
        own.num_decisions += 1
        states.append(own.state)
    view = policy.view
    kept = [row for row, own in enumerate(sides) if own.is_recorded]
    records = np.concatenate([own.record for own in sides])
    observations: Any = {} if view == NO_VIEW else states
    if view in ARRAY_VIEWS:
        observations = write_view(view, records)
    actions = policy.act(Decisions(observations, mask, mix(seeds, 0), episodes))
    actions = check_actions(policy.name, actions, num)
    if recorder is not None:
        recorder.append(records[kept], actions[kept], episodes[kept])
    return actions
