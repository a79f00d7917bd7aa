"""What a battle on a server leaves behind: a page that says, without a network, what happened and no more."""

from pathlib import Path

import pytest

from psro.pokemon.play.game import write_replay
from psro.pokemon.server.room import Room
from psro.pokemon.teams.export import PokemonSet, Team

LINES = [
    "|init|battle",
    "|title|me vs. you",
    "|j|☆me",
    "|player|p1|me|1|",
    "|player|p2|you|2|",
    "|rated|",
    "|start",
    "|switch|p1a: Tauros|Tauros|353/353",
    "|switch|p2a: Chansey|Chansey|100/100",
    "|turn|1",
    "|c|you|hello",
    "|move|p1a: Tauros|Body Slam|p2a: Chansey",
    "|-damage|p2a: Chansey|60/100",
]


@pytest.mark.parametrize(
    ("score", "said"),
    [(1.0, "me wins in 7 turns"), (0.5, "a tie after 7 turns"), (None, "unfinished after 7 turns")],
)
def test_the_page_says_how_it_ended_and_what_is_known(
    tmp_path: Path, score: float | None, said: str
) -> None:
    room = Room("battle-gen1ou-1", "me", log=LINES, players={"p1": "me", "p2": "you"}, turn=7)
    team = Team("mine", (PokemonSet("Tauros", ("bodyslam",)),))
    page = write_replay(tmp_path, room, team, "gym_leader", score).read_text()
    words = page.partition("<pre>")[2].partition("</pre>")[0]
    assert words.splitlines()[:2] == ["me (gym_leader, mine) vs. you", said]
    assert "Tauros: bodyslam" in words
    assert "you&#x27;s team\n  (its own)" in words
    assert "Chansey: 100 → 60 of 100 HP" in words
    assert "|" not in words, "every line is in words"
    log = (tmp_path / "battle-gen1ou-1.log").read_text()
    assert "|rated|\n" in log
    assert "hello" not in log
