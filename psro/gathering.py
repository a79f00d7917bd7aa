"""Entrants as an evaluation takes them: under names of their own, mixtures with their members, loadable in its game."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from psro import wiring
from psro.entrants import Entrant, run_labels
from psro.game.mixture import MIXTURE, MixturePolicy
from psro.game.protocols import Game
from psro.game.spec import ObservationSpec
from psro.machine.errors import UserError
from psro.phases.config import NAME, MemberConfig
from psro.phases.evaluation.plan import Gathered
from psro.phases.workbench import PlayMode
from psro.pokemon.remote_policy import REMOTE_KIND


@dataclass(frozen=True)
class Gathering:
    """Entrants by their names in an evaluation."""

    names: list[str]
    """Of each entrant; one that was named twice has one."""
    policies: list[Gathered]
    """To take, each once, members of mixtures among them."""
    is_exact: bool
    """Whether the game computes all their scores."""


def gather(entrants: Sequence[Entrant], game: Game) -> Gathering:
    """Names the entrants and loads them once.

    Raises UserError in one line for a policy that does not fit the game, damaged files, and two entrants of one name.
    """
    labels = run_labels([entrant.run for entrant in entrants if entrant.run is not None])
    named: dict[str, Entrant] = {}
    names = []
    for entrant in [_with_view(entrant, game) for entrant in entrants]:
        name = entrant.alias or _own_name(entrant, labels)
        other = named.setdefault(name, entrant)
        if not other.plays_as(entrant):
            raise UserError(
                f"{other.text} and {entrant.text} are both called {name}: give one a name of its own, such as "
                f"other={entrant.text}"
            )
        _require_name(name, entrant)
        names.append(name)
    taken = _Taken(labels, dict(named))
    for name, entrant in named.items():
        taken.add(entrant, name)
    exact = [check(entrant, name, game) for name, entrant in taken.named.items()]
    return Gathering(names, list(taken.gathered.values()), all(exact))


class _Taken:
    """Policies under their names; members of mixtures get theirs here."""

    def __init__(self, labels: Mapping[Path, str], named: dict[str, Entrant]):
        self.labels = labels
        self.named = named
        self.gathered: dict[str, Gathered] = {}

    def add(self, entrant: Entrant, name: str) -> None:
        members = {
            known_as: self._member(member, f"{name}.{known_as}")
            for known_as, member in entrant.members.items()
        }
        self.gathered[name] = _gathered(entrant, name, members)

    def _member(self, member: Entrant, otherwise: str) -> str:
        """Its name: that of an entrant that is this very policy, else a new one."""
        for name, known in self.named.items():
            if known.directory == member.directory and known.plays_as(member):
                return name
        wanted = otherwise if member.run is None else _own_name(member, self.labels)
        name = _free_name(wanted, set(self.named))
        self.named[name] = member
        self.add(member, name)
        return name


def check(entrant: Entrant, name: str, game: Game) -> bool:
    """Loads a policy as its battles will; whether the game computes its scores, so that it needs no battles.

    Raises UserError naming what is wrong: it does not fit, or is damaged.
    """
    record, directory = entrant.record, entrant.directory
    what = f"{entrant.text}: policy {name}" if entrant.text != name else f"policy {name}"
    if record.kind == MIXTURE:
        _check_mixture(entrant, what)
        return True  # as far as its members'
    is_own = record.kind in game.policy_kinds()
    if directory is None and not is_own:
        raise UserError(
            f"{what} is of the kind {record.kind!r}, which game={game.name} does not have; there are: "
            f"{', '.join(sorted(game.policy_kinds()))}"
        )
    if not is_own and record.view not in game.views:
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
        if directory is not None:
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
    return game.exact_score(policy, policy) is not None


def _check_mixture(entrant: Entrant, what: str) -> None:
    weights = entrant.record.arguments.get("weights")
    try:
        MixturePolicy(entrant.record.name, dict.fromkeys(entrant.members), weights)  # type: ignore[arg-type]
    except (ValueError, TypeError, AttributeError) as error:
        raise UserError(f"{what} is no mixture: {error}") from error


def _gathered(entrant: Entrant, name: str, members: Mapping[str, str]) -> Gathered:
    """Under its name in the evaluation; a mixture names its members as they are called there."""
    record = entrant.record
    arguments = dict(record.arguments)
    if record.kind == MIXTURE:
        arguments["weights"] = {members[m]: weight for m, weight in arguments["weights"].items()}
    directory = entrant.directory
    return Gathered(
        replace(record, name=name, arguments=arguments, provenance={"name": record.name}),
        _source(entrant),
        {file: str(directory / file) for file in record.files} if directory is not None else {},
    )


def _source(entrant: Entrant) -> str:
    if entrant.directory is not None:
        return str(entrant.directory)
    if entrant.record.kind == REMOTE_KIND:
        return f"{entrant.record.arguments.get('username')} on its server"
    return "the game's own"


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
