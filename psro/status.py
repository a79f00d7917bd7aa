"""python -m psro.status [run directory ...]: where a run is, read from its directory alone.

From any terminal or login node: what a run is doing and waits for, how fast it goes, when it will be over, its
restarts. Several directories, or one above some (such as runs), give a table. Nothing is written, no lock is
taken. Exit codes: 0 told; 2 bad input or a damaged run directory.
"""

import argparse
import io
import os
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import orjson

from psro.machine import exit_codes
from psro.machine.errors import UserError
from psro.machine.identity import Identity
from psro.report.disk import read_disk
from psro.report.status.find import run_directories
from psro.report.status.object import as_object
from psro.report.status.page import page, table
from psro.report.status.reading import read_status
from psro.report.status.run_status import RunStatus

MAX_WIDTH = 120
CLEAR = "\x1b[H\x1b[2J"
"""To the upper left corner, and everything gone (ECMA-48)."""


def main(arguments: list[str] | None = None) -> int:
    """Returns an exit code."""
    given = _parse(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(
            errors="backslashreplace"
        )  # a σ is no reason to fail in a Latin-1 locale
    try:
        while True:
            text, errors = look(given.directories, given.json)
            if given.watch is not None and not given.json and sys.stdout.isatty():
                text = CLEAR + text
            print(text, end="", flush=True)
            for error in errors:
                print(f"psro: {error}", file=sys.stderr)
            if given.watch is None:
                return exit_codes.USER_ERROR if errors else exit_codes.DONE
            time.sleep(given.watch)
    except KeyboardInterrupt:
        return exit_codes.DONE
    except BrokenPipeError:
        # The reader has gone (`| head`): Python's own flush at exit would complain again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return exit_codes.DONE


def look(paths: Sequence[Path], wants_json: bool) -> tuple[str, list[str]]:
    """What is to be printed of the runs that `paths` mean, and what is wrong, a line each."""
    me = Identity.of_this_process()
    told: list[RunStatus] = []
    damaged: dict[Path, str] = {}
    try:
        for directory in run_directories(paths):
            try:
                told.append(read_status(directory, me))
            except UserError as error:
                damaged[directory] = " ".join(str(error).split())
    except UserError as error:
        return "", [str(error)]
    if wants_json or len(told) == 1:
        told = [replace(status, disk=read_disk(status.directory)) for status in told]
    if wants_json:
        objects = [as_object(status) for status in told]
        objects += [{"directory": str(path), "error": error} for path, error in damaged.items()]
        return orjson.dumps({"runs": objects}, option=orjson.OPT_INDENT_2).decode() + "\n", [
            *damaged.values()
        ]
    if len(told) + len(damaged) == 1:
        width = min(MAX_WIDTH, shutil.get_terminal_size((MAX_WIDTH, 0)).columns)
        return "".join(page(status, width) + "\n" for status in told), [*damaged.values()]
    return (table(told) + "\n" if told else ""), [*damaged.values()]


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m psro.status",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "directories",
        type=Path,
        nargs="*",
        default=[Path("runs")],
        metavar="run directory",
        help="such as runs/phase1/seed_0, or one above some; runs if there is none",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object, for scripts")
    parser.add_argument(
        "--watch", type=_seconds, metavar="SECONDS", help="again and again, until Ctrl-C"
    )
    return parser.parse_args(arguments)


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < float("inf"):
        raise ValueError
    return seconds


if __name__ == "__main__":
    sys.exit(main())
