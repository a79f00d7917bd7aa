"""Tasks are over afterwards, also those that miss the first time they are cancelled."""

import asyncio

from psro.pokemon.server.ending import cancel


def test_a_task_that_goes_on_when_it_is_cancelled_is_cancelled_again() -> None:
    async def stubborn() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            await asyncio.sleep(60)

    async def fails() -> None:
        raise ValueError

    async def both() -> list[bool]:
        tasks = [asyncio.ensure_future(stubborn()), asyncio.ensure_future(fails())]
        await asyncio.sleep(0)
        await cancel(tasks)
        return [task.done() for task in tasks]

    assert asyncio.run(both()) == [True, True]
