"""Versions of manifest.json: how a body that an older program wrote becomes one of today's.

tests/fixtures/schema_<n>/ holds runs that version n wrote; tests/test_fixtures.py goes on with them.
A change of what a manifest holds, or a new semantic config field (whose old value must then be
written into old configs), needs a new version, an upgrade and new fixtures.
"""

from collections.abc import Callable
from typing import Any

SCHEMA_VERSION = 2

Body = dict[str, Any]


def _to_2(body: Body) -> Body:
    """2: the history says in which environment, under which config and how far in the journal.

    What version 1 did not know of earlier entries is null: nothing is rewound to these.
    """
    body = dict(body)
    body["environments"] = [{**body.pop("versions"), "code": body.pop("code_version")}]
    body["environment"] = 0
    unknown = {"environment": None, "config_hash": None, "journal": None}
    body["history"] = [{**entry, **unknown} for entry in body["history"]]
    return body


UPGRADES: dict[int, Callable[[Body], Body]] = {1: _to_2}
"""Version → what makes a body of it one of the next version."""


def upgraded(body: Body) -> Body:
    """`body`, of whatever older version, as version SCHEMA_VERSION has it."""
    while body["schema_version"] < SCHEMA_VERSION:
        version = body["schema_version"]
        body = {**UPGRADES[version](body), "schema_version": version + 1}
    return body
