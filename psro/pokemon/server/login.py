"""The account that a public server asks for: what the login server says to a name and a password."""

import json

import requests

from psro.machine.errors import UserError

LOGIN_URL = "https://play.pokemonshowdown.com/api/login"
TIMEOUT_S = 15.0


def assertion(name: str, password: str, challstr: str) -> str:
    """What lets `name` in on a server that sent `challstr`. Raises UserError where the login server does not give it."""
    try:
        answer = requests.post(
            LOGIN_URL,
            data={"name": name, "pass": password, "challstr": challstr},
            timeout=TIMEOUT_S,
        )
        # The answer begins with ], so that no page can run it as a script.
        said = json.loads(answer.text.removeprefix("]"))
    except (requests.RequestException, ValueError) as error:
        raise UserError(
            f"the login server {LOGIN_URL} gave no answer for {name!r}: {type(error).__name__}; try again later"
        ) from error
    given = str(said.get("assertion") or "")
    if not given or given.startswith(";"):
        why = given.lstrip(";") or said.get("error") or "the name or the password is wrong"
        raise UserError(f"the login server does not let {name!r} in: {why}")
    return given
