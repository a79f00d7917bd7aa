"""What results may depend on besides the config: versions of code, libraries and machine."""

import hashlib
from pathlib import Path

import psro
from psro.config import Config
from psro.machine import environment
from psro.machine.durable import sha256_of
from psro.oracle.config import OracleConfig
from psro.pokemon.config import Gen1OUConfig
from psro.wiring.policies import PLAY_THREADS

PACKAGES = (
    "numpy", "torch", "lightning", "poke-env", "highspy", "pulp", "safetensors", "orjson", "zstandard"
)  # fmt: skip
"""Libraries that make the bytes of results. (The simulator's version is in the config: see Game.fingerprint.)"""


def versions() -> dict[str, str]:
    """What results may depend on besides config and code, whatever is played: see machine/environment.py."""
    return environment.here(PACKAGES)


def environment_of(config: Config) -> dict[str, str]:
    """The versions, and what the configured game and oracle run on. Takes torch only where they do."""
    found = versions()
    if isinstance(config.game, Gen1OUConfig) and config.game.arena.name == "simulator":
        from psro.pokemon.simulator.node import find_node

        found["node"] = find_node().node_version
    if isinstance(config.oracle, OracleConfig):
        from psro.oracle.device import described

        found |= described(config.oracle.device)
        found["torch threads"] = f"{config.oracle.threads} in training, {PLAY_THREADS} in play"
    return found


def code_version() -> str:
    """Of this package, and of its very files: <version>+<12 hex digits>."""
    root = Path(psro.__file__).parent
    files = sorted(p for p in root.rglob("*") if p.suffix in (".py", ".js", ".json"))
    listing = "".join(f"{p.relative_to(root)} {sha256_of(p)}\n" for p in files)
    return f"{psro.__version__}+{hashlib.sha256(listing.encode()).hexdigest()[:12]}"
