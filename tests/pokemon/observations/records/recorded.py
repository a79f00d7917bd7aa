"""Decisions of battles on the simulator, as records and as the Python view wrote them; and how two such arrays differ."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from psro.machine.seeds import rng_from
from psro.pokemon.observations.facts import SPECIES
from psro.pokemon.observations.metamon import MetamonObservation
from psro.pokemon.observations.records.from_state import fill_record
from psro.pokemon.observations.records.record import WIDTH
from psro.pokemon.observations.structured import StructuredObservation
from psro.pokemon.state import BattleState
from psro.pokemon.teams.export import PokemonSet, Team
from tests.pokemon.observations.random_battles import play_random

Rows = dict[str, np.ndarray]
AWKWARD_MOVES = [
    "transform",
    "mimic",
    "conversion",
    "substitute",
    "disable",
    "reflect",
    "lightscreen",
    "leechseed",
    "confuseray",
    "mist",
    "focusenergy",
    "bide",
    "rage",
    "hyperbeam",
    "solarbeam",
    "dig",
    "wrap",
    "firespin",
    "haze",
    "rest",
    "toxic",
    "thunderwave",
    "spore",
    "metronome",
    "mirrormove",
    "counter",
    "superfang",
    "horndrill",
    "psywave",
    "seismictoss",
    "minimize",
    "sandattack",
    "dreameater",
    "swordsdance",
    "amnesia",
    "blizzard",
    "fireblast",
    "doublekick",
    "pinmissile",
    "slash",
    "quickattack",
    "megadrain",
    "doubleedge",
    "recover",
]
"""Those on which an observation may go wrong."""


def awkward_team(seed: int) -> Team:
    """Any six species, each with four of AWKWARD_MOVES."""
    rng = rng_from(seed, "awkward team")
    sets = tuple(
        PokemonSet(str(name), tuple(map(str, rng.choice(AWKWARD_MOVES, 4, replace=False))))
        for name in rng.choice(sorted(SPECIES), 6, replace=False)
    )
    return Team(f"awkward {seed}", sets)


@dataclass
class Recorded:
    """N decisions: `records` [N, WIDTH], each view's arrays, and what was seen in how many decisions."""

    records: np.ndarray
    rows: list[Rows]
    seen: Counter[str] = field(default_factory=Counter)


def record_battles(
    num_battles: int,
    views: list[StructuredObservation | MetamonObservation],
    draw_team: Callable[[int], Team],
    key: str,
) -> Recorded:
    """All decisions of random battles, in the order they were made."""
    records: list[np.ndarray] = []
    rows: list[list[Rows]] = [[] for _ in views]
    seen: Counter[str] = Counter()

    def visit(battle: int, state: BattleState) -> None:
        record = np.zeros((1, WIDTH), np.int16)
        fill_record(state, record, 0)
        records.append(record)
        for view, written in zip(views, rows, strict=True):
            row = view.spec.empty(1)
            view.write(state, row, 0)
            written.append(row)
        seen.update(happenings(state))

    play_random(num_battles, visit, draw_team=draw_team, key=key)
    joined = [
        {name: np.concatenate([row[name] for row in written]) for name in written[0]}
        for written in rows
    ]
    return Recorded(np.concatenate(records), joined, seen)


def happenings(state: BattleState) -> set[str]:
    """Which of the situations are at hand that make an observation hard."""
    battle = state.battle
    found = set()
    for side, mon in (("own", battle.active_pokemon), ("foe", battle.opponent_active_pokemon)):
        assert mon is not None
        if mon.transformed:
            found.add(f"{side} transformed")
        if mon._moves._resolved()._mimic_move is not None:
            found.add(f"{side} mimicked")
        if mon._temporary_types:
            found.add(f"{side} changed types")
        found |= {f"{side} {effect.name}" for effect in mon.effects}
        if mon.must_recharge:
            found.add(f"{side} recharges")
        if mon.preparing:
            found.add(f"{side} prepares")
        if mon.last_move is not None:
            found.add(f"{side} last move")
    if state.forced_switch:
        found.add("forced switch")
    elif not state.legal_mask[4:].any() and any(state.switches):
        found.add("trapped")
    found |= {
        f"option {o.id}" for o in state.moves if o and o.id in ("recharge", "fight", "struggle")
    }
    if any(o is not None and o.disabled for o in state.moves):
        found.add("disabled option")
    return found


def differences(wanted: Rows, got: Rows) -> dict[str, list[tuple[int, ...]]]:
    """Where arrays are not the same bits: name → first indices. Empty where all are equal."""
    found = {}
    for name, array in wanted.items():
        assert array.dtype == got[name].dtype
        bits = f"u{array.itemsize}"
        where = np.argwhere(array.view(bits) != got[name].view(bits))
        if len(where):
            found[name] = [tuple(map(int, index)) for index in where[:5]]
    return found
