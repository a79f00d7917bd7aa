"""Battles of the proof, played by the judge and replayed by whatever claims to be equal to it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Protocol

import numpy as np

from psro.pokemon.engine.judge.compare import Difference, first_difference
from psro.pokemon.engine.judge.coverage import Coverage
from psro.pokemon.engine.judge.matchups import Matchup
from psro.pokemon.engine.judge.process import Judgement, JudgeProcess
from psro.pokemon.engine.judge.record import BattleRecord

UNDER_WAY = 4
"""Requests that the judge holds while Python works: few, so that the pipes never fill."""


class Replayer(Protocol):
    """What is proven equal: the engine, or a second Showdown."""

    def replay(self, records: Sequence[BattleRecord]) -> Sequence[np.ndarray]:
        """The dumps of each record's battle, int32 [1 + its choices, SIZE]."""


class JudgeReplayer:
    """Showdown as its own replayer: shows that judge, dump and comparison are sound, and the shortcuts harmless."""

    def __init__(self, judge: JudgeProcess):
        self._judge = judge

    def replay(self, records: Sequence[BattleRecord]) -> list[np.ndarray]:
        """The dumps of each record's battle."""
        return [self._judge.replay(record).dumps for record in records]


@dataclass
class Verdict:
    """What a stretch of the proof found."""

    coverage: Coverage = field(default_factory=Coverage)
    differences: list[Difference] = field(default_factory=list)
    exclusions: Counter[str] = field(default_factory=Counter)
    """Battles that Showdown itself could not go on with, by its error; they are compared up to there."""
    excluded: list[BattleRecord] = field(default_factory=list)
    """Theirs, with the choices that broke them."""

    def merge(self, other: "Verdict") -> None:
        """Adds another stretch."""
        self.coverage.merge(other.coverage)
        self.differences += other.differences
        self.exclusions.update(other.exclusions)
        self.excluded += other.excluded


def judged_battles(
    judge: JudgeProcess, matchups: Iterator[Matchup]
) -> Iterator[tuple[Matchup, Judgement]]:
    """Plays the matchups, in their order, with some always under way."""
    waiting: list[Matchup] = []
    for matchup in matchups:
        judge.send_play(matchup.seed, matchup.teams, matchup.policies, matchup.policy_seeds)
        waiting.append(matchup)
        if len(waiting) == UNDER_WAY:
            first = waiting.pop(0)
            yield first, judge.receive(first.kind)
    for matchup in waiting:
        yield matchup, judge.receive(matchup.kind)


def prove(
    judge: JudgeProcess,
    replayer: Replayer | None,
    matchups: Iterator[Matchup],
    at_once: int = 32,
) -> Verdict:
    """Plays the matchups on the judge, replays them `at_once` at a time, and compares every dump.

    Without a replayer nothing is compared: the verdict says what the battles cover.
    """
    verdict = Verdict()
    battles = judged_battles(judge, matchups)
    while batch := list(islice(battles, at_once)):
        for matchup, judgement in batch:
            verdict.coverage.add(judgement, matchup.kind)
            if judgement.error is not None:
                verdict.exclusions[judgement.error.partition("\n")[0]] += 1
                verdict.excluded.append(judgement.record)
        if replayer is None:
            continue
        whole = [judgement for _, judgement in batch if len(judgement.dumps)]
        played = replayer.replay([carried_out(judgement) for judgement in whole])
        for judgement, dumps in zip(whole, played, strict=True):
            difference = first_difference(carried_out(judgement), judgement.dumps, dumps)
            if difference is not None:
                verdict.differences.append(difference)
    return verdict


def carried_out(judgement: Judgement) -> BattleRecord:
    """The record without the choice that broke the simulator, if one did."""
    record = judgement.record
    return replace(record, choices=record.choices[: len(judgement.dumps) - 1])
