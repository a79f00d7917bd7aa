"""A checkpoint named in the config → its file.

metamon keeps what it downloads under METAMON_CACHE_DIR/pretrained_models, as huggingface_hub's cache lays it out
(`models--jakegrigsby--metamon/snapshots/<revision>/<model>/ckpts/policy_weights/policy_epoch_<n>.pt`); copies without those
folders (`pretrained_models/<model>/ckpts/…`), and the folder of a training of one's own, are understood too.
"""

import importlib.util
import os
from pathlib import Path

from psro.machine.errors import UserError
from psro.oracle.metamon.sizes import TOKENIZER

CACHE = "METAMON_CACHE_DIR"
REPOSITORY = "jakegrigsby/metamon"
_HUB = "models--jakegrigsby--metamon"


def weights_file(epoch: int) -> str:
    """Where the weights of an epoch lie in a model's folder."""
    return f"ckpts/policy_weights/policy_epoch_{epoch}.pt"


def at(path: Path, epoch: int | None) -> Path:
    """The file that `path` means: itself, or the epoch's in a model's folder. Raises UserError where there is none."""
    if path.is_file():
        return path
    folder = path / "ckpts/policy_weights"
    if epoch is not None and (path / weights_file(epoch)).is_file():
        return path / weights_file(epoch)
    there = sorted(int(p.stem.rpartition("_")[2]) for p in folder.glob("policy_epoch_*.pt"))
    if not there:
        raise UserError(
            f"no checkpoint at {path}: it is no file, and has no ckpts/policy_weights/policy_epoch_<n>.pt"
        )
    raise UserError(
        f"no checkpoint of epoch {epoch} in {folder}; choose one of {', '.join(map(str, there))}"
    )


def in_cache(folder: str, epoch: int, download: bool) -> Path:
    """The file of a published model's epoch in METAMON_CACHE_DIR; fetched there where it is missing and `download` is set.

    Raises: UserError where it is not there (and what to do), or several revisions have it and none is the current one.
    """
    cache = os.environ.get(CACHE)
    if not cache:
        raise UserError(
            f"checkpoint {folder}: set {CACHE} to metamon's cache, or give `path`, the file or the model's folder"
        )
    models, name = Path(cache) / "pretrained_models", f"{folder}/{weights_file(epoch)}"
    if (models / name).is_file():
        return models / name
    hub = models / _HUB
    current = hub / "refs/main"
    if current.is_file():
        found = hub / "snapshots" / current.read_text().strip() / name
        if found.is_file():
            return found
    found_in = sorted(hub.glob(f"snapshots/*/{name}"))
    if len(found_in) == 1:
        return found_in[0]
    if found_in:
        revisions = ", ".join(path.relative_to(hub / "snapshots").parts[0] for path in found_in)
        raise UserError(f"{name} is in several revisions of {hub} ({revisions}); give its `path`")
    if not download:
        others = sorted(
            int(path.stem.rpartition("_")[2])
            for below in (models, *hub.glob("snapshots/*"))
            for path in (below / folder / "ckpts/policy_weights").glob("policy_epoch_*.pt")
        )
        there = f" (of it there is: epoch {', '.join(map(str, others))})" if others else ""
        raise UserError(
            f"no checkpoint {name} in {models}{there}; put it there, give its `path`, or set `download: true` (needs huggingface_hub)"
        )
    return _fetch(name, models)


def _fetch(name: str, models: Path) -> Path:
    try:
        from huggingface_hub import hf_hub_download
    except ImportError:
        raise UserError(
            f"fetching {name} needs huggingface_hub: pip install 'psro[metamon]', or put the file into {models}"
        ) from None
    try:
        return Path(hf_hub_download(repo_id=REPOSITORY, filename=name, cache_dir=str(models)))
    except (OSError, ValueError) as error:
        reason = (str(error).splitlines() or ["?"])[0]
        raise UserError(f"{name} could not be fetched from {REPOSITORY}: {reason}") from error


def tokenizer_file(given: str | None, checkpoint: Path) -> Path:
    """The tokenizer of a checkpoint: `given`, else tokenizer.json beside it, else metamon's own where it is installed.

    Raises: UserError where there is none.
    """
    if given is not None:
        return Path(given).expanduser()
    beside = [folder / "tokenizer.json" for folder in (checkpoint.parent, *checkpoint.parents[1:3])]
    cache = os.environ.get(CACHE)
    kept = [Path(cache) / "tokenizers" / TOKENIZER] if cache else []
    spec = importlib.util.find_spec("metamon")
    installed = [
        Path(place) / "tokenizer" / TOKENIZER
        for place in (spec and spec.submodule_search_locations) or ()
    ]
    for path in (*beside, *kept, *installed):
        if path.is_file():
            return path
    raise UserError(
        f"checkpoint {checkpoint} needs its words: give `tokenizer`, metamon's metamon/tokenizer/{TOKENIZER}, or put it at "
        f"{CACHE}/tokenizers/{TOKENIZER}"
    )
