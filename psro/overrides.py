"""What Hydra refuses on the command line, said so that the next command is right.

Hydra itself would advise `+key=value` for every unknown key, which the closed schema then refuses.
"""

from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from difflib import get_close_matches
from typing import Any, get_origin

from hydra._internal.utils import get_args_parser
from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from psro.config import Config, Schemas, unknown_key
from psro.machine.errors import UserError


def check_options(arguments: Sequence[str]) -> None:
    """Raises UserError for what argparse would refuse with a page of Hydra's options: `--seed=3`, a key behind `--cfg job`."""
    _, unknown = get_args_parser().parse_known_args(arguments)
    for word in unknown:
        if word.startswith("-"):
            key, _, value = word.lstrip("-").partition("=")
            raise UserError(
                f"there is no option {word}; keys of the config are given without dashes, {key}={value or '<value>'}"
            )
        raise UserError(
            f"{word} stands behind an option; give all keys first, options (--cfg job) last"
        )


def explain(error: HydraException, schemas: Schemas) -> UserError:
    """The same refusal with the nearest choices; Hydra's own words where they are good advice."""
    if isinstance(error, MissingConfigException) and error.missing_cfg_file and error.options:
        group, _, choice = error.missing_cfg_file.rpartition("/")
        return _unknown_choice(group, choice, sorted(error.options))
    if isinstance(error, OverrideParseException):
        return UserError(
            f"config: {error.override!r} cannot be read as key=value; brackets, braces and spaces take the shell's quotes "
            "('key=[a, b]'), other signs quotes of the value's own ('key=\"ä\"')"
        )
    cause = error.__cause__
    if "Could not override" in str(error) and isinstance(cause, OmegaConfBaseException):
        node, key = cause.parent_node, str(cause.key)
        # An empty node is a mapping without keys as yet, or a value that has none: no choices.
        if isinstance(node, DictConfig) and len(node):
            path = str(cause.full_key).removesuffix(key).removesuffix(".")
            if not _takes_new_keys(path, schemas):
                return _unknown_key(path, key, node)
    reason = f": {cause}" if "Error merging" in str(error) and cause else ""
    return UserError(f"{error}{reason}")


def _unknown_choice(group: str, choice: str, options: list[str]) -> UserError:
    near = get_close_matches(choice, options, n=1)
    hint = f"; did you mean {near[0]}?" if near else "."
    return UserError(f"config: no {group} {choice!r}{hint} There are: {', '.join(options)}")


def _unknown_key(path: str, key: str, node: DictConfig) -> UserError:
    if path:
        return unknown_key(f"{path}.", key, map(str, node))
    tree = OmegaConf.to_container(node)
    assert isinstance(tree, dict)
    tree.pop("hydra", None)
    elsewhere = [dotted for dotted in _dotted(tree) if dotted.split(".")[-1] == key]
    return unknown_key("", key, map(str, tree), elsewhere)


def _dotted(tree: dict[Any, Any], prefix: str = "") -> Iterator[str]:
    for key, item in tree.items():
        yield f"{prefix}{key}"
        if isinstance(item, dict):
            yield from _dotted(item, f"{prefix}{key}.")


def _takes_new_keys(path: str, schemas: Schemas) -> bool:
    """Whether the schema has a mapping of names there, to which `+` adds (population.members)."""
    kinds: list[Any] = [Config]
    for part in path.split("."):
        found = [
            entry.type
            for kind in kinds
            if is_dataclass(kind)
            for entry in fields(kind)
            if entry.name == part
        ]
        kinds = [*found, *(schemas.get(part, {}).values() if kinds == [Config] else ())]
    return any(get_origin(kind) is dict for kind in kinds)
