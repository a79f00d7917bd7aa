"""Committed files that are not as they were committed are computed again before the run goes on.

Every commit says at which position it was made, and the handler of a phase is a pure function of
what was committed before: called again, it runs the units whose results are damaged and writes the
files of its own that are, and nothing else. Older files come first, so each finds its inputs whole.
"""

import logging
from collections.abc import Callable, Mapping

from psro.machine.errors import UserError
from psro.machine.journal import Journal
from psro.machine.position import PhaseT, Position
from psro.machine.run import Run

logger = logging.getLogger(__name__)

_NUM_NAMED = 3
_WORTH_A_WORD = 1e9
"""Bytes whose checking takes long enough to ask what goes on: seconds, over a network minutes."""


def repair(
    run: Run[PhaseT],
    journal: Journal,
    handlers: Mapping[PhaseT, Callable[[Run[PhaseT]], Position[PhaseT]]],
    initial_files: Mapping[str, bytes],
) -> str:
    """Bring back what is damaged, up to the phase in which `run` is: that one is done again anyway.

    initial_files: written as they are now; their operational part may have changed.

    Returns: what was damaged, in words; "" if nothing was.
    Raises: UserError naming a file that does not come back as it was; what handlers raise.
    """
    artifacts = [a for a in journal.artifacts() if not journal.is_released(a.path)]
    num_bytes = sum(artifact.size for artifact in artifacts)
    if num_bytes > _WORTH_A_WORD:
        logger.info("checking %d committed files (%.1f GB)", len(artifacts), num_bytes / 1e9)
    damaged = run.damaged()
    for artifact in artifacts:
        if artifact.path in damaged and (obstacle := artifact.obstacle(run.directory)):
            raise UserError(
                f"{obstacle} stands where {artifact.path} was committed: move it away and run the same "
                "command again, which computes what is missing"
            )
    for path, problem in damaged.items():
        logger.warning("%s %s: it is computed again", run.path(path), problem)
    here = run.position
    for path in damaged:
        record = journal.record_of(path)
        assert record is not None, "only what was committed can be damaged"
        at = Position.from_json(record.position, type(here.phase))
        if path in initial_files:
            run.position = at
            run.commit(path, initial_files[path], replace=True)
        elif at != here and run.problem(path):
            logger.info("repairing what was committed in %s", at)
            run.position = at
            handlers[at.phase](run)
            if still := run.problem(path):
                raise UserError(
                    f"{run.path(path)} {still}, and this program does not make it again: restore it "
                    "from a backup, go on with the code version in manifest.json, or start a new run"
                )
    run.position = here
    names = [*damaged]
    more = f" and {len(names) - _NUM_NAMED} more" if len(names) > _NUM_NAMED else ""
    return f"{', '.join(names[:_NUM_NAMED])}{more}"
