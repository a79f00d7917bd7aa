"""How long a bot on a server is waited for: its time runs only while it could take a challenge and does not."""

import pytest

from psro.machine.errors import UserError
from psro.pokemon.arenas import server_remotes
from psro.pokemon.arenas.server_remotes import Remote, Remotes
from psro.pokemon.server.address import parse_address
from psro.pokemon.server.config import ServerConfig

ABSENT = "The user 'Some Bot' was not found."
SILENT = "it did not answer"


class Clock:
    """In place of the module `time`."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(server_remotes, "time", made)
    return made


@pytest.fixture
def bot(clock: Clock) -> Remote:
    config = ServerConfig(challenge_s=10.0, absent_s=5.0)
    remotes = Remotes(parse_address("8000"), config)
    assert remotes.of("Some Bot") is remotes.of("Some Bot"), "all lanes know the same"
    return remotes.of("Some Bot")


def test_an_absent_bot_is_told_of_at_once_and_once_and_waited_for(
    bot: Remote, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    with bot.waiting():
        bot.refused(ABSENT, "gen1ou")
        assert "Some Bot is not on ws://127.0.0.1:8000" in caplog.text
        clock.now += 4
        bot.refused(ABSENT, "gen1ou")
        assert len(caplog.records) == 1
        clock.now += 2
        with pytest.raises(
            UserError, match=r"'Some Bot' was not on .* for 5 s \(game\.server\.abs"
        ):
            bot.refused(ABSENT, "gen1ou")


def test_a_bot_that_comes_back_has_all_its_time(bot: Remote, clock: Clock) -> None:
    with bot.waiting():
        for _ in range(3):
            bot.refused(ABSENT, "gen1ou")
            clock.now += 4
            bot.refused("it is busy", "gen1ou")
            clock.now += 4
            assert bot.left_s > 0


def test_a_bot_that_takes_nothing_is_named_with_its_reason(bot: Remote, clock: Clock) -> None:
    with bot.waiting():
        clock.now += 9
        bot.refused(SILENT, "gen1ou")
        clock.now += 1
        with pytest.raises(UserError, match=r"took no challenge in gen1ou for 10 s .*: it did not"):
            bot.refused(SILENT, "gen1ou")


def test_a_bot_that_plays_with_one_lane_may_keep_the_others_waiting(
    bot: Remote, clock: Clock
) -> None:
    with bot.waiting():
        with bot.waiting():
            bot.began()
        clock.now += 1000
        bot.refused(SILENT, "gen1ou")
        bot.ended()
        clock.now += 9
        bot.refused(SILENT, "gen1ou")
        clock.now += 2
        with pytest.raises(UserError, match="took no challenge"):
            bot.refused(SILENT, "gen1ou")


def test_time_in_which_nobody_asked_does_not_count(bot: Remote, clock: Clock) -> None:
    with bot.waiting():
        clock.now += 9
    clock.now += 1000
    with bot.waiting():
        assert bot.left_s == 10
        bot.refused(SILENT, "gen1ou")
