"""Tasks that must be over before anything else happens."""

import asyncio
from collections.abc import Iterable
from typing import Any

AGAIN_S = 0.1
"""After so long a task that goes on is cancelled once more."""


async def cancel(tasks: Iterable[asyncio.Future[Any]]) -> None:
    """Cancels all and waits until they are over; what they raise is dropped.

    Once is not enough: `asyncio.wait_for` of Python 3.11 forgets that it was cancelled when what it waits for comes at the same
    moment (cpython issue 86296), and its task goes on.
    """
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        done, pending = await asyncio.wait(pending, timeout=AGAIN_S)
        for task in done:
            if not task.cancelled():
                task.exception()  # read, so that nobody is told of it
