"""What a person looks at while a run goes on and after it. Everything here is derived from committed files.

    listeners(directory)            the three below, for the machine
    ConsoleListener(directory)      psro.report.console       the terminal, or plain log lines
    TensorBoardListener(directory)  psro.report.tensorboard   <run>/tensorboard
    TimingListener(directory)       psro.report.timings       <run>/timings.jsonl (operational)
    write_report(directory)         psro.report.summary       <run>/report: PNGs and summary.md
    python -m psro.report <run directory>                     rebuilds report/ and tensorboard/

record.py reads a run directory; text.py and tables.py make tables of it (pure), figures.py and panels.py pictures,
curves.py TensorBoard's points. The files are read by their documented names and formats (psro/phases/layout.py,
summary.py, measure.py, solve.py, certify.py): this room does not import phases.
"""

from pathlib import Path

from psro.machine.events import RunListener


def listeners(directory: Path) -> list[RunListener]:
    """Everything that follows a run; times first, for TensorBoard reads them."""
    # Imported here: workers import this package with main and need neither matplotlib nor rich.
    from psro.report.console import ConsoleListener
    from psro.report.tensorboard import TensorBoardListener
    from psro.report.timings import TimingListener

    return [TimingListener(directory), ConsoleListener(directory), TensorBoardListener(directory)]


def write_report(directory: Path, interim: bool = False) -> list[Path]:
    """Draws <run>/report from the files of a run directory; see psro.report.summary."""
    from psro.report import summary

    return summary.write_report(directory, interim)
