"""What the proof's battles reached, and what they never did: equality says nothing about rules that never came up."""

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from psro.pokemon.engine.judge.layout import NAMES, PLACES, SIZE, VOLATILES
from psro.pokemon.engine.judge.process import Judgement
from psro.pokemon.observations.facts import MOVES, SPECIES
from psro.pokemon.teams.export import to_id

STATUSES = ("brn", "par", "slp", "frz", "psn", "tox")
"""In the order of the dump's numbers, from 1."""
SOURCES = (
    *("data/mods/gen1/scripts.js", "data/mods/gen1/moves.js", "data/mods/gen1/conditions.js"),
    "sim/battle.js",
)
"""Of the simulator's dist: where Gen 1's hints are written."""

_HINT = re.compile(r"""["'`](In Gen 1,(?:[^"`\\]|\\.)*)["'`]""")
_VALUE = re.compile(r"\$\{[^}]*\}")


@dataclass
class Coverage:
    """Counts over any number of battles; adds up."""

    battles: int = 0
    turns: int = 0
    decisions: int = 0
    draws: int = 0
    ties: int = 0
    tally: Counter[str] = field(default_factory=Counter)
    """As `Judgement.tally`."""
    kinds: Counter[str] = field(default_factory=Counter)
    """Battles by kind; a theme that met another one counts as itself."""
    species: set[int] = field(default_factory=set)
    seen: np.ndarray = field(default_factory=lambda: np.zeros(SIZE, np.int64))
    """int64 [SIZE]: in how many dumps the entry was not 0."""
    statuses: Counter[int] = field(default_factory=Counter)
    """In how many dumps an active or benched Pokemon had the status of this number."""

    def add(self, judgement: Judgement, kind: str) -> None:
        """Counts one battle."""
        dumps = judgement.dumps
        self.battles += 1
        self.kinds[kind.partition("/")[0]] += 1
        self.tally.update(judgement.tally)
        if not len(dumps):
            return
        self.turns += int(dumps[-1, PLACES["turn"]])
        self.decisions += len(dumps) - 1
        self.draws += int(dumps[-1, PLACES["draws"]])
        self.ties += int(dumps[-1, PLACES["winner"]] == -1)
        self.seen += (dumps != 0).sum(axis=0)
        for side in range(2):
            self.species |= set(np.unique(dumps[:, PLACES[f"side.{side}.active.species"]]).tolist())
            columns = [PLACES[f"side.{side}.pokemon.{slot}.status"] for slot in range(6)]
            numbers, counts = np.unique(dumps[:, columns], return_counts=True)
            self.statuses.update(dict(zip(numbers.tolist(), counts.tolist(), strict=True)))

    def merge(self, other: "Coverage") -> None:
        """Adds another's counts to these."""
        for name in ("battles", "turns", "decisions", "draws", "ties"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.tally.update(other.tally)
        self.kinds.update(other.kinds)
        self.statuses.update(other.statuses)
        self.species |= other.species
        self.seen += other.seen

    def volatile_dumps(self, volatile: str) -> int:
        """In how many dumps some active Pokemon had this volatile (twice if both had)."""
        return int(sum(self.seen[PLACES[f"side.{side}.active.{volatile}"]] for side in range(2)))

    def move_uses(self) -> dict[str, int]:
        """Uses by move id, rarest first; calls by Metronome and Mirror Move included, 0 for moves never used."""
        uses = dict.fromkeys(MOVES, 0)
        for key, count in self.tally.items():
            if key.startswith("move "):
                uses[to_id(key.removeprefix("move "))] += count
        return dict(sorted(uses.items(), key=lambda item: item[1]))

    def never(self, simulator: Path) -> list[str]:
        """What never came up: moves, species, statuses, volatiles, entries of the dump, the simulator's own hints."""
        missing = [f"move {move}" for move, uses in self.move_uses().items() if not uses]
        missing += [f"species {s.id}" for s in SPECIES.values() if s.number not in self.species]
        missing += [f"status {s}" for n, s in enumerate(STATUSES, 1) if not self.statuses[n]]
        missing += [f"volatile {v}" for v in VOLATILES if not self.volatile_dumps(v)]
        missing += [
            f"entry {name}" for name, seen in zip(NAMES, self.seen, strict=True) if not seen
        ]
        told = [key.removeprefix("hint ") for key in self.tally if key.startswith("hint ")]
        for hint in gen1_hints(simulator):
            pattern = ".*".join(re.escape(part) for part in _VALUE.split(hint))
            if not any(re.match(pattern, each) for each in told):
                missing.append(f"hint {hint}")
        return missing

    def text(self, simulator: Path, rows: int = 12) -> str:
        """The report: counts, the rarest moves, conditions, what never came up."""
        battles = max(self.battles, 1)
        uses = self.move_uses()
        rarest = ", ".join(f"{move} {count}" for move, count in list(uses.items())[:rows])
        conditions = ", ".join(f"{v} {self.volatile_dumps(v)}" for v in VOLATILES)
        statuses = ", ".join(f"{s} {self.statuses[n]}" for n, s in enumerate(STATUSES, 1))
        hints = sorted((c, k) for k, c in self.tally.items() if k.startswith(("hint ", "message ")))
        missing = self.never(simulator)
        return "\n".join(
            [
                f"battles {self.battles}, turns {self.turns} ({self.turns / battles:.1f} a battle), decisions {self.decisions},"
                f" draws {self.draws}, ties {self.ties}",
                f"kinds: {', '.join(f'{kind} {count}' for kind, count in sorted(self.kinds.items()))}",
                f"moves used: {sum(uses.values())}; rarest: {rarest}",
                f"volatiles, in dumps: {conditions}",
                f"statuses, in dumps times Pokemon: {statuses}",
                *(f"  {count} x {key[:140]}" for count, key in hints[:rows]),
                f"never: {'; '.join(missing) or 'nothing'}",
            ]
        )


def gen1_hints(simulator: Path) -> list[str]:
    """The hints about Gen 1 in the simulator's sources, as they are written there: `... using ${move.name} causes ...`."""
    hints: dict[str, None] = {}
    for source in SOURCES:
        for found in _HINT.findall((simulator / "dist" / source).read_text()):
            hints[found.encode("latin-1", "backslashreplace").decode("unicode_escape")] = None
    return list(hints)
