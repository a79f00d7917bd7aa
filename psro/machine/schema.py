"""Versions of manifest.json: how a body that an older program wrote becomes one of today's.

tests/fixtures/schema_<n>/ holds runs that version n wrote; tests/test_fixtures.py goes on with them.
A change of what a manifest holds, or a new semantic config field (whose old value must then be
written into old configs), needs a new version, an upgrade and new fixtures.
"""

from collections.abc import Callable
from typing import Any

from psro.machine.canonical import digest

SCHEMA_VERSION = 4

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


NEW_IN_3: dict[str, Any] = {
    "tournament.allocation": "equal",
    "tournament.num_passes": 5,
    "tournament.batch": 10,
    "tournament.wanted_half_width": None,
}
"""Config key that version 2 did not have → what its programs did."""


NEW_IN_4: dict[str, Any] = {"certificate.starts": None, "certificate.curve_battles": None}
"""Config key that version 3 did not have → what the run goes on with: one response that starts as the others do, as before,
and a learning curve of it besides, which changes nothing else. Of a certificate that is there already nothing changes."""


def _to_3(body: Body) -> Body:
    """3: more semantic config fields, with the values that version 2's programs worked by."""
    return _with_fields(body, NEW_IN_3)


NEW_IN_4_BESIDE: dict[str, dict[str, Any]] = {
    "weighting": {"lookahead_fraction": 0.5, "proximal_coefficient": 1.0},
    "held_out_fraction": {"illegal": "refuse"},
    "num_critics": {"num_actions": 9, "masks_illegal": False, "masked_words": 0.0},
}
"""The same of what not every config has (a stage of the offline oracle, a team set, metamon's agent): one of its keys → what is new beside it."""


def _to_4(body: Body) -> Body:
    """4: the same again."""
    beside = {
        key.removesuffix(last) + name: value
        for key in body["config"]
        for last, new in NEW_IN_4_BESIDE.items()
        if key.endswith(f".{last}")
        for name, value in new.items()
    }
    return _with_fields(body, NEW_IN_4 | beside)


def _with_fields(body: Body, fields: dict[str, Any]) -> Body:
    old = body["config"]
    raised = old.get("psro.num_iterations")
    if not isinstance(raised, int):  # another algorithm's
        return body
    new = {**fields, **old}
    # What an entry of the history knows its config by; before it was extended, the run had fewer iterations.
    before = [{"psro.num_iterations": number} for number in range(raised + 1)]
    hashes = {digest({**old, **then}): digest({**new, **then}) for then in before}
    entries = [
        {**entry, "config_hash": hashes.get(entry["config_hash"], entry["config_hash"])}
        for entry in body["history"]
    ]
    return {**body, "config": new, "history": entries}


UPGRADES: dict[int, Callable[[Body], Body]] = {1: _to_2, 2: _to_3, 3: _to_4}
"""Version → what makes a body of it one of the next version."""


def upgraded(body: Body) -> Body:
    """`body`, of whatever older version, as version SCHEMA_VERSION has it."""
    while body["schema_version"] < SCHEMA_VERSION:
        version = body["schema_version"]
        body = {**UPGRADES[version](body), "schema_version": version + 1}
    return body
