"""A protocol log in words, turn by turn: to read where there is no network, and to search."""

from collections.abc import Callable, Sequence

STATUSES = {
    "slp": "asleep",
    "par": "paralyzed",
    "psn": "poisoned",
    "tox": "badly poisoned",
    "brn": "burned",
    "frz": "frozen",
}
SOURCES = {"psn": "poison", "brn": "its burn", "drain": "draining", "Recoil": "recoil"}
STATS = {"atk": "Attack", "def": "Defense", "spe": "Speed", "spa": "Special"}
"""`spd` is left out: Gen 1's one Special is told twice."""
SILENT = frozenset(
    {
        "",
        "upkeep",
        "gametype",
        "gen",
        "start",
        "teamsize",
        "tier",
        "player",
        "rule",
        "rated",
        "-clearallboost",
        "t:",
    }
)
PREVENTED = {
    "slp": "is asleep",
    "par": "is fully paralyzed",
    "frz": "is frozen",
    "partiallytrapped": "cannot move: it is trapped",
    "recharge": "must recharge",
    "flinch": "flinches",
}
REMARKS = {
    "-crit": "a critical hit",
    "-supereffective": "super effective",
    "-resisted": "not very effective",
    "-ohko": "a one-hit KO",
    "-nothing": "but nothing happens",
}


def in_words(lines: Sequence[str]) -> list[str]:
    """Lines of text; a turn begins with `Turn 3`. What it has no words for it shows as it is, so nothing is lost."""
    writer = _Writer()
    return [text for line in lines if (text := writer.tell(line)) is not None]


class _Writer:
    def __init__(self) -> None:
        self._players = {"p1": "p1", "p2": "p2"}
        self._hp: dict[str, tuple[int, int]] = {}
        """Name → HP and the most it can have."""

    def tell(self, line: str) -> str | None:
        """One line, or None for one that says nothing to people."""
        _, kind, *rest = [*line.split("|"), "", ""]
        notes = {part.partition("]")[0][1:]: part.partition("]")[2].strip()
                 for part in rest if part.startswith("[")}  # fmt: skip
        values = [part for part in rest if part and not part.startswith("[")]
        if kind == "player" and len(values) > 1:
            self._players[values[0]] = values[1]
            return None
        if kind in SILENT:
            return None
        if kind in REMARKS:
            return f"    {REMARKS[kind]}"
        told = _TOLD.get(kind)
        try:
            return f"    [{line}]" if told is None else told(self, values, notes)
        except (IndexError, ValueError):
            return f"    [{line}]"

    def name(self, ident: str) -> str:
        """`p1a: Tauros` → `alpha's Tauros`."""
        side, _, pokemon = ident.partition(": ")
        return f"{self._players.get(side[:2], side)}'s {pokemon}"

    def switch(self, values: list[str], notes: dict[str, str]) -> str:
        name = self.name(values[0])
        hp, most, status = _condition(values[2], None)
        self._hp[name] = (hp, most)
        player = self._players.get(values[0][:2], values[0][:2])
        called = f" (as {values[1]})" if not values[0].endswith(values[1].split(",")[0]) else ""
        condition = f"{hp}/{most}" + (f", {status}" if status else "")
        return f"  {player} sends out {values[0].partition(': ')[2]}{called} [{condition}]"

    def move(self, values: list[str], notes: dict[str, str]) -> str:
        by = notes.get("from")
        called = f" (from {by})" if by and by != values[1] else ""
        return f"  {self.name(values[0])} uses {values[1]}{called}"

    def hp_change(self, values: list[str], notes: dict[str, str]) -> str:
        name = self.name(values[0])
        before, most = self._hp.get(name, (0, 0))
        hp, most, _ = _condition(values[1], most)
        self._hp[name] = (hp, most)
        by = notes.get("from")
        why = f", by {SOURCES.get(by, by)}" if by else ""
        return f"    {name}: {before} → {hp} of {most} HP ({hp - before:+d}{why})"

    def status(self, values: list[str], notes: dict[str, str]) -> str | None:
        return f"    {self.name(values[0])} is {STATUSES.get(values[1], values[1])}"

    def cured(self, values: list[str], notes: dict[str, str]) -> str:
        return f"    {self.name(values[0])} is no longer {STATUSES.get(values[1], values[1])}"

    def prevented(self, values: list[str], notes: dict[str, str]) -> str:
        why = PREVENTED.get(values[1])
        if why is None:
            why = (
                f"cannot use {values[2]}: {values[1]}"
                if len(values) > 2
                else f"cannot move: {values[1]}"
            )
        return f"  {self.name(values[0])} {why}"

    def boost(self, values: list[str], sign: int) -> str | None:
        if values[1] == "spd":
            return None
        stat = STATS.get(values[1], values[1])
        return f"    {self.name(values[0])}: {stat} {sign * int(values[2]):+d}"

    def effect(self, values: list[str], notes: dict[str, str], after: str = "") -> str | None:
        if "silent" in notes:
            return None
        more = f" ({', '.join(values[2:])})" if values[2:] else ""
        return f"    {self.name(values[0])}: {values[1].removeprefix('move: ')}{more}{after}"


def _condition(text: str, most: int | None) -> tuple[int, int, str]:
    """`353/353 slp` → HP, the most, status in words; a fainted Pokémon's does not tell the most."""
    hp, _, status = text.partition(" ")
    left, _, maximum = hp.partition("/")
    return int(left), int(maximum or most or 0), STATUSES.get(status, "")


_TOLD: dict[str, Callable[[_Writer, list[str], dict[str, str]], str | None]] = {
    "turn": lambda w, values, notes: f"Turn {values[0]}",
    "switch": _Writer.switch,
    "move": _Writer.move,
    "-damage": _Writer.hp_change,
    "-heal": _Writer.hp_change,
    "-status": _Writer.status,
    "-curestatus": _Writer.cured,
    "cant": _Writer.prevented,
    "-boost": lambda w, values, notes: w.boost(values, 1),
    "-unboost": lambda w, values, notes: w.boost(values, -1),
    "-start": lambda w, values, notes: w.effect(values, notes),
    "-activate": lambda w, values, notes: w.effect(values, notes),
    "-end": lambda w, values, notes: w.effect(values, notes, " is over"),
    "-prepare": lambda w, values, notes: f"    {w.name(values[0])} gets ready for {values[1]}",
    "-mustrecharge": lambda w, values, notes: f"    {w.name(values[0])} will have to recharge",
    "-transform": lambda w, values, notes: (
        f"    {w.name(values[0])} turns into {w.name(values[1])}"
    ),
    "-hitcount": lambda w, values, notes: f"    hits {values[1]} times",
    "-miss": lambda w, values, notes: f"    {w.name(values[0])} misses",
    "-immune": lambda w, values, notes: f"    no effect on {w.name(values[0])}",
    "-fail": lambda w, values, notes: "    but it fails",
    "-fieldactivate": lambda w, values, notes: f"    {values[0].removeprefix('move: ')}",
    "faint": lambda w, values, notes: f"  {w.name(values[0])} faints",
    "-message": lambda w, values, notes: f"    {values[0]}",
    "-hint": lambda w, values, notes: f"    ({values[0]})",
    "bigerror": lambda w, values, notes: f"    {values[0]}",
    "win": lambda w, values, notes: f"{values[0]} wins",
    "tie": lambda w, values, notes: "A tie",
}
