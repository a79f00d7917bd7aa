"""One name on one server: poke-env's client, told apart into events and rooms, and loud where a connection fails.

poke-env's own players act on each message by themselves and log what goes wrong; here the caller reads events, one after the
other, and a connection that ends is the last of them.
"""

import asyncio
import contextlib
import logging
import re

import websockets
from poke_env import AccountConfiguration, ServerConfiguration
from poke_env.ps_client.ps_client import PSClient

from psro.machine.errors import UserError
from psro.pokemon.server.address import Address
from psro.pokemon.server.events import (
    Challenged,
    Closed,
    Dropped,
    Event,
    NameTaken,
    NewRoom,
    Refusal,
    user_id,
)
from psro.pokemon.server.login import LOGIN_URL, assertion
from psro.pokemon.server.room import Room

OPEN_S = 120.0
"""How long a connection or a login may take: a server that has just started is still reading its tables at the first one."""
ASK_AGAIN_S = 1.0
"""After so long a question that was not answered is asked again."""
LONGEST_NAME = 18
"""Letters and digits of a user's name (server/users.js)."""
_VERSION = re.compile(r"Server version: <b>([^ <]+)")
_LOGGER = logging.getLogger("psro.pokemon.server")


class Client(PSClient):
    """Opened by `open`, ended by `close`; both, and everything else, in the one event loop it was made in."""

    def __init__(self, address: Address, name: str, password: str | None = None):
        """`password`: of the account, on a server that asks for one. Nothing is sent yet."""
        super().__init__(
            AccountConfiguration(name, password),
            server_configuration=ServerConfiguration(address.url, LOGIN_URL),
            start_listening=False,
            loop=asyncio.get_running_loop(),
        )
        self.address = address
        self.events: asyncio.Queue[Event] = asyncio.Queue()
        self.rooms: dict[str, Room] = {}
        self.closed: Closed | None = None
        self.version: asyncio.Future[str] = self.loop.create_future()
        self._entered: asyncio.Future[None] = self.loop.create_future()
        self._greeted = False
        self._listening: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Connects and logs in. Raises Dropped where there is no server, UserError where it is none of Showdown's, or wants another name."""
        # Its own machine is not asked for through a proxy.
        proxy = {"proxy": None} if self.address.is_local else {}
        try:
            self.websocket = await websockets.connect(
                self.address.url, max_queue=None, open_timeout=OPEN_S, **proxy  # type: ignore[arg-type]
            )  # fmt: skip
        except websockets.InvalidHandshake as error:
            if isinstance(error.__cause__, EOFError | OSError):
                raise Dropped(f"{self.address.url} hung up on {self.username}") from error
            raise UserError(
                f"what answers at {self.address.url} is no Showdown server ({error}); name another address"
            ) from error
        except (OSError, TimeoutError) as error:
            raise Dropped(f"no server answers at {self.address.url} ({error})") from error
        self._listening = self.loop.create_task(self.listen())
        try:
            await asyncio.wait_for(asyncio.shield(self._entered), OPEN_S)
        except TimeoutError as error:
            await self.close()
            if self._greeted:
                raise Dropped(
                    f"{self.address.url} did not let {self.username!r} in within {OPEN_S:g} s"
                ) from error
            raise UserError(
                f"what answers at {self.address.url} does not speak Showdown's protocol: no |challstr| within {OPEN_S:g} s; "
                "name another address"
            ) from error
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Ends the connection. Safe to call twice, and before `open`."""
        if self._listening is None:
            return
        with contextlib.suppress(websockets.ConnectionClosed, OSError):
            await self.websocket.close()
        await self._listening
        if self._entered.done() and not self._entered.cancelled():
            self._entered.exception()  # read, so that nobody is told of it a second time

    async def next_event(self, timeout_s: float | None = None) -> Event:
        """The next thing that the server says. Raises Dropped when the connection is gone or nothing comes for `timeout_s`."""
        if self.closed is not None and self.events.empty():
            raise Dropped(self.closed.reason)
        try:
            event = await asyncio.wait_for(self.events.get(), timeout_s)
        except TimeoutError as error:
            raise Dropped(
                f"{self.username} heard nothing from {self.address.url} for {timeout_s:g} s"
            ) from error
        if isinstance(event, Closed):
            raise Dropped(event.reason)
        return event

    def forget_events(self) -> None:
        """What was said before now is of no interest any more (but that the connection is gone)."""
        if self.closed is None:
            while not self.events.empty():
                self.events.get_nowait()

    async def ask_version(self) -> str:
        """The version of its pokemon-showdown. Raises Dropped where it does not say."""
        for _ in range(round(OPEN_S / ASK_AGAIN_S)):
            # A server that has just started does not know it yet, and answers without.
            await self.send_message("/version")
            with contextlib.suppress(TimeoutError):
                return await asyncio.wait_for(asyncio.shield(self.version), ASK_AGAIN_S)
        raise Dropped(f"{self.address.url} does not tell its version")

    async def leave(self, room: Room, forfeit: bool = False) -> None:
        """Leaves a battle's room, and gives the battle up first where `forfeit` and it goes on."""
        if not self.rooms.pop(room.id, None) or self.closed is not None:
            return
        if forfeit and not room.is_over:
            await self.send_message("/forfeit", room=room.id)
        await self.send_message("/noreply /leave", room=room.id)

    async def send_message(
        self, message: str, room: str = "", message_2: str | None = None
    ) -> None:
        """Sends a line to a room, or to none. Raises Dropped."""
        try:
            await super().send_message(message, room, message_2)
        except (websockets.ConnectionClosed, OSError) as error:
            raise Dropped(f"the connection to {self.address.url} is gone") from error

    async def listen(self) -> None:
        """Takes in messages until the connection ends, then tells everyone who waits for one."""
        reason = f"the connection to {self.address.url} is gone"
        try:
            async for message in self.websocket:
                await self._handle_message(str(message))
        except websockets.ConnectionClosed:
            pass
        except Exception as error:  # noqa: BLE001  whoever waits is told, and raises it there
            reason = f"the connection to {self.address.url} failed: {error}"
            if not self._entered.done():
                self._entered.set_exception(error)  # `open` raises it
            else:
                _LOGGER.warning("%s: %s", self.username, reason)
        self.closed = Closed(reason)
        if not self._entered.done():
            self._entered.set_exception(Dropped(reason))
        for room in self.rooms.values():
            room.messages.put_nowait(None)
        self.events.put_nowait(self.closed)

    async def log_in(self, split_message: list[str]) -> None:
        """Answers the server's greeting `|challstr|id|string`."""
        given = ""
        password = self.account_configuration.password
        if password:
            challstr = "|".join(split_message[2:4])
            given = await asyncio.to_thread(assertion, self.username, password, challstr)
        await self.send_message(f"/trn {self.username},0,{given}")

    async def _handle_message(self, message: str) -> None:
        lines = message.split("\n")
        if lines[0].startswith(">"):
            self._handle_room(lines[0][1:], lines[1:])
            return
        for line in lines:
            await self._handle_line(line.split("|"))

    def _handle_room(self, room_id: str, lines: list[str]) -> None:
        if lines and lines[0] == "|init|battle":
            room = self.rooms[room_id] = Room(room_id, self.username)
            self.events.put_nowait(NewRoom(room))
        if room_id in self.rooms:
            self.rooms[room_id].messages.put_nowait(lines)

    async def _handle_line(self, parts: list[str]) -> None:
        kind, rest = (parts[1], parts[2:]) if len(parts) > 1 else ("", [])
        if kind == "challstr":
            self._greeted = True
            await self.log_in(parts)
        elif kind == "updateuser":
            if user_id(rest[0]) == user_id(self.username) and not self._entered.done():
                self.logged_in.set()
                self._entered.set_result(None)
        elif kind == "nametaken":
            self._handle_name_taken(rest)
        elif kind == "popup":
            self.events.put_nowait(Refusal(_plain("|".join(rest))))
        elif kind == "pm":
            self._handle_pm(rest)

    def _handle_name_taken(self, rest: list[str]) -> None:
        why = _plain("|".join(rest[1:]))
        error = NameTaken(
            f"{self.address.url} does not let the name {self.username!r} in: {why.rstrip('.')}; choose another name, or log in "
            "to the account with its password"
        )
        if self._entered.done():
            self.events.put_nowait(Refusal(str(error)))
        else:
            self._entered.set_exception(error)

    def _handle_pm(self, rest: list[str]) -> None:
        sender, text = rest[0], "|".join(rest[2:])
        own = user_id(sender) == user_id(self.username)
        if text.startswith("/challenge ") and not own:
            self.events.put_nowait(Challenged(sender.strip(), rest[2].split(" ", 1)[1]))
        elif text.startswith("/error "):
            self.events.put_nowait(Refusal(_plain(text.removeprefix("/error "))))
        elif text.startswith("/nonotify ") and "rejected" in text:
            self.events.put_nowait(Refusal(_plain(text.removeprefix("/nonotify "))))
        elif (found := _VERSION.search(text)) and not self.version.done():
            self.version.set_result(found[1])

    def _create_logger(self, log_level: int | None) -> logging.Logger:
        # poke-env's would write to standard error for itself, once more for every name there ever was.
        return _LOGGER.getChild("client")


def _plain(text: str) -> str:
    """A popup's text in one line: `||` is a line end there."""
    return " ".join(re.sub(r"<[^>]*>", "", text.replace("|", " ")).split())
