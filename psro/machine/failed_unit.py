"""<run>/failed_unit.json: the unit that the run stopped at, for it is in no journal.

Operational: written when a unit fails for good, deleted when that unit succeeds. `python -m psro.unit`
reads it to run the unit alone.
"""

import json
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from psro.machine.durable import atomic_write
from psro.machine.errors import UserError
from psro.machine.units import Unit

logger = logging.getLogger(__name__)

FAILED_UNIT_FILE = "failed_unit.json"


@dataclass(frozen=True)
class FailedUnit:
    """What is known of it. time: UTC, ISO 8601. reason: the error that the user saw, whole."""

    unit: Unit
    time: str
    reason: str


def note_failed_unit(directory: Path, unit: Unit, reason: str) -> None:
    """Write the file, over that of an earlier failure.

    What the disk refuses is worth a warning: the run's own error matters more.
    """
    body = {
        "unit": unit.to_json(),
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "reason": reason,
    }
    path = directory / FAILED_UNIT_FILE
    try:
        atomic_write(path, json.dumps(body, indent=2).encode() + b"\n")
    except (OSError, UserError) as error:
        logger.warning("could not write %s: %s", path, error)


def read_failed_unit(directory: Path) -> FailedUnit | None:
    """The unit that the run stopped at; None if there is none.

    Raises: UserError if the file cannot be read.
    """
    path = directory / FAILED_UNIT_FILE
    try:
        body = json.loads(path.read_bytes())
        return FailedUnit(Unit.from_json(body["unit"]), body["time"], body["reason"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{path} names no unit ({error!r}); delete it: the next failure writes it anew"
        ) from error


def forget_failed_unit(directory: Path, unit: Unit) -> None:
    """Delete the file if it names `unit`, which has succeeded now."""
    path = directory / FAILED_UNIT_FILE
    if not path.exists():
        return
    try:
        failed = read_failed_unit(directory)
    except UserError as error:
        logger.warning("%s", error)
        return
    if failed is not None and failed.unit.key == unit.key:
        path.unlink(missing_ok=True)
