"""Legality by Showdown's own TeamValidator: one Node process for any number of teams."""

import json
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from psro.machine.errors import UserError
from psro.pokemon.simulator.node import NodeInstallation, error_line
from psro.pokemon.teams.export import Team, pack
from psro.pokemon.teams.sets import TeamSet

SCRIPT = Path(__file__).with_name("validate.js")
TIMEOUT_SECONDS = 300
NAMED = 20
"""Teams that are left out, on the terminal."""


def validate_teams(
    teams: Iterable[Team], node: NodeInstallation, battle_format: str
) -> dict[str, list[str]]:
    """Each team's problems under `battle_format` (gen1ou), by team name; an empty list is a legal team.

    Raises: UserError when Node fails or there is no such format; ValueError when two teams share a name.
    """
    teams = tuple(teams)
    names = [team.name for team in teams]
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"two teams are called {twice!r}; validate_teams answers by name")
    # json's default escapes (ensure_ascii) also keep U+2028 out, which Node's readline takes for a line end.
    lines = "".join(json.dumps(pack(team)) + "\n" for team in teams)
    try:
        answer = subprocess.run(
            [node.executable, str(SCRIPT), str(node.simulator), battle_format],
            input=lines,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UserError(
            f"the team validator did not run under {node.executable}: {error}"
        ) from error
    formats, *problems = [json.loads(line) for line in answer.stdout.splitlines()] or [None]
    if answer.returncode == 0 and formats is not None and battle_format not in formats:
        raise UserError(
            f"config: game.format: no {battle_format!r} that can be played here; choose one of: "
            f"{', '.join(formats)}"
        )
    if answer.returncode != 0 or len(problems) != len(teams):
        raise UserError(
            f"the team validator ({node.executable} {SCRIPT.name}, simulator {node.simulator}) stopped after "
            f"{len(problems)} of {len(teams)} teams: {error_line(answer.stderr)}; try `make setup`"
        )
    return dict(zip(names, problems, strict=True))


def require_legal(teams: Iterable[Team], node: NodeInstallation, battle_format: str) -> None:
    """Nothing when every team is legal in `battle_format`.

    Raises: UserError naming the first illegal team's file, the rule it breaks, and how many more there are; or the
    formats to choose from when there is no such format.
    """
    teams = tuple(teams)
    problems = validate_teams(teams, node, battle_format)
    illegal = [team for team in teams if problems[team.name]]
    if illegal:
        first = illegal[0]
        more = f" ({len(illegal)} of {len(teams)} teams are illegal)" if len(illegal) > 1 else ""
        raise UserError(
            f"{first.where} is illegal in {battle_format} of pokemon-showdown {node.version}: "
            f"{'; '.join(problems[first.name])}{more}; change it or take it out, or leave out all that are "
            "illegal: game.teams.illegal=leave_out"
        )


def without_illegal(
    teams: TeamSet, node: NodeInstallation, battle_format: str
) -> tuple[TeamSet, dict[str, list[str]]]:
    """The legal teams, each in its pool, and the problems of the others by name. Raises UserError where no team is left."""
    found = validate_teams(teams.teams, node, battle_format)
    problems = {name: rules for name, rules in found.items() if rules}
    kept = [
        tuple(team for team in pool if team.name not in problems)
        for pool in (teams.training, teams.held_out)
    ]
    if not any(kept):
        name, rules = next(iter(problems.items()))
        raise UserError(
            f"team set {teams.name}: all {len(problems)} teams are illegal in {battle_format} of pokemon-showdown "
            f"{node.version} ({name}: {'; '.join(rules)}); name another set or format"
        )
    return TeamSet(teams.name, *kept), problems


def told(teams: TeamSet, problems: Mapping[str, list[str]], node: NodeInstallation) -> str:
    """Which teams are left out and why, in lines. `teams`: those that are left."""
    lines = [
        f"team set {teams.name}: {len(problems)} of {len(teams.teams) + len(problems)} teams are illegal in pokemon-showdown "
        f"{node.version} and LEFT OUT (game.teams.illegal=leave_out):"
    ]
    named = list(problems.items())
    lines += [f"  {name}: {'; '.join(rules)}" for name, rules in named[:NAMED]]
    if len(named) > NAMED:
        lines.append(f"  … and {len(named) - NAMED} more")
    return "\n".join(lines)
