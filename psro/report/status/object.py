"""The same as the page says, as a JSON object for scripts: times in ISO 8601 (UTC), durations in seconds."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from psro.report.disk import Disk
from psro.report.status.lives import Life
from psro.report.status.run_status import RunStatus


def as_object(status: RunStatus) -> dict[str, Any]:
    """A run; the keys after `heard` are missing before it has begun."""
    judgement, manifest, commits = status.judgement, status.manifest, status.commits
    told: dict[str, Any] = {
        "directory": str(status.directory),
        "time": _iso(status.time),
        "state": judgement.state.value,
        "words": judgement.words,
        "process": judgement.process.to_json() if judgement.process else None,
        "heard": _iso(status.heard),
    }
    if manifest is None:
        return told
    beat, results, left = status.beat, status.results, status.left
    return told | {
        "name": status.name,
        "seed": manifest.config.get("seed"),
        "algorithm": manifest.algorithm,
        "run_id": manifest.run_id,
        "position": dict(manifest.position),
        "num_iterations": manifest.config.get("psro.num_iterations"),
        "seconds_at_position": status.seconds_here,
        "group": asdict(beat.group) if beat and beat.group else None,
        "units_in_flight": [
            asdict(unit) | {"heard": _iso(unit.heard)} for unit in (beat.units if beat else ())
        ],
        "incidents": [asdict(incident) for incident in status.incidents],
        "units_committed_at_position": list(commits.units_here),
        "num_commits": commits.num,
        "last_commit": _iso(commits.last),
        "num_restarts": status.num_restarts,
        "seconds_worked": status.seconds_worked,
        "processes": [_life(life) for life in status.lives],
        "last_groups": [asdict(span) | {"ended": _iso(span.ended)} for span in status.last_groups],
        "audit": asdict(status.audited) if status.audited else None,
        "disk": _disk(status.disk) if status.disk else None,
        "response": asdict(results.response) if results.response else None,
        "sigma_of": results.sigma_of,
        "sigma": dict(results.sigma),
        "seconds_left": asdict(left) if left else None,
        "history": [asdict(entry) for entry in manifest.history],
    }


def _life(life: Life) -> dict[str, Any]:
    first = life.entries[0]
    return {
        "host": first.host,
        "pid": first.pid,
        "job_id": first.job_id,
        "restart_count": first.restart_count,
        "began": _iso(life.began),
        "ended": _iso(life.ended),
        "seconds": life.seconds,
        "start_note": life.start_note,
        "end_note": life.end_note,
    }


def _disk(disk: Disk) -> dict[str, Any]:
    derived = {"total": disk.total, "bytes_per_decision": disk.bytes_per_decision}
    return asdict(disk) | derived


def _iso(when: float | None) -> str | None:
    if when is None:
        return None
    return datetime.fromtimestamp(when, UTC).isoformat(timespec="seconds")
