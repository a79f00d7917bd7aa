"""Policies: a directory or a member of the config → who plays."""

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psro.config import typed, unknown_choice
from psro.game.mixture import MIXTURE, MixturePolicy
from psro.game.policies import Policy, PolicyRecord
from psro.game.protocols import Game
from psro.machine.errors import UserError
from psro.phases.config import MemberConfig
from psro.phases.workbench import PlayMode

if TYPE_CHECKING:  # torch is imported where it is needed
    from psro.oracle.metamon.config import MetamonConfig
    from psro.oracle.metamon.entry import CheckpointConfig

log = logging.getLogger(__name__)

PLAY_THREADS = 1
"""torch's threads while battles are played; workers share the cores. Training has its own setting."""
NAMED = 12
"""Unknown words, in a warning."""
METAMON = "metamon"
"""The kind of a policy that is one of metamon's agents: a founding member by its checkpoint, or trained by oracle=amago."""


def load_policy(game: Game, directory: Path, mode: PlayMode, device: str = "cpu") -> Policy:
    """The policy that policy.json in `directory` names. `device`: cpu, cuda or auto, of metamon's agents.

    Raises: UserError naming the file when it is missing, torn, or does not fit.
    """
    path = directory / "policy.json"
    try:
        record = PolicyRecord.from_json(json.loads(path.read_bytes()))
    except FileNotFoundError as error:
        raise UserError(f"no policy in {directory}: {path.name} is missing") from error
    except (ValueError, TypeError) as error:
        raise UserError(f"{path} is no policy record ({error}); restore it") from error
    if record.kind == MIXTURE:
        weights = record.arguments["weights"]
        members = {
            name: load_policy(game, directory.parent / name, mode, device) for name in weights
        }
        return MixturePolicy(record.name, members, weights)
    if record.kind == "neural":
        import torch

        from psro.oracle.policy import load_neural_policy

        # A row's bits depend on the number of threads, which must not depend on the machine's cores.
        torch.set_num_threads(PLAY_THREADS)
        return load_neural_policy(directory, record, mode.temperature, mode.epsilon)
    if record.kind == METAMON:
        import torch

        torch.set_num_threads(PLAY_THREADS)
        return _load_metamon_policy(directory, record, mode, device)
    return make_game_policy(game, record.name, MemberConfig(record.kind, record.arguments))


def _load_metamon_policy(
    directory: Path, record: PolicyRecord, mode: PlayMode, device: str
) -> Policy:
    from psro.oracle.device import choose_device
    from psro.oracle.metamon.policy import MetamonPolicy
    from psro.oracle.metamon.weights import shared_agent
    from psro.pokemon.observations.metamon_reader import MetamonReader
    from psro.pokemon.rewards import make_reward

    agent, words = shared_agent(directory, record)
    reader = MetamonReader(words, make_reward(record.arguments["reward"]))
    return MetamonPolicy(
        record.name, agent, reader, mode.temperature, mode.epsilon, choose_device(device)
    )


def import_policy(name: str, member: MemberConfig) -> tuple[PolicyRecord, dict[str, bytes]]:
    """What a founding member becomes that is no policy of the game's: its record, and its files by name.

    Raises: UserError where it cannot be had.
    """
    assert member.kind == METAMON, "check_config knows the kinds"
    from psro.oracle.metamon.entry import import_checkpoint, words_of
    from psro.pokemon.observations.metamon_reader import MetamonReader, read_words

    entry, model = checkpoint_entry(name, member)
    return import_checkpoint(name, entry, model, MetamonReader.view, read_words(words_of(entry)))


def checkpoint_entry(name: str, member: MemberConfig) -> "tuple[CheckpointConfig, MetamonConfig]":
    """What a member of kind `metamon` says, and its model's shape. Raises UserError for a key or a value that cannot be."""
    from psro.oracle.metamon.config import MetamonConfig
    from psro.oracle.metamon.entry import CheckpointConfig

    where, settings = f"policy {name}", member.arguments.get("settings")
    if settings is not None and not isinstance(settings, Mapping):
        raise UserError(
            f"config: {where}: settings: {settings!r} is no mapping such as {{num_actions: 13}}"
        )
    entry: CheckpointConfig = _typed(where, CheckpointConfig, member.arguments)
    shape = entry.shape(name)
    return entry, _typed(f"{where}: settings", MetamonConfig, shape)


def _typed(where: str, schema: type, value: Mapping[str, Any]) -> Any:
    try:
        return typed(schema, {str(key): item for key, item in value.items()}, "")
    except UserError as error:
        raise UserError(f"config: {where}: {str(error).removeprefix('config: ')}") from error


def checkpoint_files(name: str, member: MemberConfig) -> tuple[Path, Path]:
    """Where a member's checkpoint and its words lie. Raises UserError where there are none."""
    from psro.oracle.metamon.entry import words_of

    entry, _ = checkpoint_entry(name, member)
    words = words_of(entry)
    tell_unknown_words(name, words)
    return entry.find(), words


def tell_unknown_words(whose: str, path: Path) -> None:
    """Warns of words of a Gen 1 battle that a tokenizer lacks, but for those that metamon's own lack. Raises UserError for no tokenizer."""
    from psro.pokemon.observations.metamon_reader import read_words
    from psro.pokemon.observations.tokenizer import worth_telling

    lacked = worth_telling(read_words(path))
    if lacked:
        more = f" and {len(lacked) - NAMED} more" if len(lacked) > NAMED else ""
        log.warning(
            "%s: its tokenizer %s has no word for %d words of a Gen 1 battle, which its network sees as unknown: %s%s",
            whose, path, len(lacked), ", ".join(lacked[:NAMED]), more,
        )  # fmt: skip


def make_game_policy(game: Game, name: str, member: MemberConfig) -> Policy:
    """One of the game's own policies. Raises UserError for an unknown kind or bad arguments."""
    if member.kind == "remote" and member.kind not in game.policy_kinds():
        raise UserError(
            f"config: policy {name} is remote: say on which server it plays, game.server.address=<host:port>"
        )
    if member.kind not in game.policy_kinds():
        raise unknown_choice(
            f"policy {name}: kind", member.kind, tuple(sorted(game.policy_kinds()))
        )
    try:
        return game.make_policy(name, member.kind, member.arguments)
    except (TypeError, ValueError) as error:
        raise UserError(f"config: policy {name}: {error}") from error
