"""Whether a server is there, is of the version that we know, and takes our teams: one line where it is not so."""

import asyncio
import secrets
import time
from collections.abc import Sequence

from psro.machine.errors import UserError
from psro.pokemon.server.address import Address
from psro.pokemon.server.client import Client
from psro.pokemon.server.events import Dropped, NameTaken, Refusal, TeamRejected
from psro.pokemon.teams.export import Team, pack

VERSION = "0.11.11"
"""Of the pokemon-showdown that package-lock.json names, whose rules and words are known here."""
VALIDATED_S = 30.0
"""How long a server may take to look at a team."""
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.2, 3.0
_MOST_NAMES = 5


async def connect(address: Address, lane: str, return_s: float) -> Client:
    """A client under a name that nobody else has, on a server that may be starting again.

    Names are no part of any result, so they may come from the machine's own randomness. Raises UserError where no server answers
    within `return_s`, or it lets nobody in without an account.
    """
    deadline, wait = time.monotonic() + return_s, _FIRST_WAIT_S
    for attempt in range(10**9):
        client = Client(address, f"psro{secrets.token_hex(3)}{lane}"[:18])
        try:
            await client.open()
            return client
        except NameTaken as error:
            if "already using" not in str(error) or attempt >= _MOST_NAMES:
                raise
        except Dropped as error:
            if time.monotonic() > deadline:
                raise UserError(
                    f"{error}: start one (launchers/showdown.sh PORT), or name another address (game.server.address)"
                ) from error
            await asyncio.sleep(wait)
            wait = min(2 * wait, _LONGEST_WAIT_S)
    raise AssertionError("unreachable")


async def require_version(client: Client) -> None:
    """Raises UserError where the server is of another version than ours, Dropped where it does not say."""
    theirs = await client.ask_version()
    if theirs != VERSION:
        raise UserError(
            f"the server at {client.address.url} is pokemon-showdown {theirs}; the battles known here are those of {VERSION}: "
            "start that one (launchers/showdown.sh), or play all the same with game.server.any_version=true"
        )


async def require_version_there(address: Address, return_s: float, any_version: bool) -> None:
    """Nothing where a server is there whose version is ours, or `any_version`. Raises UserError.

    A connection that is lost while it is asked is made again, like any other, within `return_s`.
    """
    deadline = time.monotonic() + return_s
    while True:
        client = await connect(address, "check", max(0.0, deadline - time.monotonic()))
        try:
            if not any_version:
                await require_version(client)
            return
        except Dropped as error:
            if time.monotonic() > deadline:
                raise UserError(
                    f"{error}: look at the server, then run the same command again"
                ) from error
            await asyncio.sleep(_FIRST_WAIT_S)
        finally:
            await client.close()


async def require_legal_there(client: Client, teams: Sequence[Team], battle_format: str) -> None:
    """Raises UserError naming the first team that the server does not take in this format, and why; or the format."""
    for team in teams:
        await client.set_team(pack(team))
        await client.send_message(f"/vtm {battle_format}")
        event = await client.next_event(VALIDATED_S)
        while not isinstance(event, Refusal):
            event = await client.next_event(VALIDATED_S)
        if "Your team is valid" not in event.text:
            raise rejected(client, team, battle_format, event.text)


def rejected(client: Client, team: Team, battle_format: str, why: str) -> UserError:
    """The error for a team that the server does not take, be it that it does not know the format."""
    server = f"the server at {client.address.url}"
    if f"The format '{battle_format}' was not found" in why:
        return UserError(
            f"{server} has no format {battle_format!r}: choose another (game.format), or a server that has it"
        )
    reasons = why.removeprefix("Your team was rejected for the following reasons:").strip(" -.")
    return TeamRejected(
        f"{server} does not take {team.where} in {battle_format}: {reasons}; change it or take it out"
    )


def check_server(
    address: Address, teams: Sequence[Team], battle_format: str, any_version: bool
) -> None:
    """Nothing where battles can be played there. Raises UserError."""

    async def check() -> None:
        client = await connect(address, "check", 0.0)
        try:
            if not any_version:
                await require_version(client)
            await require_legal_there(client, teams, battle_format)
        except Dropped as error:
            raise UserError(
                f"{error}: look at the server, then run the same command again"
            ) from error
        finally:
            await client.close()

    asyncio.run(check())
