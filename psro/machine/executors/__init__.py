"""Executors run units; whatever runs them, the bytes are the same."""

from psro.machine.executors.processes import ProcessExecutor
from psro.machine.executors.protocol import Executor, ExecutorListener, UnitDone
from psro.machine.executors.serial import SerialExecutor

__all__ = ["Executor", "ExecutorListener", "ProcessExecutor", "SerialExecutor", "UnitDone"]
