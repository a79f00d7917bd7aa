"""What an import found, for people: what was read, what was left out and why, what is not known."""

from collections import Counter, defaultdict
from typing import Any

from psro.pokemon.parsed_replays.importing import Note

_NUM_WORDS_SHOWN = 12


def account(notes: list[Note], others: list[str]) -> dict[str, Any]:
    """The figures of all buckets together, JSON-able. `others`: names in the folder that are no replays."""
    reasons: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    for note in notes:
        reasons.update(reason for _, reason, _ in note.skipped)
        unknown.update(note.unknown_words)
    shards = [note.shard for note in notes if note.shard is not None]
    return {
        "num_files": sum(note.num_files for note in notes),
        "num_battles": sum(shard.num_battles for shard in shards),
        "num_decisions": sum(shard.num_decisions for shard in shards),
        "num_missing_actions": sum(note.num_missing for note in notes),
        "num_actions_not_offered": sum(note.num_not_offered for note in notes),
        "num_undecided": sum(note.num_undecided for note in notes),
        "skipped": dict(sorted(reasons.items())),
        "unknown_words": dict(unknown.most_common()),
        "other_files": len(others),
    }


def lines_of(found: dict[str, Any], notes: list[Note], others: list[str]) -> list[str]:
    """The account in lines."""
    decisions = found["num_decisions"]
    lines = [
        f"{found['num_battles']:,} of {found['num_files']:,} files read: {decisions:,} decisions, "
        f"{_share(found['num_missing_actions'], decisions)} of the actions are missing (−1) and masked in the loss"
    ]
    if found["num_actions_not_offered"]:
        lines.append(
            f"{found['num_actions_not_offered']:,} actions are not among what their state offers: taken as missing, too"
        )
    if found["num_undecided"]:
        lines.append(
            f"{found['num_undecided']:,} battles end neither won nor lost: their score is one half"
        )
    examples: dict[str, tuple[str, str]] = {}
    by_reason: defaultdict[str, int] = defaultdict(int)
    for note in notes:
        for name, reason, detail in note.skipped:
            by_reason[reason] += 1
            examples.setdefault(reason, (name, detail))
    for reason, count in sorted(by_reason.items(), key=lambda item: (-item[1], item[0])):
        name, detail = examples[reason]
        lines.append(f"skipped {count:,}: {reason} ({name}{f': {detail}' if detail else ''})")
    if others:
        lines.append(f"left alone {len(others):,} that are no replays ({others[0]})")
    if unknown := found["unknown_words"]:
        shown = ", ".join(
            f"{word} ×{count}" for word, count in list(unknown.items())[:_NUM_WORDS_SHOWN]
        )
        more = len(unknown) - _NUM_WORDS_SHOWN
        lines.append(
            f"{len(unknown):,} words are not in the vocabulary and read as unknown: {shown}{f' and {more} more' if more > 0 else ''}"
        )
    return lines


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "none"
