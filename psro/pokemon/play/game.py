"""What came of a battle on a server, and the files that it leaves: the replay and a line of games.jsonl."""

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from psro.game.battles import Outcome
from psro.machine.durable import atomic_write
from psro.pokemon.replays.page import page
from psro.pokemon.replays.showdown_log import ReplayedBattle
from psro.pokemon.server.events import user_id
from psro.pokemon.server.room import Room
from psro.pokemon.teams.export import Team, pack

GAMES = "games.jsonl"
UNTOLD = frozenset({"title", "j", "J", "l", "L", "n", "N", "c", "c:", "init", "deinit", "t:", "raw", "html", "inactive", "inactiveoff", "expire", "askreg"})  # fmt: skip
"""Lines that are no part of a replay: visitors, talk, the clock."""
_RATING = re.compile(
    r"^\|raw\|(?P<name>.+)'s rating: (?P<before>\d+) &rarr; <strong>(?P<after>\d+)"
)


@dataclass(frozen=True)
class PlayedGame:
    """One battle, from our side."""

    room: str
    opponent: str
    policy: str
    """Who played it; of a mixture, the drawn member."""
    team: str
    result: str
    """won, lost, tied, or unfinished: no result."""
    how: str
    """played, forfeit, inactive, or what broke it."""
    num_turns: int
    rating: tuple[int, int] | None
    """Ours on the ladder, before and after; None where none was told."""
    replay: str

    @property
    def line(self) -> str:
        """For people."""
        how = "" if self.how == "played" else f" ({self.how})"
        rating = "" if self.rating is None else f"; rating {self.rating[0]} -> {self.rating[1]}"
        against = f"against {self.opponent or '(nobody)'} with {self.policy} and team {self.team}"
        return f"{self.result}{how} in {self.num_turns} turns {against}{rating}; {self.replay}"


def rating_in(lines: list[str], name: str) -> tuple[int, int] | None:
    """Our rating (before, after) as the ladder tells it at the end of a battle."""
    for line in lines:
        if (found := _RATING.match(line)) and user_id(found["name"]) == user_id(name):
            return int(found["before"]), int(found["after"])
    return None


def write_replay(directory: Path, room: Room, team: Team, policy: str, score: float | None) -> Path:
    """Writes `<room>.log` and `<room>.html`, as we saw the battle: our HP exact, the other's in percent. Returns the page."""
    lines = [line for line in room.log if [*line.split("|"), ""][1] not in UNTOLD]
    players = [room.players.get(place, "?") for place in ("p1", "p2")]
    role = next((n for n, name in enumerate(players) if user_id(name) == user_id(room.own)), 0)
    teams, starts = ["", ""], ["", ""]
    teams[role], starts[role] = pack(team), f"{policy}, {team.name}"  # "" is an unknown team's
    own = 0.5 if score is None else score
    outcome = Outcome(
        0, (players[0], players[1]), own if role == 0 else 1 - own, room.turn, (0, 0), (starts[0], starts[1])
    )  # fmt: skip
    battle = ReplayedBattle(
        outcome, (players[0], players[1]), (teams[0], teams[1]), tuple(lines), is_over=score is not None
    )  # fmt: skip
    atomic_write(directory / f"{room.id}.log", ("\n".join(lines) + "\n").encode())
    path = directory / f"{room.id}.html"
    atomic_write(path, page(battle, room.id).encode())
    return path


def append(directory: Path, game: PlayedGame) -> None:
    """Adds a line to games.jsonl."""
    with (directory / GAMES).open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(game), ensure_ascii=False) + "\n")
