"""Battle logs played again in Showdown, under their players' names: the protocol log that its replays are made of."""

import re
from dataclasses import dataclass

from psro.game.battles import Outcome
from psro.machine.errors import UserError
from psro.pokemon.engine.battle_log import BattleLog
from psro.pokemon.engine.judge.process import JudgeProcess
from psro.pokemon.engine.judge.record import BattleRecord

_BREAKS_PROTOCOL = re.compile(r"[|<>\r\n]")
KNOWN_BREAKDOWN = "moveSlot is null which shouldn't happen"


@dataclass(frozen=True)
class ReplayedBattle:
    """A battle as Showdown tells it."""

    outcome: Outcome
    players: tuple[str, str]
    """What the log calls them: the policies' names, told apart where they are equal."""
    teams: tuple[str, str]
    """Packed."""
    lines: tuple[str, ...]
    """The protocol's, of all there is to see: exact HP, both sides. Without the clock, so the same battle gives the same lines."""
    source: str = ""
    """Where it comes from, in words, if that needs to be said."""
    is_over: bool = True
    """False: it was left in the middle, and the outcome's score says nothing."""

    @property
    def title(self) -> str:
        """`a (its team) vs. b (its team)`."""
        sides = zip(self.players, self.outcome.starts, strict=True)
        return " vs. ".join(f"{player} ({start})" if start else player for player, start in sides)

    @property
    def result(self) -> str:
        """`a wins in 31 turns`."""
        turns = f"{self.outcome.num_turns} turn{'' if self.outcome.num_turns == 1 else 's'}"
        if not self.is_over:
            return f"unfinished after {turns}"
        if self.outcome.score == 0.5:
            return f"a tie after {turns}"
        return f"{self.players[0 if self.outcome.score == 1 else 1]} wins in {turns}"


def replay(judge: JudgeProcess, outcome: Outcome, log: BattleLog) -> ReplayedBattle:
    """Plays `log` in Showdown.

    Raises UserError where it is no battle of Showdown's, or does not end as `outcome` says.
    """
    players = player_names(outcome.policies)
    choices = tuple((first, second) for first, second in log.choices.tolist())
    lines, error = judge.watch(BattleRecord(int(log.name, 16), log.teams, choices), players)
    end = _end(lines, players)
    if error is not None and KNOWN_BREAKDOWN not in error:
        raise _other(outcome, f"it refuses a choice ({error.splitlines()[0]})")
    if error is not None or end is None:
        # Broken off: by a breakdown of Showdown's own, or by the arena after game.max_turns. Both count as ties.
        end = 0.5
        why = "Showdown cannot go on" if error is not None else "the arena ended it"
        lines += [f"|-message|{why}: it counts as a tie.", "|tie"]
    if end != outcome.score:
        raise _other(outcome, f"there side 0 scores {end:g} and not {outcome.score:g}")
    source = f"job seed {outcome.seed}"
    return ReplayedBattle(outcome, players, log.teams, tuple(lines), source)


def player_names(policies: tuple[str, str]) -> tuple[str, str]:
    """Names for Showdown's log, which tells players apart by them."""
    first, second = (_BREAKS_PROTOCOL.sub("_", name) for name in policies)
    return (f"{first} (1)", f"{second} (2)") if first == second else (first, second)


def _end(lines: list[str], players: tuple[str, str]) -> float | None:
    """Side 0's score; None for a battle that goes on."""
    ends = {f"|win|{players[0]}": 1.0, f"|win|{players[1]}": 0.0, "|tie": 0.5}
    return next((ends[line] for line in reversed(lines) if line in ends), None)


def _other(outcome: Outcome, how: str) -> UserError:
    return UserError(
        f"replay: Showdown plays the battle with job seed {outcome.seed} otherwise: {how}; "
        "run its unit with game.arena.audit_fraction=1 to see where, and report it"
    )
