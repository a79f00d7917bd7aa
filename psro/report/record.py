"""A run directory as the report reads it: the committed JSON files by their documented names.

A run in progress has fewer of them; what is there is complete, for files are renamed into place.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from psro.machine.errors import UserError
from psro.machine.manifest import MANIFEST_FILE, Manifest, no_run

Json = dict[str, Any]


@dataclass(frozen=True)
class Iteration:
    """A solved iteration; 0 is the founding one."""

    index: int
    summary: Json
    """iteration_summary.json"""
    analysis: Json
    """meta_game_analysis.json"""
    matrix: Json
    """interaction_matrix.json, a PayoffTable"""
    looks: tuple[Json, ...]
    """Every measurement of its response against the σ before; none for the founding one."""
    time: float
    """When it was solved: seconds since the epoch, from the file."""

    @property
    def weights(self) -> dict[str, float]:
        """σ: name → weight, in population order."""
        return {name: entry["weight"] for name, entry in self.summary["meta_strategy"].items()}


@dataclass(frozen=True)
class Certificate:
    """The response trained against σ as it stood after `iteration`."""

    iteration: int
    data: Json
    """certificate.json"""
    rounds: int
    """Collect–train rounds of each response."""
    time: float

    @property
    def exploiters(self) -> list[Json]:
        """Its responses as psro/phases/gains.py tells of them; none in what programs before schema version 4 wrote."""
        return list(self.data.get("exploiters", []))

    @property
    def root(self) -> str:
        """Directory of the response that gains most."""
        if not self.exploiters:
            return f"certificate_{self.iteration}"
        best = max(self.exploiters, key=lambda row: float(row["measured"]["gain"]["estimate"]))
        return str(best["root"])


@dataclass(frozen=True)
class Training:
    """One training of the oracle."""

    root: str
    """iteration_<t>, certificate_<t>, or certificate_<t>/<start>"""
    group: str
    """round_<r>, or <base policy>_<r>"""
    curve: Json
    """training_curve.json"""
    time: float

    @property
    def series(self) -> str:
        """What its rounds are drawn as one curve of: the iteration, or the base policy."""
        return self.root if self.group.startswith("round_") else self.group.rpartition("_")[0]


@dataclass(frozen=True)
class Selection:
    """How the checkpoints of a response did, over all its rounds so far."""

    root: str
    """iteration_<t>, certificate_<t>, or certificate_<t>/<start>"""
    data: Json
    """The last round's selection_<r>.json, which lists the earlier rounds' candidates too."""
    time: float


@dataclass(frozen=True)
class RunRecord:
    """All of a run that the report is made from."""

    directory: Path
    manifest: Manifest | None
    iterations: tuple[Iteration, ...]
    certificates: tuple[Certificate, ...]
    trainings: tuple[Training, ...]
    selections: tuple[Selection, ...]

    @property
    def certificate(self) -> Certificate | None:
        """That of the newest σ; None while it has none."""
        last = self.iterations[-1].index if self.iterations else None
        matching = [c for c in self.certificates if c.iteration == last]
        return matching[-1] if matching else None


def read_run(directory: Path) -> RunRecord:
    """What is there of a run. Raises UserError if it is no run directory."""
    if not directory.is_dir() or not (directory / MANIFEST_FILE).is_file():
        raise no_run(directory)
    roots = [*_numbered(directory, "iteration"), *_roots_of_certificates(directory)]
    return RunRecord(
        directory,
        Manifest.load(directory),
        tuple(filter(None, map(read_iteration, _numbered(directory, "iteration")))),
        tuple(filter(None, map(read_certificate, _numbered(directory, "certificate")))),
        tuple(training for root in roots for training in read_trainings(root)),
        tuple(filter(None, map(read_selection, roots))),
    )


def read_iteration(root: Path) -> Iteration | None:
    """An iteration directory; None if it is not solved yet."""
    path = root / "iteration_summary.json"  # committed last by SOLVE
    if not path.is_file():
        return None
    summary, looks = read_json(path), []
    if "response" in summary:
        last_round = summary["response"]["rounds"] - 1
        looks = read_json(root / f"measurement_{last_round}.json")["looks"]
    return Iteration(
        _number(root),
        summary,
        read_json(root / "meta_game_analysis.json"),
        read_json(root / "interaction_matrix.json"),
        tuple(looks),
        path.stat().st_mtime,
    )


def read_certificate(root: Path) -> Certificate | None:
    """A certificate directory; None if it is not measured yet."""
    path = root / "certificate.json"
    if not path.is_file():
        return None
    num_rounds = _number(_numbered(root, "measurement", ".json")[-1]) + 1
    return Certificate(_number(root), read_json(path), num_rounds, path.stat().st_mtime)


def read_selection(root: Path) -> Selection | None:
    """The newest selection of an iteration or certificate; None if there was none yet."""
    rounds = _numbered(root, "selection", ".json")
    if not rounds:
        return None
    return Selection(_name(root), read_json(rounds[-1]), rounds[-1].stat().st_mtime)


def read_trainings(root: Path) -> Iterator[Training]:
    """The finished trainings of an iteration or certificate: each series by its rounds.

    Not by the files' times: a clock may jump, and a damaged file is written again later.
    """
    paths = [path for path in root.glob("oracle/*/training_curve.json") if _is_committed(path)]

    def order(path: Path) -> tuple[str, int]:
        return path.parent.name.rpartition("_")[0], _number(path.parent)

    for path in sorted(paths, key=order):
        yield Training(_name(root), path.parent.name, read_json(path), path.stat().st_mtime)


def _roots_of_certificates(directory: Path) -> list[Path]:
    """Every response of theirs: the first has the certificate's own directory, the others one in it each."""
    roots = []
    for certificate in _numbered(directory, "certificate"):
        others = [path for path in sorted(certificate.iterdir()) if (path / "oracle").is_dir()]
        roots += [certificate, *others]
    return roots


def _name(root: Path) -> str:
    """As layout.py has it: certificate_5/scratch."""
    nested = root.parent.name.startswith("certificate_")
    return f"{root.parent.name}/{root.name}" if nested else root.name


def _is_committed(curve: Path) -> bool:
    """train.json is a training's main result and is written last."""
    return (curve.parent / "train.json").is_file()


def read_json(path: Path) -> Json:
    """A JSON object. Raises UserError naming the file if it is not one."""
    try:
        data: Json = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        raise UserError(f"{path} is no JSON ({error}): restore it from a backup") from error
    return data


def _numbered(directory: Path, prefix: str, suffix: str = "") -> list[Path]:
    """Entries called <prefix>_<number><suffix>, by number."""
    pattern = re.compile(rf"{prefix}_\d+{re.escape(suffix)}")
    found = [path for path in directory.iterdir() if pattern.fullmatch(path.name)]
    return sorted(found, key=_number)


def _number(path: Path) -> int:
    return int(path.stem.rpartition("_")[2])
