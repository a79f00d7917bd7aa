"""One battle on a server from its first line to its last, and how policies are asked for the sides of many."""

import asyncio

from psro.game.policies import Policy
from psro.pokemon.arenas.asking import decide
from psro.pokemon.arenas.recorder import Recorder
from psro.pokemon.arenas.server_seats import Seats
from psro.pokemon.arenas.settings import NO_VIEW, ArenaSettings
from psro.pokemon.arenas.simulator_lanes import Lane, LaneSide
from psro.pokemon.remote_policy import REMOTE_VIEW, RemotePolicy
from psro.pokemon.server.client import Client
from psro.pokemon.server.config import ServerConfig
from psro.pokemon.server.ending import cancel
from psro.pokemon.server.events import Dropped, Refused, user_id
from psro.pokemon.server.room import End, Room
from psro.pokemon.state import BattleState

GATHER_S = 0.002
"""How long decisions that arrive together are gathered before their policies are asked."""
GIVE_UP_S = 3.0
"""How long leaving a battle that is over for us may take."""


class Unfinished(Exception):
    """Nobody won, lost or tied: the battle may be begun again."""


class Given(Exception):
    """A policy chose what is illegal: the battle is broken, and would be again."""


class Asker:
    """Asks each policy once for all its sides that wait."""

    def __init__(self, recorder: Recorder | None):
        """`recorder`: for the decisions of recorded sides."""
        self._recorder = recorder
        self._waiting: list[tuple[LaneSide, asyncio.Future[int]]] = []
        self._wake = asyncio.Event()

    async def ask(self, own: LaneSide) -> int:
        """The action of a side with choices."""
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.append((own, answer))
        self._wake.set()
        return await answer

    async def run(self) -> None:
        """Answers until it is cancelled. Raises what a policy raises."""
        while True:
            await self._wake.wait()
            await asyncio.sleep(GATHER_S)
            self._wake.clear()
            waiting, self._waiting = self._waiting, []
            batches: dict[int, tuple[Policy, list[tuple[LaneSide, asyncio.Future[int]]]]] = {}
            for own, answer in waiting:
                if not answer.done():  # else its battle is over meanwhile
                    batches.setdefault(id(own.policy), (own.policy, []))[1].append((own, answer))
            for policy, asked in batches.values():
                actions = decide(policy, [own for own, _ in asked], self._recorder)
                for (_, answer), action in zip(asked, actions.tolist(), strict=True):
                    answer.set_result(action)


class ServerBattle:
    """One attempt at one battle."""

    def __init__(
        self, lane: Lane, seats: Seats, asker: Asker, settings: ArenaSettings, server: ServerConfig
    ):
        """`lane`: who plays it, and what becomes of it."""
        self._lane = lane
        self._seats = seats
        self._asker = asker
        self._settings = settings
        self._server = server

    async def play(self) -> tuple[float, int]:
        """(score of side 0, number of turns). Raises Unfinished, BattleError, Given."""
        sides, teams, battle_format = self._lane.sides, self._lane.teams, self._settings.format
        remote = next((own for own in sides if own.policy.view == REMOTE_VIEW), None)
        seated: list[tuple[LaneSide, Client, Room]] = []
        try:
            if remote is None:
                tables = await self._seats.begin(battle_format, teams)
                seated = [(own, *table) for own, table in zip(sides, tables, strict=True)]
            else:
                assert isinstance(remote.policy, RemotePolicy)
                side = 1 - sides.index(remote)
                table = await self._seats.begin_against(remote.policy, battle_format, teams[side])
                seated = [(sides[side], *table)]
            return await self._follow(seated)
        except (Dropped, Refused) as error:
            raise Unfinished(str(error)) from error
        finally:
            await _leave(seated)

    async def _follow(self, seated: list[tuple[LaneSide, Client, Room]]) -> tuple[float, int]:
        limits = self._server.silence_s, self._settings.max_turns
        tasks = [asyncio.ensure_future(play_side(*seat, self._asker, *limits)) for seat in seated]
        try:
            # Both are waited for: a side that has not read the end has not seen it.
            ends = await asyncio.gather(*tasks)
        finally:
            await cancel(tasks)
        end, (own, client, room) = ends[0], seated[0]
        if end is None:
            return 0.5, self._settings.max_turns
        if end.how == "inactive" or (end.how == "forfeit" and len(seated) == 2):
            raise Unfinished(f"a side of {room.id} was gone in turn {room.turn}")
        score = 0.5 if end.winner is None else float(end.winner == user_id(client.username))
        return (score if self._lane.sides[0] is own else 1.0 - score), room.turn


async def play_side(
    own: LaneSide,
    client: Client,
    room: Room,
    asker: Asker,
    silence_s: float | None,
    max_turns: int | None = None,
) -> End | None:
    """Plays one side to the end; None where `max_turns` made it one. Raises Dropped, BattleError, Given."""
    reads = own.policy.view != NO_VIEW or own.is_recorded
    while True:
        seen = await room.read(silence_s)
        if reads and own.state is None:
            own.state = BattleState(room.id, room.role)
        command = own.see(seen.lines, seen.request)
        if seen.end is not None:
            return seen.end
        if max_turns is not None and room.turn > max_turns:
            return None
        if own.choices is not None:
            choices = own.choices
            action = await asker.ask(own)
            own.choices = None
            try:
                command = choices.command(action)
            except ValueError as error:
                raise Given(f"policy {own.name}: {error}") from error
        assert command is not None
        await client.send_message(f"/choose {command}", room.id, str(room.last_request))


async def _leave(seated: list[tuple[LaneSide, Client, Room]]) -> None:
    """Leaves the rooms; a battle that goes on is given up there, so that nobody waits for us."""
    for place, (_, client, room) in enumerate(seated):
        try:
            await asyncio.wait_for(client.leave(room, forfeit=place == 0), GIVE_UP_S)
        except (Dropped, TimeoutError):
            await client.close()
