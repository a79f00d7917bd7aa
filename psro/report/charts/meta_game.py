"""The meta-game: how sure σ is, how it fares by opponent, and how strong everyone is."""

from psro.metagame.exploitability import EQUILIBRIUM_TOLERANCE
from psro.metagame.intervals import Interval
from psro.metagame.payoffs import PayoffTable
from psro.metagame.ratings import Ratings
from psro.report.charts.chart import BOUNDS, Chart, bounds
from psro.report.charts.matrix import cell_of
from psro.report.drawing.dot_rows import Group, Row, Scale, dot_rows
from psro.report.drawing.plane import percent, shown_number
from psro.report.record import Iteration
from psro.report.style import BLUE, UNDECIDED, VERMILION
from psro.report.tables import is_exact
from psro.report.text import count_text, fixed, interval_of, interval_text, percent_text

ROUNDING = 1e-9
"""Exact values of one half come out as sums that differ in their last bits."""


def sigma_weights(iteration: Iteration) -> Chart:
    """The newest σ with what is known of each weight, and whether there is another equilibrium."""
    summary, analysis = iteration.summary, iteration.analysis
    exact = is_exact(summary)
    rows, numbers = [], []
    for entry in analysis["policies"]:
        name, posterior = entry["name"], entry["weight_posterior"]
        interval = Interval(
            entry["weight"], posterior["low"], posterior["high"], posterior["level"]
        )
        least, most = entry["weight_range_over_equilibria"]
        numbers.append(
            (
                name,
                *bounds(interval),
                posterior["estimate"],
                entry["support_frequency"],
                least,
                most,
            )
        )
        if entry["weight"] > 0.005 or posterior["estimate"] > 0.005 or most > 0.005:
            words = interval_text(interval, True, exact)
            used = f"in σ of {percent_text(entry['support_frequency'])} of the draws"
            rows.append(Row(name, interval, words, BLUE, "disc", f"{name}: {words}; {used}"))
    rows.sort(key=lambda row: -row.interval.estimate)
    scale = Scale(0, 1, percent, "weight in σ")
    rest = len(numbers) - len(rows)
    left_out = (
        f" {count_text(rest, 'policy has', 'policies have')} less than 0.5 % any way, and {'stands' if rest == 1 else 'stand'} in the table."
        if rest
        else ""
    )
    return Chart(
        "sigma_weights",
        f"How sure σ of iteration {iteration.index} is",
        "The weight of each policy in the newest σ, and how far the battles decide it.",
        f"{_uniqueness(iteration, exact)}{left_out}",
        lambda width: dot_rows([Group("", rows)], scale, width),
        (
            "policy",
            *BOUNDS,
            "posterior_mean",
            "share_of_draws_with_it",
            "least_over_equilibria",
            "most_over_equilibria",
        ),
        tuple(numbers),
    )


def win_rates_by_opponent(iteration: Iteration) -> Chart:
    """σ of the newest iteration, and its response, against every member."""
    table = PayoffTable.from_json(iteration.matrix)
    names = table.population.names
    sigma = {
        row["name"]: interval_of(row["payoff_against_sigma"]).complement()
        for row in iteration.analysis["policies"]
    }
    found = [(f"σ of iteration {iteration.index}", sigma)]
    response = iteration.summary.get("response")
    if response and iteration.weights[response["name"]] < 1:  # or σ is that policy
        newest = response["name"]
        own = {
            n: c[0] for n in names if n != newest and (c := cell_of(table, newest, n)) is not None
        }
        found.append((f"{newest}, the newest policy", own))
    groups = [
        Group(title, [_rate_row(name, rate) for name, rate in rates.items()])
        for title, rates in found
    ]
    scale = Scale(0, 1, percent, "win rate", ((0.5, ""),))
    exact = is_exact(iteration.summary)
    measured = (
        "computed by the game."
        if exact
        else "in the newest tournament; bars are 95 % intervals, each by itself."
    )
    even = "50 %" if exact else "not told apart from it"
    return Chart(
        "win_rates_by_opponent",
        "Win rates by opponent",
        "How often σ, and the newest policy if σ is another, win against each member of the population.",
        f"To the right: win rate, {measured} Blue discs: above 50 %, orange triangles: below, grey squares: {even}. No member is above "
        f"50 % against a Nash σ on the {'payoffs' if exact else 'battles'} that chose it.",
        lambda width: dot_rows(groups, scale, width),
        ("who", "opponent", *BOUNDS),
        tuple(
            (title, name, *bounds(rate)) for title, rates in found for name, rate in rates.items()
        ),
    )


def ratings(iteration: Iteration, rated: Ratings) -> Chart:
    """Bradley–Terry strengths on Elo's scale."""
    members = PayoffTable.from_json(iteration.matrix).population.members
    rows = []
    for member, interval in zip(members, rated.points, strict=True):
        bracket = f"[{fixed(interval.low, 0)}, {fixed(interval.high, 0)}]"
        words = f"{fixed(interval.estimate, 0)} {bracket}"
        is_founder = member.iteration == 0
        rows.append(Row(member.name, interval, words, UNDECIDED if is_founder else BLUE,
                        "square" if is_founder else "disc"))  # fmt: skip
    ordered = sorted(rows, key=lambda row: -row.interval.estimate)
    low, high = min(row.interval.low for row in rows), max(row.interval.high for row in rows)
    room = 0.04 * (high - low) + 1
    scale = Scale(low - room, high + room, shown_number, "Elo points", ((0, ""),))
    worst = rated.worst
    return Chart(
        "ratings",
        "Ratings",
        "How strong each policy is over all opponents, as one number: its Bradley–Terry strength in Elo points.",
        "To the right: Elo points in the newest tournament, 0 being the mean of the founding population (grey squares; blue discs joined "
        "later); bars are 95 % intervals. 100 points more mean a win rate of 64 %, 200 mean 76 %, 400 mean 91 %. A rating cannot show "
        "that a beats b beats c beats a; the matchup that the ratings explain worst: they expect "
        f"{worst.row} to win {percent_text(worst.expected)} against {worst.column}, and it won "
        f"{percent_text(worst.played)}.",
        lambda width: dot_rows([Group("", ordered)], scale, width),
        ("policy", *BOUNDS, "joined_in_iteration"),
        tuple(
            (member.name, *bounds(interval), member.iteration)
            for member, interval in zip(members, rated.points, strict=True)
        ),
    )


def _uniqueness(iteration: Iteration, exact: bool) -> str:
    """Is this σ the only one that could be?"""
    analysis = iteration.analysis
    gain = analysis["restricted_exploitability"]["plug_in"]
    if gain > EQUILIBRIUM_TOLERANCE:
        of_matrix = (
            f"σ is no equilibrium of these very win rates, nor need it be (solver: {analysis['solver']}): a member gains "
            f"{gain:.2g} against it; the table has each weight's range over the equilibria there are."
        )
    elif not analysis["equilibrium_unique"]:
        of_matrix = "These very win rates have several equilibria, of which σ is chosen by a stated rule; the table has each weight's range over all of them."
    else:
        of_matrix = "On these very win rates it is the only equilibrium."
    if exact:
        return f"To the right: weight, in %. The weights follow from exact payoffs, without noise. {of_matrix}"
    share = percent_text(analysis["same_support_frequency"])
    return (
        f"To the right: weight, in %. Discs: σ's weights. {of_matrix} Bars: 95 % intervals of what the weights could have been with other "
        f"battles, solved again on {analysis['num_posterior_samples']:,} matrices that the counts allow; {share} of them use the same "
        "policies as σ. A bar over the whole width says that the battles do not decide this weight."
    )


def _rate_row(name: str, rate: Interval) -> Row:
    words = interval_text(rate, percent=True, exact=rate.low == rate.high)
    if rate.low > 0.5 + ROUNDING:
        return Row(name, rate, words, BLUE, "disc")
    if rate.high < 0.5 - ROUNDING:
        return Row(name, rate, words, VERMILION, "down")
    return Row(name, rate, words, UNDECIDED, "square")
