"""Who sits at a table of the server: one name for each of our sides, kept from battle to battle of a lane."""

import asyncio

from psro.pokemon.arenas.server_remotes import Remote, Remotes
from psro.pokemon.remote_policy import RemotePolicy
from psro.pokemon.server.address import Address
from psro.pokemon.server.check import connect, rejected
from psro.pokemon.server.client import Client
from psro.pokemon.server.config import ServerConfig
from psro.pokemon.server.ending import cancel
from psro.pokemon.server.events import Challenged, Dropped, NewRoom, Refusal, Refused, user_id
from psro.pokemon.server.room import Room
from psro.pokemon.teams.export import Team, pack

ASK_AGAIN_S = 1.0
"""After a refusal: a bot that is busy takes the next challenge later."""

LEAST_S = 0.5
"""How long the server may take to refuse a challenge."""


class Seats:
    """The names of one lane, connected when they are needed."""

    def __init__(self, address: Address, lane: int, server: ServerConfig, remotes: Remotes):
        """`lane`: tells this lane's names from those of others. `remotes`: which all lanes share."""
        self._address = address
        self._lane = lane
        self._server = server
        self._remotes = remotes
        self._against: Remote | None = None
        """Whom this lane plays, or has just played."""
        self._clients: dict[str, Client] = {}

    async def close(self) -> None:
        """Ends the connections; the next battle begins with fresh names. Safe to call twice."""
        self._end()
        clients, self._clients = self._clients, {}
        await asyncio.gather(*(client.close() for client in clients.values()))

    async def _client(self, seat: str) -> Client:
        client = self._clients.get(seat)
        if client is None or client.closed is not None:
            client = await connect(self._address, f"x{self._lane}{seat}", self._server.return_s)
            self._clients[seat] = client
        client.forget_events()
        return client

    async def begin(
        self, battle_format: str, teams: tuple[Team, Team]
    ) -> tuple[tuple[Client, Room], tuple[Client, Room]]:
        """A battle between our two seats: each one's client and room. Raises Dropped, Refused, TeamRejected."""
        first, second = await self._client("a"), await self._client("b")
        await first.challenge(second.username, battle_format, pack(teams[0]))
        await self._wait(first, second, teams[0], battle_format)
        await second.accept_challenge(first.username, pack(teams[1]))
        rooms = [
            await self._room(client, team, battle_format)
            for client, team in ((second, teams[1]), (first, teams[0]))
        ]
        return (first, rooms[1]), (second, rooms[0])

    async def begin_against(
        self, remote: RemotePolicy, battle_format: str, team: Team
    ) -> tuple[Client, Room]:
        """A battle with a bot, asked until it takes the challenge. Raises Dropped, TeamRejected, UserError where it never does."""
        self._end()
        client = await self._client("a")
        bot = self._remotes.of(remote.username)
        with bot.waiting():
            while True:
                await client.challenge(remote.username, battle_format, pack(team))
                try:
                    room = await self._room(client, team, battle_format, max(bot.left_s, LEAST_S))
                except Refused as refused:
                    bot.refused(str(refused), battle_format)
                    await asyncio.sleep(ASK_AGAIN_S)
                except Dropped:
                    if client.closed is not None:
                        raise
                    await client.send_message(f"/cancelchallenge {remote.username}")
                    bot.refused("it did not answer", battle_format)
                else:
                    bot.began()
                    self._against = bot
                    return client, room

    def _end(self) -> None:
        """The battle with a bot, if there was one, is over."""
        bot, self._against = self._against, None
        if bot is not None:
            bot.ended()

    async def _wait(self, first: Client, second: Client, team: Team, battle_format: str) -> None:
        """Until the challenge has come; meanwhile the server may refuse it to who sent it."""
        coming = asyncio.ensure_future(second.next_event(self._server.challenge_s))
        refusing = asyncio.ensure_future(first.next_event(self._server.challenge_s))
        try:
            while True:
                await asyncio.wait({coming, refusing}, return_when=asyncio.FIRST_COMPLETED)
                if refusing.done():
                    _raise_refusal(first, refusing.result(), team, battle_format)
                    refusing = asyncio.ensure_future(first.next_event(self._server.challenge_s))
                if coming.done():
                    event = coming.result()
                    if isinstance(event, Challenged) and user_id(event.by) == user_id(
                        first.username
                    ):
                        return
                    coming = asyncio.ensure_future(second.next_event(self._server.challenge_s))
        finally:
            await cancel((coming, refusing))

    async def _room(
        self, client: Client, team: Team, battle_format: str, wait_s: float | None = None
    ) -> Room:
        """The next battle that begins for this client."""
        while True:
            event = await client.next_event(self._server.challenge_s if wait_s is None else wait_s)
            if isinstance(event, NewRoom):
                return event.room
            _raise_refusal(client, event, team, battle_format)


def _raise_refusal(client: Client, event: object, team: Team, battle_format: str) -> None:
    if isinstance(event, Refusal):
        if "Your team was rejected" in event.text:
            raise rejected(client, team, battle_format, event.text)
        raise Refused(event.text)
