"""Policies as the command line names them: of any run, by directory, or the game's own by their kind.

RUN                 the newest meta-strategy of a run, as a mixture of which one member is drawn a battle
RUN:nash_3          the meta-strategy after iteration 3; RUN:nash the newest
RUN:br_2            a member of its population, or any directory below RUN/population; RUN:'br_*' all that match
DIRECTORY           any directory with a policy.json
KIND                one of the game's own policies: random, gym_leader, …
KIND{a: 1, b: 2}    the same with arguments
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

from psro import wiring
from psro.config import Config, parse_config
from psro.game.mixture import MIXTURE, MixturePolicy
from psro.game.policies import PolicyRecord
from psro.game.protocols import Game
from psro.game.spec import ObservationSpec
from psro.machine.durable import sha256_of
from psro.machine.errors import UserError
from psro.machine.manifest import MANIFEST_FILE
from psro.phases import layout
from psro.phases.config import NAME, MemberConfig
from psro.phases.evaluation.plan import Gathered
from psro.phases.workbench import PlayMode

RECORD = "policy.json"
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


def find(texts: Sequence[str]) -> list[Entrant]:
    """What `texts` name, in their order. Raises UserError in one line for a word that names nothing."""
    return [entrant for text in texts for entrant in _find(text)]


def read_config(run: Path) -> Config:
    """The frozen config of a run. Raises UserError where it is missing, damaged or another version's."""
    path = run / "config.yaml"
    try:
        return parse_config(yaml.safe_load(path.read_bytes()), wiring.SCHEMAS)
    except FileNotFoundError:
        raise UserError(f"{run} is no run directory: it has no config.yaml") from None
    except (UserError, yaml.YAMLError) as error:
        raise UserError(
            f"{path} cannot be read by this version of the program ({' '.join(str(error).split())}): name the run's policies by "
            f"their directories, such as {run}/population/nash_1, and say what is played with --like or --set"
        ) from error


def gather(entrants: Sequence[Entrant], game: Game) -> tuple[list[str], list[Gathered]]:
    """The name of each entrant (one that is named twice has one), and the policies to take, members of mixtures among them, each once and loadable in `game`.

    Raises UserError in one line for a policy that does not fit the game, damaged files, and two entrants of one name.
    """
    labels = run_labels([entrant.run for entrant in entrants if entrant.run is not None])
    taken: dict[str, tuple[Entrant, str]] = {}
    gathered: dict[str, Gathered] = {}
    names = []
    for entrant in [_with_view(entrant, game) for entrant in entrants]:
        name = entrant.alias or _own_name(entrant, labels)
        other = next((e for e, known in taken.values() if known == name), None)
        if other is not None and other.plays_as(entrant):
            names.append(name)  # named twice
            continue
        if other is not None:
            raise UserError(
                f"{other.text} and {entrant.text} are both called {name}: give one a name of its own, such as "
                f"other={entrant.text}"
            )
        _require_name(name, entrant)
        taken[entrant.key] = (entrant, name)
        names.append(name)
    for entrant, name in list(taken.values()):
        members = {}
        for known_as, member in entrant.members.items():
            if member.key not in taken:
                base = f"{name}.{known_as}" if entrant.run is None else _own_name(member, labels)
                free = _free_name(base, {known for _, known in taken.values()})
                taken[member.key] = (member, free)
            members[known_as] = taken[member.key][1]
            gathered[members[known_as]] = _gathered(member, members[known_as], {})
        gathered[name] = _gathered(entrant, name, members)
    for entrant, name in taken.values():
        check(entrant, name, game)
    return names, list(gathered.values())


def run_labels(runs: Iterable[Path]) -> dict[Path, str]:
    """A short name for each run directory: that of the run, with the seed where two share it, then the path."""
    distinct = list(dict.fromkeys(runs))
    for num_parts in (1, 2, 3, 4, 5):
        labels = {run: _label(run, num_parts) for run in distinct}
        if len(set(labels.values())) == len(distinct):
            return labels
    return {run: f"run_{index}" for index, run in enumerate(distinct)}


def check(entrant: Entrant, name: str, game: Game) -> None:
    """Loads a policy as its battles will. Raises UserError naming what is wrong: it does not fit, or is damaged."""
    record, directory = entrant.record, entrant.directory
    what = f"{entrant.text}: policy {name}" if entrant.text != name else f"policy {name}"
    if record.kind == MIXTURE:
        _check_mixture(entrant, what)
        return
    if record.kind != "neural" and record.kind not in game.policy_kinds():
        raise UserError(
            f"{what} is of the kind {record.kind!r}, which game={game.name} does not have; there are: "
            f"{', '.join(sorted(game.policy_kinds()))}, neural"
        )
    if record.view not in game.views and record.kind == "neural":
        raise UserError(
            f"{what} reads the view {record.view!r}, which game={game.name} does not supply; it supplies: "
            f"{', '.join(sorted(game.views))}. It is a policy of another game, or of another version"
        )
    try:
        if record.kind == "neural":
            spec = ObservationSpec.from_json(record.arguments["spec"])
            if spec != game.observation_spec(record.view):
                raise UserError(
                    f"its observations {record.view} are not those of this version (other arrays or shapes)"
                )
            assert directory is not None, "only the game's own kinds have none"
            policy = wiring.load_policy(game, directory, PlayMode())
        else:
            policy = wiring.make_game_policy(
                game, name, MemberConfig(record.kind, record.arguments)
            )
    except UserError as error:
        raise UserError(f"{what} does not fit: {str(error).removeprefix('config: ')}") from error
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise UserError(
            f"{what} cannot be made from its record ({type(error).__name__}: {error}): it is damaged, of another game, or of "
            "another version"
        ) from error
    if policy.view not in game.views:
        raise UserError(
            f"{what} reads the view {policy.view!r}, which game={game.name} does not supply as it is set; it supplies: "
            f"{', '.join(sorted(game.views))}"
        )


def _check_mixture(entrant: Entrant, what: str) -> None:
    weights = entrant.record.arguments.get("weights")
    try:
        MixturePolicy(entrant.record.name, dict.fromkeys(entrant.members), weights)  # type: ignore[arg-type]
    except (ValueError, TypeError, AttributeError) as error:
        raise UserError(f"{what} is no mixture: {error}") from error


def _find(text: str) -> list[Entrant]:
    renamed = _RENAMED.fullmatch(text)
    alias, rest = (renamed["name"], renamed["rest"]) if renamed else (None, text)
    found = _of_run(text, rest) if _is_of_run(rest) else [_of_directory_or_game(text, rest)]
    if alias is not None and len(found) > 1:
        raise UserError(f"{text}: one name for {len(found)} policies; name them one by one")
    return [replace(entrant, alias=alias) for entrant in found]


def _is_of_run(text: str) -> bool:
    directory, colon, _ = text.rpartition(":")
    return bool(colon and Path(directory).is_dir()) or (Path(text) / MANIFEST_FILE).is_file()


def _of_run(text: str, rest: str) -> list[Entrant]:
    if (Path(rest) / MANIFEST_FILE).is_file():
        run, which = Path(rest).resolve(), "nash"
    else:
        before, _, which = rest.rpartition(":")
        run = Path(before).resolve()
    if not (run / MANIFEST_FILE).is_file():
        raise UserError(f"{text}: {run} is no run directory, it has no {MANIFEST_FILE}")
    policies = _policies_of(run)
    if which in policies:
        return [_read(text, policies[which], run)]
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


def _of_directory_or_game(text: str, rest: str) -> Entrant:
    directory = Path(rest)
    if (directory / RECORD).is_file():
        return _read(text, directory.resolve(), None)
    if directory.is_dir():
        raise UserError(
            f"{text}: {directory} is neither a run directory (no {MANIFEST_FILE}) nor a policy's (no {RECORD})"
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
    return Entrant(text, PolicyRecord(kind["kind"], kind["kind"], "", arguments), None)


def _read(text: str, directory: Path, run: Path | None) -> Entrant:
    path = directory / RECORD
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
            members[name] = _read(text, beside, run)
    return Entrant(text, record, directory, run, members=members)


def _require_file(text: str, path: Path, expected: str) -> None:
    if not path.is_file():
        raise UserError(f"{text}: {path} is missing; restore it, or leave this policy out")
    if (found := sha256_of(path)) != expected:
        raise UserError(
            f"{text}: {path} is damaged: its sha256 is {found[:12]}…, policy.json says {expected[:12]}…; restore it, or leave "
            "this policy out"
        )


def _json(path: Path) -> dict[str, Any]:
    try:
        data: dict[str, Any] = orjson.loads(path.read_bytes())
    except FileNotFoundError:
        raise UserError(f"{path} is missing; restore it from a backup") from None
    except orjson.JSONDecodeError as error:
        raise UserError(f"{path} is no JSON ({error}): restore it from a backup") from error
    return data


def _gathered(entrant: Entrant, name: str, members: Mapping[str, str]) -> Gathered:
    """Under its name in the evaluation; a mixture names its members as they are called there."""
    record = entrant.record
    arguments = dict(record.arguments)
    if record.kind == MIXTURE:
        arguments["weights"] = {members[m]: weight for m, weight in arguments["weights"].items()}
    directory = entrant.directory
    return Gathered(
        replace(record, name=name, arguments=arguments, provenance={"name": record.name}),
        str(directory) if directory is not None else "the game's own",
        {file: str(directory / file) for file in record.files} if directory is not None else {},
    )


def _with_view(entrant: Entrant, game: Game) -> Entrant:
    """The game's own policies, asked for by kind: with the view that this kind reads."""
    if entrant.directory is not None:
        return entrant
    view = game.policy_kinds().get(entrant.record.kind, "")
    return replace(entrant, record=replace(entrant.record, view=view))


def _own_name(entrant: Entrant, labels: Mapping[Path, str]) -> str:
    """`br_2` where one run is compared, else `<run>.br_2`."""
    if entrant.run is None or len(labels) < 2:
        return entrant.record.name
    return f"{labels[entrant.run]}.{entrant.record.name}"


def _free_name(wanted: str, taken: set[str]) -> str:
    number, name = 2, wanted
    while name in taken:
        name, number = f"{wanted}-{number}", number + 1
    return name


def _require_name(name: str, entrant: Entrant) -> None:
    if not NAME.fullmatch(name.replace(".", "-")) or "__" in name:
        raise UserError(
            f"{entrant.text}: the name {name!r} cannot be used for files; give it another, such as mine={entrant.text}"
        )


def _label(run: Path, num_parts: int) -> str:
    """The last parts of a path, the seed's directory only where one part is not enough."""
    parts = [part for part in run.parts if part != run.anchor]
    if num_parts == 1 and len(parts) > 1 and re.fullmatch(r"seed_-?\d+", parts[-1]):
        parts = parts[:-1]
    words = re.sub(r"[^A-Za-z0-9_.-]+", "-", "-".join(parts[-num_parts:]))
    return re.sub(r"__+", "_", words).strip("._-") or "run"
