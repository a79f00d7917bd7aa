"""Everything that a finished run left, in a form in which two runs must be equal."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from psro.config import OPERATIONAL_SECTIONS
from psro.machine.canonical import canonical_json, digest
from psro.machine.durable import sha256_of
from psro.machine.journal import JOURNAL_FILE
from psro.machine.manifest import MANIFEST_FILE
from psro.report.page import elements

MANIFEST_COPY = ".manifest.copy.json"
CONFIG = "config.yaml"
SUMMARY = "report/summary.md"
PAGE = "report/index.html"
TIME_FIGURES = frozenset(
    f"report/{name}.{kind}" for name in ("time_by_phase", "throughput") for kind in ("png", "csv")
)
OPERATIONAL = TIME_FIGURES | {"run.lock", "timings.jsonl", "status.json", "incidents.jsonl"}
"""Who held the run, how long things took, what died: differs from run to run by its nature."""
REBUILT = "tensorboard/"
"""Rebuilt at every start, with times in it."""
OPERATIONAL_TITLES = ("## Where the time went", "## Provenance")
"""Sections of the report that are not about results."""


def read_journal(directory: Path) -> list[dict[str, Any]]:
    """The whole lines of a run's journal, without their running checksums."""
    path = directory / JOURNAL_FILE
    lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
    return [{k: v for k, v in json.loads(line).items() if k != "check"} for line in lines]


def results(directory: Path) -> dict[str, str]:
    """What is compared → sha256 of it.

    Every file, hidden ones and empty directories too (what a killed writer left would show), but
    for OPERATIONAL and REBUILT. Of the manifest, the journal, config.yaml and the report's
    summary and page what must be equal: without times, hosts, the order of commits, operational settings.
    """
    found = {}
    for path in sorted(directory.rglob("*")):
        name = path.relative_to(directory).as_posix()
        if path.is_dir():
            if not any(path.iterdir()):
                found[f"{name}/"] = "an empty directory"
        elif name not in OPERATIONAL and not name.startswith(REBUILT):
            found[name] = _SPECIAL[name](path) if name in _SPECIAL else sha256_of(path)
    return found


def differences(reference: Mapping[str, str], run: Mapping[str, str]) -> list[str]:
    """Names of what differs, in order, each with how."""
    found = []
    for name in sorted(reference.keys() | run.keys()):
        if name not in run:
            found.append(f"{name} is missing")
        elif name not in reference:
            found.append(f"{name} is there, which no uninterrupted run leaves")
        elif reference[name] != run[name]:
            found.append(f"{name} has other bytes")
    return found


def _manifest(path: Path) -> str:
    body = json.loads(path.read_bytes())
    result = [body[key] for key in ("algorithm", "config_hash", "position", "status")]
    return digest([*result, body["journal"]["num_records"]])


def _journal(path: Path) -> str:
    # Its bytes are those of config.yaml, which names the number of workers.
    records = [
        record
        for record in read_journal(path.parent)
        if [artifact["path"] for artifact in record["artifacts"]] != [CONFIG]
    ]
    return digest(sorted(map(canonical_json, records)))


def _config(path: Path) -> str:
    body = yaml.safe_load(path.read_bytes())
    return digest({key: value for key, value in body.items() if key not in OPERATIONAL_SECTIONS})


def _summary(path: Path) -> str:
    sections = ("\n" + path.read_text()).split("\n## ")
    kept = [text for text in sections if not f"## {text}".startswith(OPERATIONAL_TITLES)]
    return digest(kept)


def _page(path: Path) -> str:
    begin, end = map(re.escape, elements.OPERATIONAL)
    return digest(re.sub(f"{begin}.*?{end}", "", path.read_text(), flags=re.DOTALL))


_SPECIAL = {
    MANIFEST_FILE: _manifest,
    MANIFEST_COPY: _manifest,
    JOURNAL_FILE: _journal,
    CONFIG: _config,
    SUMMARY: _summary,
    PAGE: _page,
}
