"""States → rows in the layout of sighting records, filled as far as the reward functions (psro/pokemon/rewards.py) read them.

So a battle's reward is computed by the same code whoever recorded it. HP are shares of 1, not points. A state shows of the foe only
the Pokémon on the field and how many are left: the others are remembered as they were last seen, and whoever left the field while
the number fell has fainted. metamon's rewards need no memory and come out as its own code computes them.
"""

import numpy as np
from numpy.typing import NDArray

from psro.pokemon.observations.layout import STATUSES
from psro.pokemon.observations.records import record as r
from psro.pokemon.parsed_replays.reading import State, Unusable
from psro.pokemon.parsed_replays.wording import Part

_STATUS = {"nostatus": r.HEALTHY, "fnt": r.FAINTED} | {
    status: 1 + place for place, status in enumerate(STATUSES)
}
_NAMELESS = "nameless"
"""Foes that fainted without having been seen at a decision; they are numbered."""


def follow(states: list[State]) -> NDArray[np.float64]:
    """[N + 1, WIDTH]. Raises as `words_and_numbers` does; Unusable where a side shows a seventh Pokémon, or a status is none."""
    rows = np.zeros((len(states), r.WIDTH))
    rows[:, r.FOE_TEAM_SIZE] = r.TEAM_SIZE
    own, foe = _Own(), _Foe()
    for row, state in zip(rows, states, strict=True):
        own.write(state, row)
        foe.write(state, row)
    return rows


def _species(pokemon: Part) -> str:
    """What metamon's rewards know a Pokémon again by; files before version 1.3 name no base species."""
    name: str = pokemon["base_species"] if "base_species" in pokemon else pokemon["name"]
    return name


def _fill(row: NDArray[np.float64], at: int, hp: float, status: int) -> None:
    row[at + r.SPECIES] = 1
    row[at + r.HP], row[at + r.MAX_HP], row[at + r.STATUS] = hp, 1, status


def _status(pokemon: Part) -> int:
    word = pokemon["status"]
    if word not in _STATUS:
        raise Unusable("an unknown status", str(word))
    return _STATUS[word]


class _Own:
    def __init__(self) -> None:
        self._slots: dict[str, int] = {}

    def _slot(self, pokemon: Part) -> int:
        slot = self._slots.setdefault(_species(pokemon), len(self._slots))
        if slot >= r.TEAM_SIZE:
            raise Unusable("more than six Pokémon in a team")
        return slot

    def write(self, state: State, row: NDArray[np.float64]) -> None:
        active = state["player_active_pokemon"]
        row[r.OWN_ACTIVE + r.SLOT] = self._slot(active)
        shown = [active, *state["available_switches"]]
        slots = [self._slot(pokemon) for pokemon in shown]
        for slot in self._slots.values():
            _fill(row, r.OWN + slot * r.POKEMON_WIDTH, 0.0, r.FAINTED)
        for slot, pokemon in zip(slots, shown, strict=True):
            _fill(row, r.OWN + slot * r.POKEMON_WIDTH, pokemon["hp_pct"], _status(pokemon))


class _Foe:
    def __init__(self) -> None:
        self._seen: dict[str, tuple[float, int]] = {}
        self._fallen: list[str] = []
        self._last: str | None = None

    def write(self, state: State, row: NDArray[np.float64]) -> None:
        active = state["opponent_active_pokemon"]
        name, status = _species(active), _status(active)
        self._seen[name] = active["hp_pct"], status
        num_fallen = r.TEAM_SIZE - state["opponents_remaining"]
        self._follow_faints(name, status, num_fallen)
        if len(self._seen) > r.TEAM_SIZE:
            raise Unusable("more than six Pokémon in a team")
        for slot, (species, (hp, condition)) in enumerate(self._seen.items()):
            fainted = species in self._fallen
            at = r.FOE + slot * r.POKEMON_WIDTH
            _fill(row, at, 0.0 if fainted and species != name else hp, condition)
            if fainted:
                row[at + r.STATUS] = r.FAINTED
        row[r.FOE_ACTIVE + r.SLOT] = list(self._seen).index(name)

    def _follow_faints(self, name: str, status: int, num_fallen: int) -> None:
        fallen = self._fallen
        if status == r.FAINTED:
            if name not in fallen:
                fallen.append(name)
        elif name in fallen:
            fallen.remove(name)
        candidates = [self._last, *reversed(self._seen)]
        for candidate in candidates:
            if len(fallen) >= num_fallen:
                break
            if candidate is not None and candidate != name and candidate not in fallen:
                fallen.append(candidate)
        while len(fallen) < num_fallen:
            stranger = f"{_NAMELESS} {len(fallen)}"
            self._seen[stranger] = 0.0, r.FAINTED
            fallen.append(stranger)
        # The count decides: whoever is named too many was not gone after all.
        while len(fallen) > max(num_fallen, status == r.FAINTED):
            fallen.remove(next(one for one in fallen if one != name or status != r.FAINTED))
        self._last = name
