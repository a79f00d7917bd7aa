"""A protocol log in words: nothing is lost, and nothing of the protocol is left to read."""

import pytest

from psro.pokemon.engine.judge.matchups import matchup
from psro.pokemon.engine.judge.process import JudgeProcess
from psro.pokemon.replays.words import in_words
from psro.pokemon.simulator.node import find_node

LOG = """
|gametype|singles
|player|p1|br_1||
|player|p2|grunt||
|rule|Sleep Clause Mod: Limit one foe put to sleep
|
|start
|switch|p1a: Tauros|Tauros|353/353
|switch|p2a: Chansey|Chansey, L80|513/513 par
|turn|1
|move|p1a: Tauros|Body Slam|p2a: Chansey
|-crit|p2a: Chansey
|-damage|p2a: Chansey|300/513 par
|cant|p2a: Chansey|par
|-damage|p2a: Chansey|262/513 par|[from] brn|[of] p1a: Tauros
|upkeep
|turn|2
|move|p2a: Chansey|Metronome|p1a: Tauros
|move|p2a: Chansey|Swords Dance|p2a: Chansey|[from] Metronome
|-boost|p2a: Chansey|spa|2
|-boost|p2a: Chansey|spd|2
|-curestatus|p2a: Chansey|par|[silent]
|-end|p2a: Chansey|Substitute
|-damage|p2a: Chansey|0 fnt
|faint|p2a: Chansey
|-newthing|p2a: Chansey
|win|br_1
"""


def test_what_is_said():
    assert in_words(LOG.strip().splitlines()) == [
        "  br_1 sends out Tauros [353/353]",
        "  grunt sends out Chansey [513/513, paralyzed]",
        "Turn 1",
        "  br_1's Tauros uses Body Slam",
        "    a critical hit",
        "    grunt's Chansey: 513 → 300 of 513 HP (-213)",
        "  grunt's Chansey is fully paralyzed",
        "    grunt's Chansey: 300 → 262 of 513 HP (-38, by its burn)",
        "Turn 2",
        "  grunt's Chansey uses Metronome",
        "  grunt's Chansey uses Swords Dance (from Metronome)",
        "    grunt's Chansey: Special +2",
        "    grunt's Chansey is no longer paralyzed",
        "    grunt's Chansey: Substitute is over",
        "    grunt's Chansey: 262 → 0 of 513 HP (-262)",
        "  grunt's Chansey faints",
        "    [|-newthing|p2a: Chansey]",
        "br_1 wins",
    ]


@pytest.fixture(scope="module")
def judge():
    judge = JudgeProcess(find_node(), plain=True)
    yield judge
    judge.close()


def test_there_are_words_for_all_that_happens(judge):
    """Whatever the proof's battles bring up; lines without words would be shown in brackets."""
    for number in range(15):
        drawn = matchup(43, number)
        judge.send_play(drawn.seed, drawn.teams, drawn.policies, drawn.policy_seeds)
        lines, _ = judge.watch(judge.receive().record, ("a", "b"))
        told = in_words(lines)
        assert not [text for text in told if text.startswith("    [|")]
        assert not [text for text in told if "|" in text or "p1a" in text or "p2a" in text]
        assert len([text for text in told if text.startswith("Turn ")]) > 0
