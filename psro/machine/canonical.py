"""One spelling of a JSON value, so that equal values have equal bytes and equal hashes."""

import hashlib
import json
from typing import Any


def canonical_json(value: Any) -> str:
    """`value` as JSON with sorted keys and no spaces.

    Raises: ValueError for NaN and infinities, TypeError for what JSON cannot hold.
    """
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
    )


def as_json(value: Any) -> Any:
    """`value` as it comes back from JSON: tuples become lists, keys become strings."""
    return json.loads(canonical_json(value))


def digest(value: Any) -> str:
    """Hex sha256 of the canonical JSON."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()
