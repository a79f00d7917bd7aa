"""One Showdown server for a module of tests, and a way to it that a test may cut."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator

import pytest

from launchers import showdown_server
from psro.pokemon.simulator.node import find_node
from tests.launchers.test_showdown_server import free_port


class RealServer:
    """Showdown's own, from node_modules, on a free port of this machine."""

    def __init__(self) -> None:
        self.port = free_port()
        self.start()

    def start(self) -> None:
        """Starts it and waits until it answers; again after `kill`."""
        self._process = showdown_server.start(find_node(), self.port)

    def kill(self) -> None:
        """At once, as the kernel does."""
        self._process.kill()
        self._process.wait()


@pytest.fixture(scope="module")
def server() -> Iterator[RealServer]:
    """One for a module."""
    made = RealServer()
    yield made
    made.kill()


@pytest.fixture(scope="module")
def port(server: RealServer) -> int:
    """The server's."""
    return server.port


class Wire:
    """A way to a server through a port of its own; `cut` breaks every connection over it, as a network does."""

    def __init__(self, server_port: int):
        self.port = free_port()
        self._server_port = server_port
        self._loop = asyncio.new_event_loop()
        self._writers: list[asyncio.StreamWriter] = []
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._ready.wait()

    @property
    def num_open(self) -> int:
        """Connections over it, each counted at both of its ends."""
        return sum(not writer.is_closing() for writer in self._writers)

    def cut(self) -> None:
        self._loop.call_soon_threadsafe(self._cut)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _cut(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(asyncio.start_server(self._join, "127.0.0.1", self.port))
        self._ready.set()
        self._loop.run_forever()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._server_port)
        except OSError:  # the server is away
            writer.transport.abort()
            return
        self._writers += [writer, far_writer]
        await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(1 << 16):
                writer.write(data)
                await writer.drain()
        writer.close()


@pytest.fixture
def wire(port: int) -> Iterator[Wire]:
    made = Wire(port)
    yield made
    made.close()
