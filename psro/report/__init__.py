"""What a person looks at while a run goes on and after it. Everything here is derived from committed files.

    listeners(directory)            the four below, for the machine
    SampleListener(directory, ...)  psro.report.samples       <run>/report/replays: a few battles of each response to watch
    ConsoleListener(directory)      psro.report.console       the terminal, or plain log lines
    TensorBoardListener(directory)  psro.report.tensorboard   <run>/tensorboard
    TimingListener(directory)       psro.report.timings       <run>/timings.jsonl (operational)
    HeartbeatListener(directory)    psro.report.heartbeat     <run>/status.json (operational)
    write_report(directory)         psro.report.folder        <run>/report: index.html, summary.md, figures
    python -m psro.report <run directory>                     rebuilds report/ and tensorboard/
    python -m psro.status <run directory>                     where a run is (psro.report.status)

    write_summary(directory)        psro.report.evaluation    <evaluation>/summary.md: python -m psro.evaluate
    write_comparison(...)           psro.report.comparison    <comparison>/index.html: python -m psro.compare

Where the system refuses to write one of them, the run goes on without it and says so once (views.py).

record.py reads a run directory, disk.py what it takes there, released.py what was pruned of it, headlines.py says what is known against each σ, findings.py holds all that a report
rests on. From there: text.py, tables.py and gain_tables.py make tables (pure), charts/ the figures, which drawing/ turns
into SVG and PNG; summary.py is the report as Markdown, page/ as one HTML page; curves.py makes TensorBoard's points.
The files are read by their documented names and formats (psro/phases/layout.py, summary.py, measure.py, solve.py,
certify.py): this room does not import phases.
"""

from pathlib import Path

from psro.machine.events import RunListener


def listeners(directory: Path) -> list[RunListener]:
    """Everything that follows a run; times first, for TensorBoard reads them."""
    # Imported here: workers import this package with main and need neither matplotlib nor rich.
    from psro.report.console import ConsoleListener
    from psro.report.heartbeat import HeartbeatListener
    from psro.report.tensorboard import TensorBoardListener
    from psro.report.timings import TimingListener

    return [
        TimingListener(directory),
        HeartbeatListener(directory),
        ConsoleListener(directory),
        TensorBoardListener(directory),
    ]


def write_report(directory: Path) -> None:
    """Draws <run>/report at the end of a run; a warning where it cannot be written."""
    from psro.report import folder
    from psro.report.views import View, rebuilt_by_command

    report = View(str(directory / folder.REPORT), rebuilt_by_command(directory))
    report.attempt(lambda: folder.write_report(directory))
