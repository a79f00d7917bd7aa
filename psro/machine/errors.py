"""Errors that speak to the user."""


class UserError(Exception):
    """Something the user can put right: one line that says what is wrong, where, and what to do."""


class Preempted(Exception):
    """The stop flag was seen at a safe point; state is saved, the same command goes on from here."""


class UnitError(Exception):
    """A unit of work failed by itself (a bug, not the user's doing).

    The message names the unit, how to run it alone, and ends with the worker's traceback.
    """

    def __init__(self, unit_key: str, message: str) -> None:
        super().__init__(message)
        self.unit_key = unit_key

    def __reduce__(self) -> tuple[type["UnitError"], tuple[str, str]]:
        """For pickle, which by itself would keep the message alone."""
        return UnitError, (self.unit_key, str(self))
