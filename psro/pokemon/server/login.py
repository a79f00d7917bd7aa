"""The account that a public server asks for: what the login server says to a name and a password."""

import json

import requests

from psro.machine.errors import UserError

LOGIN_URL = "https://play.pokemonshowdown.com/api/login"
TIMEOUT_S = 15.0


def assertion(name: str, password: str, challstr: str) -> str:
    """What lets `name` in on a server that sent `challstr`. Raises UserError where the login server does not give it.

    The answer is `]{"actionsuccess": true, "assertion": …}`; a wrong password gives `{"actionerror": "Wrong password."}`, and an
    assertion that begins with `;` is none (src/actions.ts and src/user.ts of smogon/pokemon-showdown-loginserver).
    """
    try:
        answer = requests.post(
            LOGIN_URL,
            data={"name": name, "pass": password, "challstr": challstr},
            timeout=TIMEOUT_S,
        )
        # The answer begins with ], so that no page can run it as a script.
        said = json.loads(answer.text.removeprefix("]"))
        if not isinstance(said, dict):
            raise ValueError("no object")
    except (requests.RequestException, ValueError) as error:
        raise UserError(
            f"the login server {LOGIN_URL} gave no answer to {name!r} that could be read ({type(error).__name__}); look whether "
            "this machine reaches it, and try again later"
        ) from error
    given = str(said.get("assertion") or "")
    if not given or given.startswith(";"):
        why = said.get("actionerror") or given.lstrip(";") or "the name or the password is wrong"
        raise UserError(
            f"the login server does not let {name!r} in: {str(why).rstrip('.')}; put the name or its password right"
        )
    return given
