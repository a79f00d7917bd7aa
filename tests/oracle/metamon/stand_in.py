"""A METAMON_CACHE_DIR of tiny agents with random weights."""

from dataclasses import dataclass
from pathlib import Path

import orjson

from psro.oracle.metamon.sizes import TOKENIZER
from psro.oracle.metamon.stand_ins import FOUNDING, make_stand_in
from psro.pokemon.observations.tokenizer import own_tokenizer

SETTINGS = {
    "turn_width": 8, "turn_layers": 1, "turn_heads": 2, "scratch_tokens": 2, "width": 16, "feed_forward_width": 16,
    "num_layers": 1, "num_heads": 2, "head_width": 8, "num_bins": 12,
}  # fmt: skip


@dataclass(frozen=True)
class StandIns:
    """Where they lie, and what a config says of them."""

    cache: Path

    @property
    def overrides(self) -> tuple[str, ...]:
        """Makes +experiment=phase1_metamon of their size."""
        told = ", ".join(f"{name}: {value}" for name, value in SETTINGS.items())
        members = tuple(
            f"+population.members.{name}.arguments.settings={{{told}}}" for name in FOUNDING
        )
        return members + tuple(f"oracle.model.{name}={value}" for name, value in SETTINGS.items())


def make_stand_ins(cache: Path) -> StandIns:
    """The founding three, and the words of this project's own vocabulary."""
    words = dict(own_tokenizer().index)
    for name in FOUNDING:
        make_stand_in(cache, name, words, SETTINGS)
    tokenizer = cache / "tokenizers" / TOKENIZER
    tokenizer.parent.mkdir(parents=True)
    tokenizer.write_bytes(orjson.dumps(words))
    return StandIns(cache)
