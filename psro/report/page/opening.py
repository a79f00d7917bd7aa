"""The top of the page: what this run is, what came of it, and the numbers one asks for first."""

from datetime import UTC, datetime
from html import escape

from psro.machine.manifest import FAILED, Manifest
from psro.report.drawing.plane import percent
from psro.report.findings import Findings
from psro.report.gain_tables import headline_text
from psro.report.headlines import is_of_best_response
from psro.report.page.elements import inline, operational, paragraph
from psro.report.result import result_sentences
from psro.report.status.lives import lives_of, seconds_of
from psro.report.tables import SHOWN_WEIGHT, weight_rows
from psro.report.text import count_text, duration_text, interval_of, interval_text, percent_text

GAMES = {
    "gen1ou": "battles of Pokémon's first generation (Gen 1 OU)",
    "kuhn": "Kuhn poker",
    "leduc": "Leduc poker",
    "matrix": "a game given by its matrix of scores",
}
MOST_CHIPS = {"kuhn": 2, "leduc": 13}
"""What a game's variant, or else its name, means in the config; another one is called by it."""
MOST_NAMED = 3


def opening(findings: Findings, name: str, interim: bool) -> str:
    """Title, state, what it is, the first numbers, and the result in sentences."""
    state = _unfinished(findings.manifest) if interim else _finished(findings)
    return "\n".join(
        [
            f"<h1>PSRO run {escape(name)}</h1>",
            operational(paragraph(state, "state interim" if interim else "state")),
            *map(paragraph, _introduction(findings)),
            _tiles(findings),
            *map(paragraph, result_sentences(findings)),
        ]
    )


def _unfinished(manifest: Manifest) -> str:
    at = manifest.position
    where = f"{at['phase']}, iteration {at['iteration']}"
    if manifest.status == FAILED:
        why = manifest.history[-1].note if manifest.history else "it did not say why"
        return f"The run FAILED in {where} ({why}). This page is as far as it came; the same command goes on from there."
    return f"The run is not over: it is at {where}. This page is as far as it is."


def _finished(findings: Findings) -> str:
    """Also of a run that is writing this very report, as the last that it does."""
    manifest = findings.manifest
    times = [span.ended for span in findings.spans]
    times += [seconds_of(entry) for entry in manifest.history]
    ended = datetime.fromtimestamp(max(times), UTC).strftime("%Y-%m-%d") if times else ""
    seed = manifest.config.get("seed", "–")
    return f"Finished {ended} · seed {seed} · code {manifest.code_version}"


def _introduction(findings: Findings) -> list[str]:
    config = findings.manifest.config
    game = config.get("game.variant", config.get("game.name", "its game"))
    noise = (
        "In this game win rates are computed, not played, so most numbers are exact."
        if findings.is_exact
        else "Every number comes from a limited number of battles, so each stands with the interval in which the true "
        "value plausibly lies."
    )
    return [
        f"This run looks for a way to play {GAMES.get(game, game)} that no opponent can take advantage of, by PSRO "
        "(Policy Space Response Oracles). It keeps a population of policies, lets each play against each, and works out "
        "from the win rates how to mix them so that none of them beats the mixture: that mixture is called σ. Then it "
        "trains a new policy for no other purpose than to beat σ, adds it to the population, and begins again.",
        "The question to ask of every iteration is: how much does a policy that was trained to beat σ really win "
        f"against it? Less is better; 0 would be perfect play. {noise}{_unit(game)}",
    ]


def _unit(game: str) -> str:
    """What a win rate is where hands are won by chips; psro/toys/tree_game.py has the rule."""
    if game not in MOST_CHIPS:
        return ""
    most = MOST_CHIPS[game]
    return (
        f" A win rate is \N{VULGAR FRACTION ONE HALF} + the chips won per hand / {2 * most} here, for {most} are the most that can be won, so a gain of "
        f"0.01 against σ is {0.02 * most:g} chips a hand, and a NashConv of {0.04 * most:g} chips."
    )


def _tiles(findings: Findings) -> str:
    if not findings.record.iterations:
        return ""
    tiles = [_exploitability(findings), _sigma(findings), *_known_opponents(findings)]
    num_battles = sum(file.num_battles for file in findings.results.files)
    spent = f"{num_battles:,}" if num_battles else "none"
    tiles.append(("Battles played", spent, "" if num_battles else "payoffs are exact"))
    in_rows_of_three = " three" if len(tiles) + 1 in (3, 5, 6) else ""
    items = [_tile(*tile) for tile in tiles]
    lives = lives_of(findings.manifest.history, findings.spans, lambda ended: ended)
    worked = duration_text(sum(life.seconds for life in lives))
    restarts = count_text(len(lives) - 1, "restart") if len(lives) > 1 else "without a restart"
    items.append(operational(_tile("Working time", worked, restarts)))
    return f'<dl class="tiles{in_rows_of_three}">\n' + "\n".join(items) + "\n</dl>"


def _tile(title: str, value: str, note: str) -> str:
    small = f"<small>{inline(note)}</small>" if note else ""
    return f'<div class="tile"><dt>{inline(title)}</dt><dd>{inline(value)}{small}</dd></div>'


def _exploitability(findings: Findings) -> tuple[str, str, str]:
    title = "Exploitability of σ, known so far"
    headline = findings.known.get(findings.last.index)
    if headline is None:
        return title, "not measured", "the last σ has no certificate (yet)"
    estimate, _, rest = headline_text(headline).partition(" ")
    what = "what a best response gains" if is_of_best_response(headline) else "a lower bound"
    return title, estimate, f"{rest} win rate above ½; {what}"


def _sigma(findings: Findings) -> tuple[str, str, str]:
    population = f"of {count_text(len(findings.last.weights), 'policy', 'policies')}"
    rows = weight_rows(findings.last.summary)
    if not rows:
        return "σ plays", "all alike", f"each ≤ {percent(SHOWN_WEIGHT)}, {population}"
    (name, words), *others = rows
    weight, _, interval = words.partition(" % ")
    note = [*([] if findings.is_exact else [interval])]
    note += [" ".join(row).removesuffix(" (exact)") for row in others[: MOST_NAMED - 1]]
    rest = len(rows) - MOST_NAMED
    more = f" and {rest} more" if rest > 0 else ""
    return (
        "σ plays mostly",
        f"{name} {weight} %",
        f"{', '.join(note)}{more} · {population}".removeprefix(" · "),
    )


def _known_opponents(findings: Findings) -> list[tuple[str, str, str]]:
    """The final mixture against each known opponent, on teams that it was not trained with where there are some."""
    certificate = findings.record.certificate
    if certificate is None:
        return []
    rows = certificate.data["showcase"]
    pools = {row["pool"] for row in rows}
    wanted = "held_out" if "held_out" in pools else min(pools, default="")
    tiles = []
    for row in rows:
        if row["pool"] == wanted:
            rate = interval_of(row["win_rate"])
            interval = interval_text(rate, percent=True).partition(" % ")[2]
            title = f"σ against {row['opponent']}"
            tiles.append(
                (
                    title,
                    percent_text(rate.estimate),
                    f"{interval}, teams: {wanted.replace('_', ' ')}",
                )
            )
    return tiles
