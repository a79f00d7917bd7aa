"""The one seed function: every random number of a run is keyed by names, never by time or order."""

import hashlib

import numpy as np


def seed_from(*parts: str | int) -> int:
    """A 63-bit seed keyed by `parts`, equal on every machine and Python version.

    Parts are encoded with their type and length, so ("a", "b") and ("ab",), or 1 and "1", differ.

    Returns: an int in [0, 2**63).
    Raises: TypeError for a part that is neither str nor int.
    """
    digest = hashlib.blake2b(digest_size=8)
    for part in parts:
        if isinstance(part, str):
            kind, encoded = b"s", part.encode()
        elif isinstance(part, int) and not isinstance(part, bool):
            kind, encoded = b"i", str(part).encode()
        else:
            raise TypeError(f"a seed part must be str or int, not {part!r}")
        digest.update(kind + len(encoded).to_bytes(4, "little") + encoded)
    return int.from_bytes(digest.digest(), "little") >> 1


def rng_from(*parts: str | int) -> np.random.Generator:
    """A PCG64 generator seeded by `seed_from(*parts)`."""
    return np.random.Generator(np.random.PCG64(seed_from(*parts)))
