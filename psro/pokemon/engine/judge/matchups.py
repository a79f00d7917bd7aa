"""Which battle the proof plays under a number: teams and choosers, keyed by the proof's seed and the battle's number."""

from dataclasses import dataclass

import numpy as np

from psro.machine.seeds import rng_from, seed_from
from psro.pokemon.engine.judge.process import POLICIES
from psro.pokemon.engine.judge.teams import THEMES, random_team, real_team, themed_team
from psro.pokemon.teams.export import Team, pack

KINDS = ("random", "real", *THEMES)
KIND_WEIGHTS = (6, 3, *(1 for _ in THEMES))
"""How often a battle is of each kind."""
POLICY_WEIGHTS = (4, 1, 3, 2)
"""How often a side chooses with each of POLICIES."""
MIRRORS = 0.1
"""Part of the battles in which both sides have the same team: every speed ties."""


@dataclass(frozen=True)
class Matchup:
    """A battle to be played."""

    kind: str
    """Of KINDS, or two themes: `trapping/sleep`."""
    seed: int
    teams: tuple[str, str]
    """Packed."""
    policies: tuple[str, str]
    policy_seeds: tuple[int, int]


def matchup(proof_seed: int, number: int, kinds: tuple[str, ...] = KINDS) -> Matchup:
    """Battle `number` of the proof with this seed; `kinds` narrows down what it may be."""
    rng = rng_from("engine proof", proof_seed, number)
    weights = np.array([KIND_WEIGHTS[KINDS.index(kind)] for kind in kinds], float)
    kind = kinds[int(rng.choice(len(kinds), p=weights / weights.sum()))]
    first = _team(rng, kind)
    # Half of a theme's battles meet another theme: sleepers against trappers.
    other = kind
    if kind in THEMES and rng.random() < 0.5:
        other = tuple(THEMES)[int(rng.integers(len(THEMES)))]
    second = first if rng.random() < MIRRORS else _team(rng, other)
    policy_weights = np.array(POLICY_WEIGHTS, float)
    drawn = rng.choice(len(POLICIES), 2, p=policy_weights / policy_weights.sum())
    return Matchup(
        kind=kind if other == kind else f"{kind}/{other}",
        seed=seed_from("engine proof", proof_seed, number, "battle"),
        teams=(pack(first), pack(second)),
        policies=(POLICIES[drawn[0]], POLICIES[drawn[1]]),
        policy_seeds=(
            seed_from("engine proof", proof_seed, number, "p1"),
            seed_from("engine proof", proof_seed, number, "p2"),
        ),
    )


def _team(rng: np.random.Generator, kind: str) -> Team:
    if kind == "random":
        return random_team(rng)
    if kind == "real":
        return real_team(rng)
    return themed_team(rng, kind)
