"""The newest that a run has come to: its last response, and σ."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import orjson

from psro.machine.errors import UserError
from psro.report.record import Json

T = TypeVar("T")


@dataclass(frozen=True)
class LastResponse:
    """The response that was measured last."""

    name: str
    """With its rounds: br_2 after 3 rounds."""
    sigma_of: int
    """The iteration whose σ it was trained against."""
    gain: Mapping[str, Any]
    """As measurement_<round>.json has it: gain, win_rate, num_battles."""
    beats_sigma: bool


@dataclass(frozen=True)
class Results:
    """What there is of them."""

    response: LastResponse | None
    sigma_of: int | None
    """The newest solved iteration."""
    sigma: Mapping[str, float]
    """Policy → weight."""


def read_results(directory: Path) -> Results:
    """The newest measurement, by iteration and round, and the newest σ.

    Raises: UserError for a file that is not what psro/phases writes there.
    """
    response, solved = None, None
    sigma: dict[str, float] = {}
    # A certificate comes after the iteration of its number.
    if newest := _newest(directory, ("iteration_*", "certificate_*"), "measurement_*.json"):
        response = _read(newest, _response)
    if newest := _newest(directory, ("iteration_*",), "iteration_summary.json"):
        solved = _number(newest.parent)
        sigma = _read(newest, _sigma)
    return Results(response, solved, sigma)


def _response(data: Json) -> LastResponse:
    return LastResponse(
        data["looks"][-1]["name"],
        int(data["sigma_of"].rpartition("_")[2]),
        data["gain"],
        data["beats_sigma"],
    )


def _sigma(data: Json) -> dict[str, float]:
    return {name: float(entry["weight"]) for name, entry in data["meta_strategy"].items()}


def _read(path: Path, take: Callable[[Json], T]) -> T:
    data = path.read_bytes()
    try:
        return take(orjson.loads(data))
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise UserError(
            f"{path} is damaged ({type(error).__name__}: {error}): run the same command again, which "
            "computes it again"
        ) from error


def _newest(directory: Path, roots: tuple[str, ...], pattern: str) -> Path | None:
    """By the number of the directory, then in the order of `roots`, then by the number of the file."""
    found = [
        ((_number(path.parent), order, _number(path)), path)
        for order, root in enumerate(roots)
        for path in directory.glob(f"{root}/{pattern}")
    ]
    return max(found)[1] if found else None


def _number(path: Path) -> int:
    digits = path.stem.rpartition("_")[2]
    return int(digits) if digits.isdigit() else -1
