"""The nine actions of a request: what is legal, and what to tell the simulator.

Actions are metamon's (metamon/interface.py, `action_idx_to_battle_order`): 0–3 the active Pokemon's moves, 4–8 the benched
Pokemon that have not fainted, each alphabetical by id. Legality comes from the request alone, never from tracked state:
only the simulator knows about Wrap, Disable, sleep and PP.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from psro.pokemon.gen1_battle import BattleError

NUM_MOVES = 4
NUM_SWITCHES = 5
NUM_ACTIONS = NUM_MOVES + NUM_SWITCHES

PSEUDO_MOVES = frozenset({"fight", "recharge", "struggle"})
"""What stands in a request for the moves of a Pokemon that cannot choose one; action 0, as in metamon."""


@dataclass(slots=True)
class MoveChoice:
    """One move of the active Pokemon."""

    id: str
    index: int
    """1-based in the request's moves; 0 where the request does not offer it (it is locked into another)."""
    pp: int | None
    """None where the request does not tell: of a Pokemon that is locked into a move."""
    max_pp: int | None
    legal: bool


@dataclass(slots=True)
class SwitchChoice:
    """One benched Pokemon that has not fainted."""

    id: str
    """Species id."""
    index: int
    """1-based in the request's side.pokemon."""
    entry: dict[str, Any]
    """Its entry there."""


class Choices(NamedTuple):
    """What a request lets its side do."""

    forced_switch: bool
    moves: tuple[MoveChoice, ...]
    """At most NUM_MOVES, by action; none on a forced switch."""
    switches: tuple[SwitchChoice, ...]
    """At most NUM_SWITCHES, by action − NUM_MOVES; listed even when a trapped Pokemon may not switch."""
    legal: tuple[bool, ...]
    """[NUM_ACTIONS]"""

    @property
    def actions(self) -> list[int]:
        """The legal actions."""
        return [action for action, legal in enumerate(self.legal) if legal]

    def command(self, action: int) -> str:
        """What to send the simulator for an action. Raises ValueError for an illegal one."""
        if not (0 <= action < NUM_ACTIONS and self.legal[action]):
            raise ValueError(f"action {action} is illegal; legal are {self.actions}")
        if action < NUM_MOVES:
            return f"move {self.moves[action].index}"
        return f"switch {self.switches[action - NUM_MOVES].index}"


def read_choices(request: dict[str, Any]) -> Choices:
    """The choices of a request that waits for one. Raises BattleError for one that makes no sense."""
    team = request["side"]["pokemon"]
    forced = "forceSwitch" in request
    moves: tuple[MoveChoice, ...] = ()
    trapped = False
    if not forced:
        active = request["active"][0]
        trapped = active.get("trapped", False)
        own = next(entry for entry in team if entry["active"])["moves"]
        moves = _moves(active["moves"], own)
    switches = []
    for index, entry in enumerate(team, 1):
        if not entry["active"] and not entry["condition"].endswith(" fnt"):
            switches.append(SwitchChoice(species_id(entry["details"]), index, entry))
    switches.sort(key=_by_id)
    legal = [move.legal for move in moves] + [False] * (NUM_MOVES - len(moves))
    legal += [not trapped] * len(switches) + [False] * (NUM_SWITCHES - len(switches))
    if len(legal) != NUM_ACTIONS or True not in legal:
        raise BattleError(
            f"a request offers {len(moves)} moves, {len(switches)} switches: {request}"
        )
    return Choices(forced, moves, tuple(switches), tuple(legal))


def _moves(offered: list[dict[str, Any]], own: list[str]) -> tuple[MoveChoice, ...]:
    """`offered` are the request's moves, `own` the ids of all the active Pokemon's."""
    if len(offered) == 1 and offered[0]["id"] not in own:
        # A pseudo-move, or a move that Metronome or Mirror Move began and that goes on.
        return (MoveChoice(offered[0]["id"], 1, None, None, True),)
    choices = [
        MoveChoice(
            move["id"], index, move.get("pp"), move.get("maxpp"), not move.get("disabled", False)
        )
        for index, move in enumerate(offered, 1)
    ]
    if len(offered) < len(own):
        ids = {move["id"] for move in offered}
        choices += [MoveChoice(id_, 0, None, None, False) for id_ in own if id_ not in ids]
    choices.sort(key=_by_id)
    return tuple(choices)


def _by_id(choice: MoveChoice | SwitchChoice) -> str:
    return choice.id


@lru_cache(1024)
def species_id(details: str) -> str:
    """The species id of a request's `details`: "Mr. Mime, L68, M" → mrmime."""
    return "".join(char for char in details.split(",")[0] if char.isalnum()).lower()
