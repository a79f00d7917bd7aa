"""Games whose trajectories are recorded as policies see them."""

from psro.game.trajectories import Trajectories


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
