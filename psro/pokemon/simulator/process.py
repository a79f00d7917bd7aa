"""The Python side of host.js: one Node process that plays many battles, asked in batches."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from psro.pokemon.simulator.node import NodeInstallation
from psro.pokemon.simulator.node_process import NodeProcess

Command = tuple[Any, ...]
"""("start", lane, format, seed, team0, team1, sides), ("choose", lane, side, choice), ("end", lane)"""

HOST = Path(__file__).with_name("host.js")


class LaneUpdate(NamedTuple):
    """What a batch did to one lane; host.js documents the fields."""

    lane: int
    turn: int
    lines0: list[str]
    lines1: list[str]
    request0: dict[str, Any] | None
    request1: dict[str, Any] | None
    winner: int | None
    """None while the battle lasts; 0 or 1, or −1 for a tie."""
    error: str | None
    """What the simulator refused or how it broke; the lane is free again."""


def simulator_seed(seed: int) -> str:
    """The simulator's own notation of a 64-bit seed.

    It chooses the linear congruential generator of the Gen 5 games (`Gen5RNG` of sim/prng.js): 64 bits of state, and
    several times faster in JavaScript than the other choice, ChaCha20.
    """
    return f"gen5,{seed & (2**64 - 1):016x}"


class SimulatorProcess(NodeProcess):
    """One Node process running host.js. Ends when it is closed, and when this process ends, however it does."""

    def __init__(self, node: NodeInstallation, plain: bool = False):
        """Starts the process and waits for its greeting; `plain`: without the shortcuts of shortcuts.js.

        Raises UserError with what Node said when it refuses to start, SimulatorDied when it is killed meanwhile.
        """
        super().__init__(node, HOST, plain)

    def run(self, commands: Sequence[Command]) -> list[LaneUpdate]:
        """Carries out a batch to completion: one update per lane it moved, in the order first named.

        Raises SimulatorDied when the process is gone or hung; every battle in it is then lost.
        """
        self.send(commands)
        return [LaneUpdate(*row) for row in self.receive_line()]
