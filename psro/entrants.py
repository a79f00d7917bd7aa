"""Policies as the command line names them: of any run, by directory, or the game's own by their kind.

RUN                 the newest meta-strategy of a run, as a mixture of which one member is drawn a battle
RUN:nash_3          the meta-strategy after iteration 3; RUN:nash the newest
RUN:br_2            a member of its population, or any directory below RUN/population; RUN:'br_*' all that match
DIRECTORY           any directory with a policy.json
KIND                one of the game's own policies: random, gym_leader, …
KIND{a: 1, b: 2}    the same with arguments
metamon:NAME@40     a metamon checkpoint: one of metamon's agents by its name, and the epoch (else its default); or metamon{…} with what a
                    population entry takes, such as metamon{path: /data/my_run, model: small, epoch: 12}
NAME=…              any of these under a name of one's own
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import orjson
import yaml

from psro import checkpoint_entrants, wiring
from psro.config import Config, parse_config
from psro.game.mixture import MIXTURE
from psro.game.policies import PolicyRecord
from psro.machine.durable import sha256_of
from psro.machine.errors import UserError
from psro.machine.manifest import MANIFEST_FILE, no_run, run_meant
from psro.phases import layout

RECORD = "policy.json"
REMEDY = "restore it (a run makes its own again when its command is given again), or leave this policy out"
CHECKPOINTS = Path("runs/checkpoints")
BEST = "best"
SIGMA = re.compile(r"nash(_(?P<iteration>\d+))?")
_WITH_ARGUMENTS = re.compile(r"(?P<kind>\w+)(?P<arguments>\{.*\})?", re.DOTALL)
_RENAMED = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9_.-]*)=(?P<rest>.+)", re.DOTALL)


@dataclass(frozen=True)
class Entrant:
    """What one word of the command line means, or one of the policies that it matches."""

    text: str
    """As it was given, for messages."""
    record: PolicyRecord
    """As its source has it."""
    directory: Path | None
    """Of policy.json and the files it names; None for the game's own policies."""
    run: Path | None = None
    """The run directory that it was asked for by."""
    alias: str | None = None
    members: Mapping[str, "Entrant"] = field(default_factory=dict)
    """Of a mixture: who may be drawn, by the names that its record has for them."""

    @property
    def key(self) -> str:
        """Equal for two that are the same policy from the same place."""
        return f"{self.directory}:{json.dumps(self.record.to_json(), sort_keys=True)}"

    def plays_as(self, other: "Entrant") -> bool:
        """Whether both are the same policy, wherever they lie."""
        mine, theirs = self.record, other.record
        return (mine.kind, mine.arguments, mine.files) == (
            theirs.kind,
            theirs.arguments,
            theirs.files,
        ) and all(member.plays_as(other.members[name]) for name, member in self.members.items())


def find(texts: Sequence[str], checkpoints: Path = CHECKPOINTS) -> list[Entrant]:
    """What `texts` name, in their order. Raises UserError in one line for a word that names nothing.

    checkpoints: where policies that metamon's checkpoints become are written.
    """
    return [entrant for text in texts for entrant in _find(text, checkpoints)]


def read_config(run: Path) -> Config:
    """The frozen config of a run. Raises UserError where it is missing, damaged or another version's."""
    path = run / "config.yaml"
    try:
        return parse_config(yaml.safe_load(path.read_bytes()), wiring.SCHEMAS)
    except FileNotFoundError:
        raise no_run(run, "config.yaml") from None
    except (UserError, yaml.YAMLError) as error:
        raise UserError(
            f"{path} cannot be read by this version of the program ({' '.join(str(error).split())}): name the run's policies by "
            f"their directories, such as {run}/population/nash_1, and say what is played with --like or --set"
        ) from error


def run_labels(runs: Iterable[Path]) -> dict[Path, str]:
    """A short name for each run directory: that of the run, with the seed where two share it, then the path."""
    distinct = list(dict.fromkeys(runs))
    for num_parts in (1, 2, 3, 4, 5):
        labels = {run: _label(run, num_parts) for run in distinct}
        if len(set(labels.values())) == len(distinct):
            return labels
    return {run: f"run_{index}" for index, run in enumerate(distinct)}


def _find(text: str, checkpoints: Path) -> list[Entrant]:
    # A directory may well be called lr=0.1.
    is_path = Path(text.rpartition(":")[0] or text).is_dir() or Path(text).is_dir()
    renamed = None if is_path else _RENAMED.fullmatch(text)
    alias, rest = (renamed["name"], renamed["rest"]) if renamed else (None, text)
    if _is_of_run(rest):
        found = _of_run(text, rest)
    else:
        found = [_of_directory_or_game(text, rest, checkpoints)]
    if alias is not None and len(found) > 1:
        raise UserError(f"{text}: one name for {len(found)} policies; name them one by one")
    return [replace(entrant, alias=alias) for entrant in found]


def _is_of_run(text: str) -> bool:
    directory, colon, _ = text.rpartition(":")
    if (
        colon
        and not (Path(directory) / MANIFEST_FILE).is_file()
        and checkpoint_entrants.named(text)
    ):
        return False  # also beside a checkout that is called metamon
    return bool(colon and Path(directory).is_dir()) or (Path(text) / MANIFEST_FILE).is_file()


def _of_run(text: str, rest: str) -> list[Entrant]:
    if (Path(rest) / MANIFEST_FILE).is_file():
        run, which = Path(rest).resolve(), "nash"
    else:
        before, _, which = rest.rpartition(":")
        run = Path(before).resolve()
    if not (run / MANIFEST_FILE).is_file():
        raise UserError(f"{text}: {no_run(run)}")
    policies = _policies_of(run)
    if which in policies:
        return [_read(text, policies[which], run)]
    responses = [name for name in policies if re.fullmatch(r"br_\d+", name)]
    if which == BEST and responses:
        newest = max(responses, key=lambda name: int(name.removeprefix("br_")))
        return [_read(text, policies[newest], run)]
    if sigma := SIGMA.fullmatch(which):
        return [_sigma(text, run, sigma["iteration"], policies)]
    matching = [name for name in policies if fnmatchcase(name, which)]
    if not matching:
        near = get_close_matches(which, policies, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise UserError(
            f"{text}: {run} has no policy {which!r}; {hint}There are: {', '.join([*policies, 'nash, nash_<iteration>'])}"
        )
    return [_read(text, policies[name], run) for name in matching]


def _policies_of(run: Path) -> dict[str, Path]:
    """Name → directory of every policy that a run has committed; members in the order they joined, then the rest."""
    folder = run / layout.POPULATION
    there = sorted(path.name for path in folder.glob("*") if (path / RECORD).is_file())
    iterations = _solved(run)
    joined: list[str] = []
    if iterations:
        path = run / layout.iteration(iterations[-1]) / "population.json"
        joined = [member["name"] for member in _json(path)["members"]]
    ordered = [name for name in joined if name in there] + [n for n in there if n not in joined]
    return {name: folder / name for name in ordered}


def _solved(run: Path) -> list[int]:
    found = (re.fullmatch(r"iteration_(\d+)", path.name) for path in run.glob("iteration_*"))
    numbers = sorted(int(match[1]) for match in found if match)
    return [n for n in numbers if (run / layout.iteration(n) / "iteration_summary.json").is_file()]


def _sigma(text: str, run: Path, asked: str | None, policies: Mapping[str, Path]) -> Entrant:
    """The meta-strategy of an iteration as a mixture, as CERTIFY makes it of the last."""
    solved = _solved(run)
    if not solved or (asked is not None and int(asked) not in solved):
        there = f"; solved are {solved[0]} to {solved[-1]}" if solved else " yet"
        raise UserError(
            f"{text}: {run} has no meta-strategy{f' of iteration {asked}' if asked else ''}{there}"
        )
    index = int(asked) if asked is not None else solved[-1]
    weights = _json(run / layout.iteration(index) / "meta_strategy.json")["weights"]
    used = {name: weight for name, weight in weights.items() if weight > 0}
    record = PolicyRecord(f"nash_{index}", MIXTURE, "none", {"weights": used})
    members = {name: _member(text, policies, name, run) for name in used}
    return Entrant(text, record, run / layout.iteration(index), run, members=members)


def _member(text: str, policies: Mapping[str, Path], name: str, run: Path) -> Entrant:
    if name not in policies:
        raise UserError(f"{text}: {run / layout.policy(name) / RECORD} is missing; restore it")
    return _read(text, policies[name], run)


def _of_directory_or_game(text: str, rest: str, checkpoints: Path) -> Entrant:
    directory = Path(rest)
    if (agent := checkpoint_entrants.named(rest)) is not None and not directory.exists():
        return _read(text, checkpoint_entrants.written(text, agent, checkpoints), None)
    if (directory / RECORD).is_file():
        return _read(text, directory.resolve(), None)
    if directory.is_dir():
        raise UserError(
            f"{text}: {directory} is neither a run directory (no {MANIFEST_FILE}) nor a policy's (no {RECORD}): {run_meant(directory)}"
        )
    kind = _WITH_ARGUMENTS.fullmatch(rest)
    if kind is None:
        raise UserError(
            f"{text}: there is no such directory; give a run directory, RUN:POLICY, a directory with a {RECORD}, or the kind of "
            "one of the game's own policies"
        )
    try:
        arguments = yaml.safe_load(kind["arguments"] or "{}")
    except yaml.YAMLError as error:
        raise UserError(
            f"{text}: the arguments are no YAML ({' '.join(str(error).split())})"
        ) from error
    if kind["kind"] == checkpoint_entrants.KIND:
        return _read(text, checkpoint_entrants.written(text, arguments, checkpoints), None)
    return Entrant(text, PolicyRecord(kind["kind"], kind["kind"], "", arguments), None)


def _read(
    text: str, directory: Path, run: Path | None, inside: frozenset[Path] = frozenset()
) -> Entrant:
    """`inside`: the mixtures that it was found in."""
    path = directory / RECORD
    if directory in inside:
        raise UserError(f"{text}: {path} is a mixture that draws from itself; restore it")
    data = _json(path)
    try:
        record = PolicyRecord.from_json(data)
    except TypeError as error:
        raise UserError(f"{text}: {path} is no policy's record ({error}); restore it") from error
    for name, expected in record.files.items():
        _require_file(text, directory / name, expected)
    members = {}
    if record.kind == MIXTURE:
        for name in record.arguments.get("weights", {}):
            beside = directory.parent / name
            if not (beside / RECORD).is_file():
                raise UserError(
                    f"{text}: {beside / RECORD}, which it draws from, is missing; restore it"
                )
            members[name] = _read(text, beside, run, inside | {directory})
    return Entrant(text, record, directory, run, members=members)


def _require_file(text: str, path: Path, expected: str) -> None:
    if not path.is_file():
        raise UserError(f"{text}: {path} is missing; {REMEDY}")
    if (found := sha256_of(path)) != expected:
        raise UserError(
            f"{text}: {path} is damaged: its sha256 is {found[:12]}…, policy.json says {expected[:12]}…; {REMEDY}"
        )


def _json(path: Path) -> dict[str, Any]:
    try:
        data: dict[str, Any] = orjson.loads(path.read_bytes())
    except FileNotFoundError:
        raise UserError(f"{path} is missing; restore it from a backup") from None
    except orjson.JSONDecodeError as error:
        raise UserError(f"{path} is no JSON ({error}): restore it from a backup") from error
    return data


def _label(run: Path, num_parts: int) -> str:
    """The last parts of a path, the seed's directory only where one part is not enough."""
    parts = [part for part in run.parts if part != run.anchor]
    if num_parts == 1 and len(parts) > 1 and re.fullmatch(r"seed_-?\d+", parts[-1]):
        parts = parts[:-1]
    words = re.sub(r"[^A-Za-z0-9_.-]+", "-", "-".join(parts[-num_parts:]))
    return re.sub(r"__+", "_", words).strip("._-") or "run"
