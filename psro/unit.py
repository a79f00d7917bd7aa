"""python -m psro.unit <run directory> [<unit key>]: runs one unit of a run alone, and touches nothing of the run.

Without a key: the unit that the run stopped at (failed_unit.json). With one: that, or any committed unit; each
line of journal.jsonl names one. The unit runs in this process, in a directory of its own that shows it the run's
committed files except its own. If it fails, its traceback is printed. If it succeeds, its files are compared with
those that the run committed: they must be the same bytes. The directory is deleted unless they are not.
"""

import argparse
import json
import logging
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import yaml

from psro import wiring
from psro.config import Config, parse_config
from psro.ending import NOT_KEPT, ending, say
from psro.machine import exit_codes
from psro.machine.artifacts import Artifact
from psro.machine.errors import Preempted, UserError
from psro.machine.executors.perform import perform
from psro.machine.failed_unit import FAILED_UNIT_FILE, read_failed_unit
from psro.machine.journal import JOURNAL_FILE, JournalRecord
from psro.machine.manifest import CODE, Manifest, no_run
from psro.machine.signals import StopFlag
from psro.machine.units import Unit
from psro.phases import train

CONFIG_FILE = "config.yaml"
SHOW_EVERY_S = 5.0


@dataclass(frozen=True)
class Found:
    """A unit, what the run committed of it (nothing if it failed), and the committed files it may read.

    first: those that the run has let go of (psro.shards=prune) and that it reads, each with the unit that makes
    it again.
    """

    unit: Unit
    committed: tuple[Artifact, ...]
    inputs: tuple[Artifact, ...]
    first: tuple[tuple[Artifact, Unit], ...]


def find(directory: Path, key: str | None) -> Found:
    """The unit named `key`, or the one that the run stopped at. Raises: UserError naming what there is."""
    records = list(journal_records(directory))
    failed = read_failed_unit(directory)
    if key is None:
        if failed is None:
            raise UserError(
                f"{directory} has no {FAILED_UNIT_FILE}: no unit failed; name a committed one, such as "
                f"{next((r.unit.key for r in records if r.unit), '(there is none yet)')}"
            )
        key = failed.unit.key
    units = {record.unit.key: record for record in records if record.unit is not None}
    files = {artifact.path: artifact for record in records for artifact in record.artifacts}
    if key in units:
        unit, own = units[key].unit, units[key].artifacts
    elif failed is not None and failed.unit.key == key:
        unit, own = failed.unit, ()
    else:
        near = get_close_matches(key, units, n=3) or list(units)[-3:]
        raise UserError(
            f"{directory} knows no unit {key!r}; such as: {', '.join(near) or '(none is committed yet)'}"
        )
    assert unit is not None
    names = {artifact.path for artifact in own}
    first = tuple(
        (files[path], record.unit)
        for record in units.values()
        for path in (artifact.path for artifact in record.artifacts)
        if record.unit is not None and path in train.reads(unit) and not (directory / path).exists()
    )
    return Found(unit, own, tuple(a for path, a in files.items() if path not in names), first)


def read_config(directory: Path, found: Found) -> Config:
    """The run's frozen config. Raises: UserError if it is damaged."""
    path = directory / CONFIG_FILE
    frozen = next((artifact for artifact in found.inputs if artifact.path == CONFIG_FILE), None)
    problem = "was never committed" if frozen is None else frozen.problem(directory)
    if problem:
        raise UserError(f"{path} {problem}: start the run again, which writes it anew")
    return parse_config(yaml.safe_load(path.read_bytes()), wiring.SCHEMAS)


def other_environment(directory: Path, config: Config) -> str:
    """What bits may depend on and is otherwise here than where the run was last; "" if nothing is."""
    manifest = Manifest.load(directory)
    there = manifest.environments[manifest.environment] if manifest is not None else {}
    here = {**wiring.environment_of(config), CODE: wiring.code_version()}
    return "; ".join(
        f"{name} {there.get(name, '(none)')} -> {here.get(name, '(none)')}"
        for name in sorted(there.keys() | here.keys())
        if there.get(name) != here.get(name)
    )


def show_inputs(directory: Path, found: Found, scratch: Path) -> None:
    """Lets `scratch` show the committed files that the unit may read."""
    for artifact in found.inputs:
        link = scratch / artifact.path
        link.parent.mkdir(parents=True, exist_ok=True)
        # Links to files in directories of our own: a write replaces the link, never what it shows.
        link.symlink_to(directory / artifact.path)


def run_alone(
    directory: Path, config: Config, found: Found, scratch: Path, stop: StopFlag
) -> tuple[Artifact, ...]:
    """Runs the unit in `scratch`; what it wrote there. Raises what the unit raises."""
    show_inputs(directory, found, scratch)
    worker = wiring.make_worker(wiring.worker_payload(config, scratch))
    watch = Watch(stop)
    try:
        for released, maker in found.first:
            print(f"{released.path} was pruned: unit {maker.key!r} makes it again", flush=True)
            perform(worker, scratch, maker, watch, watch)
            if problem := released.problem(scratch):
                raise UserError(f"{released.path}, made again, {problem}: see {scratch}")
        done = perform(worker, scratch, found.unit, watch, watch)
    finally:
        worker.close()
    watch.beat()
    print(f"{done.seconds:.1f} s; the longest without a sign of life: {watch.longest_s:.1f} s")
    return done.artifacts


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns an exit code: 0 it went well (and gave the same bytes); 1 it failed, or gave others."""
    parser = argparse.ArgumentParser(
        prog="python -m psro.unit",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("run_directory", type=Path, help="such as runs/phase1/seed_0")
    parser.add_argument("unit_key", nargs="?", help="such as iteration_1/train/round_0")
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", force=True)
    code = exit_codes.DONE

    def work() -> None:
        nonlocal code
        code = _run(given.run_directory.resolve(), given.unit_key)

    error = ending(work, NOT_KEPT)
    return code if error is None else exit_codes.exit_code_for(error)


def _run(directory: Path, key: str | None) -> int:
    found = find(directory, key)
    config = read_config(directory, found)
    if moved := other_environment(directory, config):
        print(f"this is not where the run was last ({moved}): bytes may differ", flush=True)
    scratch = Path(tempfile.mkdtemp(prefix="psro-unit-"))
    print(f"unit {found.unit.key!r} ({found.unit.kind}) alone, in {scratch}", flush=True)
    try:
        with StopFlag() as stop:
            written = run_alone(directory, config, found, scratch, stop)
    except Preempted:
        shutil.rmtree(scratch)
        raise
    except Exception:
        say(f"unit {found.unit.key!r} failed; what it had written is in {scratch}")
        raise
    return _judge(found, written, scratch)


def _judge(found: Found, written: tuple[Artifact, ...], scratch: Path) -> int:
    if found.committed and set(written) != set(found.committed):
        names = {artifact.path for artifact in set(written) ^ set(found.committed)}
        print(f"OTHER BYTES than committed: {', '.join(sorted(names))}; see {scratch}")
        return exit_codes.INTERNAL_ERROR
    shutil.rmtree(scratch)
    num_bytes = sum(artifact.size for artifact in written)
    what = f"{len(written)} file(s), {num_bytes:,} bytes"
    if found.committed:
        print(f"same bytes as committed: {what}")
    else:
        print(f"it went well: {what}; nothing of it is committed yet, so run the run again")
    return exit_codes.DONE


def journal_records(directory: Path) -> Iterator[JournalRecord]:
    """The journal, read only: the run may be going on. A line that is being written, or damaged, is left out."""
    path = directory / JOURNAL_FILE
    if not path.is_file():
        raise no_run(directory, JOURNAL_FILE)
    for line in path.read_bytes().splitlines():
        try:
            yield JournalRecord.from_json(json.loads(line))
        except (ValueError, KeyError, TypeError):
            continue


class Watch:
    """The stop flag as the unit polls it, and its progress, shown every few seconds and at the end.

    longest_s: the longest time without either, which executor.hang_s must exceed by far.
    """

    def __init__(self, stop: StopFlag) -> None:
        self._stop = stop
        self._last = self._beat_at = time.monotonic()
        self.longest_s = 0.0

    def beat(self) -> None:
        now = time.monotonic()
        self.longest_s = max(self.longest_s, now - self._beat_at)
        self._beat_at = now

    def is_set(self) -> bool:
        self.beat()
        return self._stop.is_set()

    def raise_if_set(self) -> None:
        self.beat()
        self._stop.raise_if_set()

    def __call__(self, done: int, total: int, label: str, **metrics: float) -> None:
        self.beat()
        if done == total or time.monotonic() - self._last > SHOW_EVERY_S:
            self._last = time.monotonic()
            print(f"  {label} {done:,} of {total:,}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
