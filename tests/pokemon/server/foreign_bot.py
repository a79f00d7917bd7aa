"""A bot that is not ours, in a process of its own: poke-env's random player accepts challenges under a name, for ever.

python foreign_bot.py <port> <name> <packed team>
"""

import asyncio
import sys

from poke_env import AccountConfiguration, ServerConfiguration
from poke_env.player import RandomPlayer


async def main(port: str, name: str, team: str) -> None:
    player = RandomPlayer(
        AccountConfiguration(name, None),
        battle_format="gen1ou",
        server_configuration=ServerConfiguration(
            f"ws://127.0.0.1:{port}/showdown/websocket", "http://127.0.0.1/"
        ),
        team=team,
        max_concurrent_battles=4,
        open_timeout=None,
    )
    await player.ps_client.wait_for_login(wait_for=300)
    print("ready", flush=True)
    await player.accept_challenges(None, 10**6)


asyncio.run(main(*sys.argv[1:]))
