"""The base of the policies that read sighting records."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from psro.game.policies import BasePolicy, Decisions, mix, uniform_from
from psro.pokemon.observations.records.spec import RECORD_VIEW


class Asked(NamedTuple):
    """A batch of B decisions, as kernels take them."""

    records: NDArray[np.int16]
    """[B, WIDTH], see observations/records/record.py."""
    legal: NDArray[np.bool_]
    """[B, 9]."""
    draws: NDArray[np.float64]
    """[B, num_draws], uniforms in [0, 1)."""
    actions: NDArray[np.int64]
    """[B], for the answers."""


class RecordPolicy(BasePolicy, ABC):
    """A rule that is asked for all decisions of a batch at once, none of which bears on another."""

    view = RECORD_VIEW
    num_draws: ClassVar[int] = 0
    """How many uniforms a decision may use; draw k of a decision comes from stream k of its seed."""

    def __init__(self, name: str):
        self.name = name

    @abstractmethod
    def choose(self, asked: Asked) -> None:
        """Writes `asked.actions`, each of them legal. Where only one is legal, the rule takes it without a thought."""

    def act(self, decisions: Decisions) -> NDArray[np.int64]:
        """The chosen actions [B]."""
        observations = decisions.observations
        assert isinstance(observations, Mapping), f"{self.name} reads records, not states"
        records = np.ascontiguousarray(observations[RECORD_VIEW])
        legal = np.ascontiguousarray(decisions.legal_mask)
        draws = np.empty((len(decisions), self.num_draws))
        for stream in range(self.num_draws):
            draws[:, stream] = uniform_from(mix(decisions.seeds, stream))
        actions = np.empty(len(decisions), np.int64)
        self.choose(Asked(records, legal, draws, actions))
        is_legal = legal[np.arange(len(actions)), actions]
        if not is_legal.all():
            row = int(is_legal.argmin())
            raise AssertionError(f"{self.name} chose action {actions[row]}, legal are {legal[row]}")
        return actions
