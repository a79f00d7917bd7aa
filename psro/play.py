"""python -m psro.play <who> --accept | --challenge USER | --ladder N: an agent plays people and bots on a Showdown server.

Who, as psro/entrants.py reads it: a run directory (its newest meta-strategy: one policy is drawn for each battle), RUN:nash_3 (that of
iteration 3), RUN:br_2 (a member of its population), RUN:best (its newest best response), a directory with a policy.json, or one of the
game's own policies, such as gym_leader, or one of metamon's agents, metamon:SyntheticRLV2. Policies play greedily, as they are
measured, unless --temperature says otherwise.

By default on this machine's own server (launchers/showdown.sh), under a name without an account. Elsewhere only with
--public-server-allows-bots: whether a server wants bots is its staff's to say. An account's password is taken from
PSRO_SHOWDOWN_PASSWORD (not for this machine's own server, which asks for none), or asked for with --ask-password. Replays and games.jsonl go to --output. Ctrl-C ends it.
"""

import argparse
import asyncio
import contextlib
import getpass
import logging
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from psro import entrants, wiring
from psro.ending import NOT_KEPT, ending
from psro.entrants import Entrant
from psro.evaluate import at_least_one
from psro.game.mixture import MIXTURE, MixturePolicy
from psro.game.policies import Policy
from psro.machine import exit_codes
from psro.machine.errors import UserError
from psro.phases.config import MemberConfig
from psro.phases.workbench import PlayMode
from psro.pokemon.arenas.asking import compile_views
from psro.pokemon.config import Gen1OUConfig, TeamsConfig
from psro.pokemon.game import Gen1OU
from psro.pokemon.play.game import PlayedGame
from psro.pokemon.play.player import Player, Style
from psro.pokemon.remote_policy import REMOTE_KIND
from psro.pokemon.server.address import Address, parse_address
from psro.pokemon.server.check import VERSION
from psro.pokemon.server.client import LONGEST_NAME, Client
from psro.pokemon.server.config import DEFAULT_ADDRESS
from psro.pokemon.server.events import Dropped, NameTaken, user_id

PASSWORD = "PSRO_SHOWDOWN_PASSWORD"
OUTPUT = Path("outputs", "play")
PATIENCE_S = 60.0
"""How long a server that went away is waited for."""
AGAIN_S = 1.0


def find_entrant(who: str) -> Entrant:
    """What `who` names. Raises UserError in one line for a word that names nothing, or several policies."""
    found = entrants.find([who])
    if len(found) != 1:
        names = ", ".join(entrant.record.name for entrant in found)
        raise UserError(f"{who} names {len(found)} policies, one can play: choose among {names}")
    return found[0]


def game_of(entrant: Entrant) -> Gen1OU:
    """The game that its run was about, teams included; else Gen 1 OU as it is by default. Raises UserError for a run of another game."""
    if entrant.run is None:
        return Gen1OU(Gen1OUConfig())
    game = entrants.read_config(entrant.run).game
    if not isinstance(game, Gen1OUConfig):
        raise UserError(
            f"{entrant.run}: a run of game={game.name} cannot play on a Showdown server"
        )
    return Gen1OU(game)


def policy_of(entrant: Entrant, game: Gen1OU, temperature: float = 0.0) -> Policy:
    """Who plays; `temperature`: of networks, 0 is greedy. Raises UserError where the game has no such policy, or a file does not fit."""
    record = entrant.record
    if record.kind == MIXTURE:
        members = {n: policy_of(member, game, temperature) for n, member in entrant.members.items()}
        return MixturePolicy(record.name, members, record.arguments["weights"])
    if entrant.directory is not None:
        return wiring.load_policy(game, entrant.directory, PlayMode(temperature))
    kinds = sorted(set(game.policy_kinds()) - {REMOTE_KIND})
    if record.kind not in kinds:
        raise UserError(
            f"{entrant.text!r} is no run directory, no directory with a policy.json, and none of the game's own policies: "
            f"{', '.join(kinds)}"
        )
    return wiring.make_game_policy(game, record.kind, MemberConfig(record.kind, record.arguments))


def check_consent(address: Address, given: argparse.Namespace) -> None:
    """Raises UserError where somebody else's server would be played on unasked, or without a name of one's own."""
    if address.is_local:
        return
    if not given.public_server_allows_bots:
        raise UserError(
            f"{address.host} is not this machine: servers have rules about bots, and accounts are held to them; ask its staff, "
            "then say --public-server-allows-bots (or play on your own: launchers/showdown.sh)"
        )
    if given.name is None:
        raise UserError(
            f"{address.host} is not this machine: say under which name you play, --name"
        )


async def play(
    given: argparse.Namespace, game: Gen1OU, policy: Policy, games: list[PlayedGame]
) -> None:
    """Plays as it was asked to; `games` is filled. A connection that is lost is made again, and the server gives its battles back.

    Raises UserError.
    """
    address = parse_address(given.server)
    name = given.name or f"psro {policy.name}".replace("_", " ")[:LONGEST_NAME]
    # A server of one's own wants no account, and nobody else should hear of a password meant for another.
    password = None if address.is_local else os.environ.get(PASSWORD) or None
    if given.ask_password:
        password = getpass.getpass(f"password of {name} on {address.host}: ")
    teams = game.teams.pool("training")
    style = Style(game.config.format, teams, given.seed, given.at_a_time, given.wait, given.output)
    patience_s = 0.0
    while True:
        client = await _connected(address, name, password, patience_s)
        try:
            if not patience_s:
                await _greet(given, client, style, policy.name)
            player = Player(client, policy, style, _say, games)
            if given.accept:
                await player.accept(given.games, given.only)
            elif given.challenge is not None:
                await player.challenge(given.challenge, given.games or 1)
            else:
                await player.ladder(given.ladder)
            return
        except Dropped as error:
            patience_s = PATIENCE_S
            _say(f"{error}: connecting again")
        finally:
            await client.close()


async def _connected(
    address: Address, name: str, password: str | None, patience_s: float
) -> Client:
    """An open client; a server that went away is waited for. Raises UserError."""
    deadline = time.monotonic() + patience_s
    while True:
        client = Client(address, name, password)
        try:
            await client.open()
            return client
        except (Dropped, NameTaken) as error:
            # The old connection may hold the name for a moment.
            if time.monotonic() > deadline and isinstance(error, NameTaken):
                raise
            if time.monotonic() > deadline:
                raise UserError(
                    f"{error}: start one with launchers/showdown.sh, or name another with --server"
                ) from error
        await asyncio.sleep(AGAIN_S)


async def _greet(given: argparse.Namespace, client: Client, style: Style, playing: str) -> None:
    version = await client.ask_version()
    if version != VERSION:
        _say(
            f"the server is pokemon-showdown {version}, and this program knows {VERSION}: battles may break"
        )
    _say(
        f"{client.username} is on {client.address.url} and plays {playing} in {style.battle_format}"
    )
    if given.accept:
        _say(f"challenge it: /challenge {client.username}, {style.battle_format}")
        if client.address.is_local:
            query = urlencode({"agent": client.username, "format": style.battle_format})
            _say(f"or in a browser: {client.address.page}?{query}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns an exit code."""
    given = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(message)s", force=True)
    games: list[PlayedGame] = []

    def work() -> None:
        check_consent(parse_address(given.server), given)
        if given.name is not None and not 0 < len(user_id(given.name)) <= LONGEST_NAME:
            raise UserError(f"--name {given.name!r}: 1 to {LONGEST_NAME} letters and digits")
        entrant = find_entrant(given.who)
        game = game_of(entrant)
        if given.teams is not None:
            # Nothing is measured here, so no team is held out.
            teams = TeamsConfig(given.teams, held_out_fraction=0.0)
            game = Gen1OU(Gen1OUConfig(format=game.config.format, teams=teams))
        policy = policy_of(entrant, game, given.temperature)
        members = policy.members.values() if isinstance(policy, MixturePolicy) else [policy]
        compile_views(member.view for member in members)
        given.output.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(play(given, game, policy, games))

    code = exit_codes.exit_code_for(ending(work, NOT_KEPT))
    if games:
        _say(summary(games))
    return code


def summary(games: Sequence[PlayedGame]) -> str:
    """All games in a line, with the newest rating."""
    counts = Counter(game.result for game in games)
    told = ", ".join(
        f"{counts[result]} {result}"
        for result in ("won", "lost", "tied", "unfinished")
        if counts[result]
    )
    rating = next((game.rating[1] for game in reversed(games) if game.rating is not None), None)
    return f"{len(games)} games: {told}" + ("" if rating is None else f"; rating {rating}")


def _say(line: str) -> None:
    print(line, flush=True)


def _temperature(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0 <= found < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0")
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m psro.play",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "who", help="such as runs/phase1/seed_0, runs/phase1/seed_0:br_2, gym_leader"
    )
    how = parser.add_mutually_exclusive_group(required=True)
    how.add_argument("--accept", action="store_true", help="accept challenges")
    how.add_argument("--challenge", metavar="USER", help="challenge USER")
    how.add_argument("--ladder", type=at_least_one, metavar="N", help="play N ladder games")
    add: Any = parser.add_argument
    add(
        "--games",
        type=at_least_one,
        help="how many with --accept (default: until Ctrl-C) or --challenge (default: 1)",
    )
    add("--only", metavar="USER", help="with --accept: nobody else's challenges")
    add(
        "--at-a-time",
        type=at_least_one,
        default=1,
        help="with --accept: battles at once (default: %(default)s)",
    )
    add(
        "--server",
        default=DEFAULT_ADDRESS,
        help="host:port, ws://..., or showdown (default: %(default)s)",
    )
    add("--name", help="at most 18 letters and digits (default: psro and the policy's name)")
    add(
        "--wait",
        type=at_least_one,
        default=300,
        metavar="SECONDS",
        help="with --challenge, --ladder: how long an opponent is waited for (default: %(default)s)",
    )
    add(
        "--temperature",
        type=_temperature,
        default=0.0,
        help="of networks: 0 plays greedily, 1 as metamon's agents are meant to be played (default: %(default)s)",
    )
    add("--ask-password", action="store_true", help="of the account --name")
    add("--public-server-allows-bots", action="store_true", help="you asked, and may play there")
    add(
        "--teams",
        help="competitive, variety or a directory of *.gen1ou_team files (default: the run's)",
    )
    add(
        "--seed",
        type=int,
        default=time.time_ns() % 2**31,
        help="of draws of teams, mixture and moves (default: the clock)",
    )
    add(
        "--output",
        type=Path,
        default=OUTPUT,
        help="for replays and games.jsonl (default: %(default)s)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
