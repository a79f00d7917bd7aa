"""Our own trajectories → files in metamon's parsed-replay format, under names that its reader accepts."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lz4.frame
import orjson

from psro.game.trajectories import Episode, Trajectories
from psro.machine.durable import atomic_write
from psro.pokemon.observations.records.spec import RECORD_VIEW
from psro.pokemon.parsed_replays.actions import MISSING
from psro.pokemon.parsed_replays.file_names import UNRATED, ReplayName
from psro.pokemon.parsed_replays.state_of_record import FORMAT, StateWriter


def write_parsed_replays(
    directory: Path, played: Trajectories, date: str, compressed: bool = True
) -> Iterator[Path]:
    """Writes each episode of `played` as a file of `directory`/gen1ou; yields the paths.

    played: sighting records, with `finals`. date: MM-DD-YYYY, or MM-DD-YYYY-HH:MM:SS. Raises ValueError for other trajectories.
    """
    if played.spec.name != RECORD_VIEW or played.finals is None:
        raise ValueError("parsed replays are written from sighting records with their finals")
    for place, episode in enumerate(played.episodes):
        battle = orjson.dumps(_battle(played, place))
        ending = ".json.lz4" if compressed else ".json"
        path = directory / FORMAT / f"{_name(episode, date)}{ending}"
        atomic_write(path, lz4.frame.compress(battle) if compressed else battle)
        yield path


def _battle(played: Trajectories, place: int) -> dict[str, Any]:
    """An episode as metamon's JSON; one more −1 stands for the action after the end."""
    assert played.finals is not None
    rows = slice(int(played.offsets[place]), int(played.offsets[place + 1]))
    writer = StateWriter()
    states = [writer.state(record) for record in played.observations[RECORD_VIEW][rows]]
    states.append(writer.state(played.finals[place], played.episodes[place].score))
    return {"states": states, "actions": [*played.actions[rows].tolist(), MISSING]}


def _name(episode: Episode, date: str) -> ReplayName:
    battle_id = f"psro-{FORMAT}-{episode.seed}{episode.side}"
    won = episode.score == 1
    return ReplayName(battle_id, UNRATED, episode.policy, episode.opponent, date, won)
