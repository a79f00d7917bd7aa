"""Replay files: the log as Showdown has it, and a page that its player finds its way in."""

import html
import re

import pytest

from psro.game.battles import Outcome
from psro.game.replays import file_name
from psro.machine.errors import UserError
from psro.pokemon.engine.layout import TURN, WINNER
from psro.pokemon.replays import write
from psro.pokemon.replays.write import write_replays
from tests.pokemon.engine.random_logs import random_log


def battle(number):
    log, final = random_log(number)
    score = {0: 1.0, 1: 0.0}.get(int(final[WINNER]), 0.5)
    return Outcome(
        number, ("br/1", "max power"), score, int(final[TURN]), (0, 0), ("a", "<b>")
    ), log


def test_log_and_page(tmp_path):
    battles = {file_name(number, battle(number)[0]): battle(number) for number in range(2)}
    written = write_replays(tmp_path / "some/where", battles)
    assert [path.name for path, _ in written] == [
        "000_br_1_vs_max_power_0.html",
        "001_br_1_vs_max_power_1.html",
    ]
    for (path, about), (outcome, _) in zip(written, battles.values(), strict=True):
        assert about.startswith("br/1 (a) vs. max power (<b>): ")
        assert about.endswith(f" in {outcome.num_turns} turns")
        page, log = path.read_text(), path.with_suffix(".log").read_text()
        data = re.search(
            r'<script type="text/plain" class="battle-log-data">(.*?)</script>', page, re.DOTALL
        )
        assert data is not None
        assert "/" not in data[1].replace("\\/", ""), "no text ends the script element"
        assert data[1].replace("\\/", "/") + "\n" == log
        for part in ("battle", "battle-log", "replay-controls", "replay-controls-2"):
            assert f'<div class="{part}"></div>' in page
        assert '<script src="https://play.pokemonshowdown.com/js/replay-embed.js">' in page
        assert "<title>br/1 (a) vs. max power (&lt;b&gt;)" in page
        words = html.unescape(page[page.index("<pre>") :])
        assert f"Turn {outcome.num_turns}\n" in words
        assert "max power's team\n  " in words


def test_without_node_the_user_is_told(tmp_path, monkeypatch):
    def no_node():
        raise UserError("battles need Node 18 or newer, found none: run `make setup`")

    monkeypatch.setattr(write, "find_node", no_node)
    with pytest.raises(UserError, match="need Node"):
        write_replays(tmp_path, {"it": battle(0)})
    assert not list(tmp_path.iterdir())
