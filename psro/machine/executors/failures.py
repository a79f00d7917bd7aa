"""What the user reads of a unit that failed, and how to run it by itself."""

from collections.abc import Callable

from psro.machine.units import Unit

AloneHint = Callable[[Unit], str]
"""Unit → what to type to run it alone, in words that end a sentence."""


def in_this_process(unit: Unit) -> str:
    """The hint of whoever knows no better."""
    return "the same command with executor=serial runs it in this process"


def failure_message(unit: Unit, trace: str, alone_hint: AloneHint) -> str:
    """Of a unit that raised. It is a pure function, so once is enough: it would raise again."""
    return (
        f"unit {unit.key!r} ({unit.kind}, for {unit.result}) failed; what others finished is "
        f"saved. To run it alone: {alone_hint(unit)}. Its traceback:\n{trace}"
    )


def death_message(unit: Unit, num_deaths: int, reason: str, alone_hint: AloneHint) -> str:
    """Of a unit that took `num_deaths` workers with it, the last for `reason`."""
    return (
        f"{num_deaths} workers died running unit {unit.key!r} ({unit.kind}, for {unit.result}), the "
        f"last {reason}. Killed by SIGKILL often means out of memory: use fewer workers or smaller "
        "batches. One that is slow, not hung, needs a larger executor.hang_s. To run it alone: "
        f"{alone_hint(unit)}"
    )
