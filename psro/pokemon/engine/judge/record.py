"""A battle as the judge and the engine both replay it: seed, teams, choices. The file of a fixture."""

from dataclasses import dataclass
from pathlib import Path

import orjson

from psro.machine.errors import UserError

Choices = tuple[int, int]
"""What sides 0 and 1 chose at a decision point: 0-3 a move slot, 4-9 a switch to an original team slot, -1 nothing."""


@dataclass(frozen=True)
class BattleRecord:
    """A battle to its end, or as far as its choices go."""

    seed: int
    """Of the simulator's Gen5RNG, below 2**64."""
    teams: tuple[str, str]
    """Packed."""
    choices: tuple[Choices, ...]
    about: str = ""
    """Where it is from, or what it once showed; for people."""

    @property
    def name(self) -> str:
        """What its fixture is called."""
        return f"{self.seed:016x}"


def write_record(directory: Path, record: BattleRecord) -> Path:
    """Writes a fixture named after the record's seed. Returns its path."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{record.name}.json"
    teams = ",\n  ".join(orjson.dumps(team).decode() for team in record.teams)
    choices = orjson.dumps(record.choices).decode()
    about = orjson.dumps(record.about).decode()
    # One line per team and one for the choices, so that a diff of a fixture can be read.
    path.write_text(
        f'{{"seed": "{record.name}",\n "about": {about},\n "teams": [\n  {teams}],\n "choices": {choices}}}\n'
    )
    return path


def read_record(path: Path) -> BattleRecord:
    """A fixture as `write_record` writes it.

    Raises: UserError when the file is none.
    """
    try:
        data = orjson.loads(path.read_bytes())
        team0, team1 = data["teams"]
        choices = tuple((int(first), int(second)) for first, second in data["choices"])
        return BattleRecord(int(data["seed"], 16), (team0, team1), choices, data["about"])
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"{path} is no battle record ({type(error).__name__}: {error}): restore it or delete it"
        ) from error
