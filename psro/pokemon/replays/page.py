"""A battle as a page: Showdown's own replay of it where there is a network, and the same in words where there is none.

The page is laid out as the one that Showdown's "Download replay" gives (createReplayFile of its client's battle-log.ts): its script
replay-embed.js takes the log from the script element and plays it in the elements `battle`, `battle-log` and `replay-controls`.
"""

from html import escape

from psro.pokemon.replays.showdown_log import ReplayedBattle
from psro.pokemon.replays.words import in_words

EMBED = "https://play.pokemonshowdown.com/js/replay-embed.js"
_STYLE = """\
html, body { font-family: Verdana, sans-serif; font-size: 10pt; margin: 0; padding: 0; }
body { padding: 12px 0; }
h1 { font-weight: normal; text-align: center; font-size: 14pt; }
.in-words { max-width: 900px; margin: 24px auto; padding: 0 12px; }
.in-words pre { white-space: pre-wrap; font-size: 9pt; line-height: 1.5; }"""


def page(battle: ReplayedBattle, replay_id: str) -> str:
    """HTML. `replay_id`: what the player calls the replay (its download, its links)."""
    # A slash is escaped as Showdown does it, so that no text ends the script element; replay-embed.js takes it back.
    log = "\n".join(battle.lines).replace("/", "\\/")
    heading = f"<strong>[Gen 1] OU</strong><br />{escape(battle.title)}"
    return f"""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
<title>{escape(battle.title)}: {escape(battle.result)}</title>
<style>
{_STYLE}
</style>
</head>
<body>
<div class="wrapper replay-wrapper" style="max-width:1180px;margin:0 auto">
<input type="hidden" name="replayid" value="{escape(replay_id)}" />
<div class="battle"></div><div class="battle-log"></div><div class="replay-controls"></div><div class="replay-controls-2"></div>
<h1>{heading}</h1>
<script type="text/plain" class="battle-log-data">{log}</script>
</div>
<div class="in-words">
<h2>In words</h2>
<pre>{escape(text(battle))}</pre>
</div>
<script src="{EMBED}"></script>
</body>
</html>
"""


def text(battle: ReplayedBattle) -> str:
    """The battle in words: who, with what, turn by turn, how it ended."""
    lines = [battle.title, "; ".join(filter(None, (battle.result, battle.source))), ""]
    for player, team in zip(battle.players, battle.teams, strict=True):
        lines += [f"{player}'s team", *_members(team), ""]
    told = in_words(battle.lines)
    for line in told:
        lines += ["", line] if line.startswith("Turn ") else [line]
    return "\n".join(lines)


def _members(packed: str) -> list[str]:
    """`  Tauros: bodyslam, hyperbeam, …`, one line per Pokémon of a packed team (sim/teams.js), which may be unknown ("")."""
    if not packed:
        return ["  (its own)"]
    sets = (one.split("|") for one in packed.split("]"))
    return [f"  {each[1] or each[0]}: {each[4].replace(',', ', ')}" for each in sets]
