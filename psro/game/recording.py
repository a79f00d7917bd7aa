"""How what a shard holds becomes what policies read: games whose trajectories are recorded as policies see them, and what can be wrong."""

from psro.game.trajectories import Trajectories


class BadDecision(ValueError):
    """A recorded decision that no game can have recorded."""

    def __init__(self, row: int, what: str):
        """`row`: which of the trajectories' decisions; `what`: what is wrong with it."""
        super().__init__(what)
        self.row = row


class RecordedAsSeen:
    """Game's `recorded_view` and `expand` where there is no smaller form."""

    def recorded_view(self, view: str) -> str:
        """The view itself."""
        return view

    def expand(self, recorded: Trajectories, view: str) -> Trajectories:
        """The trajectories themselves. Raises ValueError for those of another view."""
        if recorded.spec.name != view:
            raise ValueError(f"trajectories of {recorded.spec.name} are not of {view}")
        return recorded
