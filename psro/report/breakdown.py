"""Where σ is weak: its battles by policy and opponent, by either side's team, and by length; the worst of all."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from psro.metagame.intervals import LEVEL, Interval, bonferroni_level, win_rate_interval
from psro.metagame.payoffs import OutcomeCounts
from psro.report.outcomes import LEAST_BATTLES, SeenBattle, battles_of
from psro.report.record import RunRecord

NUM_LENGTHS = 5
"""Classes of lengths, as equal in battles as can be."""
NUM_WORST = 10
OWN_POLICY, OPPONENT = "the policy that σ played", "opponent"


@dataclass(frozen=True)
class Group:
    """The battles that have something in common."""

    name: str
    counts: OutcomeCounts
    defeat: SeenBattle | None
    """The quickest of its lost battles, to look at."""

    @property
    def is_listed(self) -> bool:
        """Whether its interval says something."""
        return self.counts.num_battles >= LEAST_BATTLES


@dataclass(frozen=True)
class Dimension:
    """One way of grouping battles."""

    title: str
    groups: tuple[Group, ...]
    """The worst first; lengths in their order."""


@dataclass(frozen=True)
class Subject:
    """Battles of a mixture, seen by it."""

    name: str
    """A word for files."""
    title: str
    note: str
    root: str
    battles: tuple[SeenBattle, ...]
    dimensions: tuple[Dimension, ...]
    who: str
    """What a battle's `opponent` names: the mixture's own policy, or whom it met."""

    @property
    def has_groups(self) -> bool:
        """Whether any of its groups says something."""
        return any(group.is_listed for d in self.dimensions for group in d.groups)

    @property
    def total(self) -> OutcomeCounts:
        return _sum(battle.counts for battle in self.battles)


@dataclass(frozen=True)
class WorstCase:
    """A group in which σ does worst."""

    dimension: str
    group: Group
    interval: Interval
    """Simultaneous over all groups that it was chosen from."""
    num_groups: int


def subjects(record: RunRecord) -> Iterator[Subject]:
    """σ against whoever was trained to beat it last, and the final mixture against known opponents."""
    if played := _against_response(record):
        yield played
    if played := _against_known(record):
        yield played


def simultaneous_level(subject: Subject) -> float:
    """At which the intervals of all groups that say something hold together at the usual level."""
    num = sum(group.is_listed for d in subject.dimensions for group in d.groups)
    return bonferroni_level(LEVEL, max(1, num))


def worst_cases(subject: Subject) -> list[WorstCase]:
    """The groups with the lowest win rates, the worst first."""
    found = [
        (dimension.title, group)
        for dimension in subject.dimensions
        for group in dimension.groups
        if group.is_listed
    ]
    level = simultaneous_level(subject)
    cases = [
        WorstCase(title, group, win_rate_interval(group.counts, level), len(found))
        for title, group in found
    ]
    cases.sort(key=lambda case: (case.interval.estimate, case.dimension, case.group.name))
    return cases[:NUM_WORST]


def quickest_defeats(subject: Subject) -> list[SeenBattle]:
    """The lost battles that took the fewest turns."""
    return _lost(subject.battles)[:NUM_WORST]


def dimensions_of(battles: Sequence[SeenBattle], who: str) -> tuple[Dimension, ...]:
    """The ways that tell something: those with more than one group.

    who: what `opponent` names in these battles.
    """
    by_name: tuple[tuple[str, Callable[[SeenBattle], str]], ...] = (
        (f"By {who}", lambda battle: battle.opponent),
        ("By pool of teams", lambda battle: battle.pool),
        ("By σ's own team", lambda battle: battle.start),
        ("By the opposing team", lambda battle: battle.opponent_start),
    )
    found = [Dimension(title, _grouped(battles, key)) for title, key in by_name]
    found.append(Dimension("By number of turns", _by_length(battles)))
    return tuple(dimension for dimension in found if len(dimension.groups) > 1)


def _against_response(record: RunRecord) -> Subject | None:
    if record.certificate is not None:
        certificate = record.certificate
        of, root, num_rounds = (
            certificate.iteration,
            certificate.root,
            certificate.rounds,
        )
        name = "the certificate's response"
        if len(certificate.exploiters) > 1:
            name = f"the certificate's best response, {root.replace('/', '_')}"
    elif len(record.iterations) > 1:
        last = record.iterations[-1]
        response = last.summary["response"]
        of, root, num_rounds = last.index - 1, f"iteration_{last.index}", response["rounds"]
        name = response["name"]
    else:
        return None
    seen = battles_of(record.directory / root, f"measure_{num_rounds - 1}")
    battles = tuple(battle.mirrored() for battle in seen)
    if not battles:
        return None
    return Subject(
        "against_response",
        f"σ of iteration {of} against {name}",
        f"The battles that measured {name}, seen by σ: below 50 % is where the response gains.",
        root,
        battles,
        dimensions_of(battles, OWN_POLICY),
        OWN_POLICY,
    )


def _against_known(record: RunRecord) -> Subject | None:
    certificate = record.certificate
    if certificate is None:
        return None
    root = f"certificate_{certificate.iteration}"
    battles = tuple(
        replace(battle, opponent=row["opponent"])  # it is called showcase_<opponent> in the files
        for row in certificate.data["showcase"]
        for battle in battles_of(
            record.directory / root, f"showcase_{row['opponent']}_{row['pool']}"
        )
    )
    if not battles:
        return None
    return Subject(
        "against_known",
        f"σ of iteration {certificate.iteration} against known opponents",
        "The final mixture against opponents that anyone can play against, on teams it was trained with and on others.",
        root,
        battles,
        dimensions_of(battles, OPPONENT),
        OPPONENT,
    )


def _grouped(battles: Sequence[SeenBattle], key: Callable[[SeenBattle], str]) -> tuple[Group, ...]:
    by_name: dict[str, list[SeenBattle]] = {}
    for battle in battles:
        if name := key(battle):
            by_name.setdefault(name, []).append(battle)
    groups = [_group(name, inside) for name, inside in by_name.items()]
    return tuple(sorted(groups, key=lambda group: (group.counts.win_rate, group.name)))


def _by_length(battles: Sequence[SeenBattle]) -> tuple[Group, ...]:
    """Cut where a class has its share of the battles; equal lengths stay together."""
    lengths = sorted(battle.num_turns for battle in battles)
    ends = sorted(
        {lengths[-1 - index * len(lengths) // NUM_LENGTHS] for index in range(NUM_LENGTHS)}
    )
    groups, low = [], lengths[0]
    for end in ends:
        inside = [battle for battle in battles if low <= battle.num_turns <= end]
        if inside:
            name = f"{low}–{end} turns" if end > low else f"{low} turns"
            groups.append(_group(name, inside))
        low = end + 1
    return tuple(groups)


def _group(name: str, battles: Sequence[SeenBattle]) -> Group:
    lost = _lost(battles)
    return Group(name, _sum(battle.counts for battle in battles), lost[0] if lost else None)


def _lost(battles: Sequence[SeenBattle]) -> list[SeenBattle]:
    """The quickest first."""
    lost = [battle for battle in battles if battle.score == 0]
    return sorted(lost, key=lambda battle: (battle.num_turns, battle.seed))


def _sum(counts: Iterator[OutcomeCounts] | Sequence[OutcomeCounts]) -> OutcomeCounts:
    total = OutcomeCounts()
    for count in counts:
        total = total + count
    return total
