"""Where a Showdown server is."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from psro.machine.errors import UserError

OFFICIAL = "sim3.psim.us"
"""The host of `showdown`, the public server that everybody means (as poke-env names it)."""
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
WEBSOCKET = "/showdown/websocket"
"""SockJS's raw websocket (PROTOCOL.md of the server)."""
_ADDRESS = re.compile(r"(?:(wss?)://)?(\[[0-9a-fA-F:]+\]|[\w.-]+)(?::(\d{1,5}))?(/\S*)?")


@dataclass(frozen=True)
class Address:
    """A server's websocket."""

    url: str
    host: str

    @property
    def is_local(self) -> bool:
        """On this machine: nobody else is asked for anything."""
        return self.host in LOCAL_HOSTS

    @property
    def page(self) -> str:
        """Where a browser plays, on a server of launchers/showdown.sh."""
        return f"http://{urlsplit(self.url).netloc}/play.html"


def parse_address(text: str) -> Address:
    """`8000`, `127.0.0.1:8000`, `ws://host:port/showdown/websocket`, or `showdown`. Raises UserError for anything else."""
    if text == "showdown":
        return Address(f"wss://{OFFICIAL}{WEBSOCKET}", OFFICIAL)
    if text.isdigit():
        text = f"127.0.0.1:{text}"
    match = _ADDRESS.fullmatch(text)
    port = int(match[3]) if match and match[3] else 8000
    if match is None or not 0 < port < 65536:
        raise UserError(
            f"{text!r} is no server's address: give host:port, such as 127.0.0.1:8000, its whole websocket, such as "
            f"ws://127.0.0.1:8000{WEBSOCKET}, or showdown"
        )
    scheme, host, _, path = match.groups()
    where = f"{host}:{port}" if match[3] or scheme is None else host
    return Address(f"{scheme or 'ws'}://{where}{path or WEBSOCKET}", host)
