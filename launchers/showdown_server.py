"""A Pokémon Showdown server on this machine only, from node_modules; Ctrl-C ends it.

    python launchers/showdown_server.py [PORT]

For battles over a websocket (a person against a policy, arena=server, remote policies, poke-env clients). Other runs do not need
it. No registration, no passwords: it listens on 127.0.0.1 alone, and serves a page of our own to play on, /play.html: Showdown's
client is no part of the npm package, which sends browsers to the network for it.
"""

import argparse
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

from psro.machine import exit_codes
from psro.machine.errors import UserError
from psro.pokemon.simulator.node import NodeInstallation, find_node

HOST = "127.0.0.1"
DEFAULT_PORT = 8000
PAGE = Path(__file__).with_name("page")
"""What a browser plays on."""
STARTUP_S = 120.0
"""Longest a start may take; it compiles nothing, but reads every format."""


def prepare(package: Path) -> None:
    """Write what the server needs beside it: its config, bound to this machine, our page, and some folders.

    Raises: UserError if `package` is not a whole pokemon-showdown.
    """
    example = package / "config" / "config-example.js"
    if not example.exists():
        raise UserError(f"{example} is missing: run `make setup`")
    config = package / "config" / "config.js"
    # Every start writes it again, so that no older one can open the server to the network.
    shutil.copyfile(example, config)
    with config.open("a") as file:
        file.write(f"\nexports.bindaddress = '{HOST}';\nexports.repl = false;\n")
    for page in PAGE.iterdir():
        shutil.copyfile(page, package / "server" / "static" / page.name)
    for folder in ("logs/repl", "config/chat-plugins"):  # the npm package lacks them
        (package / folder).mkdir(parents=True, exist_ok=True)


def start(
    node: NodeInstallation,
    port: int,
    options: Sequence[str] = ("--no-security",),
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start the server and wait until it answers.

    options: no accounts and no limits on how fast a user may act, unless others are given. environment: None for ours.
    Raises: UserError if it ends or does not answer within STARTUP_S.
    """
    prepare(node.simulator)
    arguments = ["start", *options, "--skip-build", str(port)]
    server = subprocess.Popen(
        [str(node.executable), "pokemon-showdown", *arguments], cwd=node.simulator, env=environment
    )
    try:
        _wait_until_answering(server, port)
    except BaseException:
        stop(server)
        raise
    return server


def _wait_until_answering(server: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + STARTUP_S
    while not is_answering(port):
        if server.poll() is not None:
            raise UserError(
                f"the server ended with exit code {server.returncode} before it answered: see above"
            )
        if time.monotonic() > deadline:
            raise UserError(f"the server did not answer on port {port} within {STARTUP_S:.0f} s")
        time.sleep(0.2)


def stop(server: subprocess.Popen[bytes]) -> None:
    """End it, by force after ten seconds."""
    server.terminate()
    try:
        server.wait(timeout=10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def is_answering(port: int) -> bool:
    """True if an HTTP server answers on this machine's `port`."""
    # No proxy: this machine's own port must not be asked for elsewhere.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://{HOST}:{port}/", timeout=5):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is none: 1 to 65535")
    return int(text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code: 0 after Ctrl-C or SIGTERM, 2 with one line if it cannot start, else the server's."""
    parser = argparse.ArgumentParser(description="A Pokemon Showdown server on this machine only.")
    parser.add_argument("port", nargs="?", type=_port, default=DEFAULT_PORT, help="default: 8000")
    port = parser.parse_args(arguments).port
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    server = None
    try:
        if is_answering(port):
            raise UserError(f"something answers on port {port} already: name another port")
        server = start(find_node(), port)
        print(
            f"showdown: ready at ws://{HOST}:{port}/showdown/websocket; to play in a browser: "
            f"http://{HOST}:{port}/play.html; Ctrl-C ends it",
            flush=True,
        )
        return server.wait()
    except UserError as error:
        print(f"showdown: {error}", file=sys.stderr)
        return exit_codes.USER_ERROR
    except KeyboardInterrupt:
        return exit_codes.DONE
    finally:
        if server is not None:
            stop(server)


if __name__ == "__main__":
    sys.exit(main())
