"""Replays as files: `<name>.log`, the protocol, and `<name>.html`, the page."""

from collections.abc import Mapping
from pathlib import Path

from psro.game.battles import Outcome
from psro.machine.durable import atomic_write
from psro.pokemon.engine.battle_log import BattleLog
from psro.pokemon.engine.judge.process import JudgeProcess
from psro.pokemon.replays.page import page
from psro.pokemon.replays.showdown_log import replay
from psro.pokemon.simulator.node import find_node


def write_replays(
    directory: Path, battles: Mapping[str, tuple[Outcome, BattleLog]]
) -> list[tuple[Path, str]]:
    """Writes both files of each battle, by name, into `directory`.

    Returns (the page, the battle in a line) in the order given. Raises UserError where Node is missing, where a battle is not
    Showdown's, or where a file cannot be written.
    """
    written = []
    # Showdown as it is installed, without the house's shortcuts.
    judge = JudgeProcess(find_node(), plain=True)
    try:
        for name, (outcome, log) in battles.items():
            battle = replay(judge, outcome, log)
            atomic_write(directory / f"{name}.log", ("\n".join(battle.lines) + "\n").encode())
            path = directory / f"{name}.html"
            atomic_write(path, page(battle, f"gen1ou-{outcome.seed}").encode())
            written.append((path, f"{battle.title}: {battle.result}"))
    finally:
        judge.close()
    return written
