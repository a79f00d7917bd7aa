"""A team, and the two texts that Showdown writes it in: the export (for people) and the packed line (for the simulator).

Gen 1 has no items, abilities, natures, genders or shininess. Files written by other tools still carry them; as
Showdown's TeamValidator does (`sim/team-validator.js`, `validateSet`, gen 1), they are read and dropped.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from psro.machine.errors import UserError

STATS = ("HP", "Atk", "Def", "SpA", "SpD", "Spe")
SPA, SPD = STATS.index("SpA"), STATS.index("SpD")
# The validator's own filling for a set without EVs, and DVs of 15 (the simulator halves IVs).
MAX_EVS: tuple[int, ...] = (252,) * 6
MAX_IVS: tuple[int, ...] = (31,) * 6
MAX_TEAM_SIZE = 6
MAX_MOVES = 4

_IGNORED_LINE = re.compile(
    r"(Ability|Trait|Shiny|Happiness|Pokeball|Hidden Power|Tera Type|Gigantamax|Dynamax Level): ?\S.*"
    r"|[A-Za-z]+ [Nn]ature|=== .* ==="
)
_NO_MOVE = "<nomove>"  # metamon's filler for a Pokemon with fewer than four moves


@lru_cache(maxsize=4096)
def to_id(name: str) -> str:
    """Showdown's `toID`: lower-case letters and digits only ("Mr. Mime" -> "mrmime")."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


@dataclass(frozen=True)
class PokemonSet:
    """One Pokemon of a team. `evs` and `ivs` are in the order of STATS; an IV of 31 is a DV of 15."""

    species: str
    moves: tuple[str, ...]
    level: int = 100
    evs: tuple[int, ...] = MAX_EVS
    ivs: tuple[int, ...] = MAX_IVS

    @property
    def species_id(self) -> str:
        return to_id(self.species)

    @property
    def move_ids(self) -> tuple[str, ...]:
        return tuple(to_id(move) for move in self.moves)


@dataclass(frozen=True)
class Team:
    """A team; the first set leads. `archetype` and `path` (where it was read from) say nothing to the simulator."""

    name: str
    sets: tuple[PokemonSet, ...]
    archetype: str = ""
    path: str = field(default="", compare=False)

    @property
    def lead(self) -> PokemonSet:
        return self.sets[0]

    @property
    def species_ids(self) -> frozenset[str]:
        return frozenset(pokemon.species_id for pokemon in self.sets)

    @property
    def content(self) -> frozenset[tuple[str, frozenset[str]]]:
        """What makes two teams the same however they are ordered: species with their moves."""
        return frozenset((pokemon.species_id, frozenset(pokemon.move_ids)) for pokemon in self.sets)

    @property
    def where(self) -> str:
        """How an error message names this team: its file if it has one."""
        return f"team file {self.path}" if self.path else f"team {self.name}"


def pack(team: Team) -> str:
    """Showdown's packed line (`sim/teams.js`, `Teams.pack`), as the simulator's `>player` command takes it.

    EVs are always written: the simulator, which does not validate, reads missing EVs as zero
    (`sim/pokemon.js`), where the validator reads them as 252.
    """
    return "]".join(_pack_set(pokemon) for pokemon in team.sets)


@lru_cache(maxsize=4096)
def _pack_set(pokemon: PokemonSet) -> str:
    # name|species|item|ability|moves|nature|evs|gender|ivs|shiny|level|happiness. The nickname is the species, so that
    # every battle message names the Pokemon by what it is.
    evs = ",".join(str(ev) for ev in pokemon.evs)
    ivs = "" if pokemon.ivs == MAX_IVS else ",".join(str(iv) for iv in pokemon.ivs)
    level = "" if pokemon.level == 100 else str(pokemon.level)
    moves = ",".join(pokemon.move_ids)
    return f"{pokemon.species}||||{moves}||{evs}||{ivs}||{level}|"


def export(team: Team) -> str:
    """Showdown's export text of a team, EVs spelt out because readers of it disagree about their default."""
    return "\n\n".join(_export_set(pokemon) for pokemon in team.sets) + "\n"


def _export_set(pokemon: PokemonSet) -> str:
    lines = [pokemon.species]
    if pokemon.level != 100:
        lines.append(f"Level: {pokemon.level}")
    lines.append("EVs: " + _spread_text(pokemon.evs))
    if pokemon.ivs != MAX_IVS:
        lines.append("IVs: " + _spread_text(pokemon.ivs))
    lines += [f"- {move}" for move in pokemon.moves]
    return "\n".join(lines)


def _spread_text(values: tuple[int, ...]) -> str:
    return " / ".join(f"{value} {stat}" for value, stat in zip(values, STATS, strict=True))


def read_team(path: Path, name: str, archetype: str = "") -> Team:
    """The team in an export file.

    Raises: UserError naming file and line when the file cannot be read or understood.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"team file {path} cannot be read: {error}") from error
    return parse_team(text, name=name, archetype=archetype, path=str(path))


def parse_team(text: str, name: str, archetype: str = "", path: str = "") -> Team:
    """The one team in an export text: sets divided by blank lines.

    Raises: UserError naming file, line and what is wrong with it. Legality is the validator's business.
    """
    where = path or name
    blocks: list[list[tuple[int, str]]] = [[]]
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.replace("\u200b", "").strip()
        if line:
            blocks[-1].append((number, line))
        elif blocks[-1]:
            blocks.append([])
    # The teambuilder's backup puts a "=== [gen1ou] name ===" line before a team.
    if blocks[0] and blocks[0][0][1].startswith("==="):
        del blocks[0][0]
    blocks = [block for block in blocks if block]
    if not blocks:
        raise UserError(f"{where}: no Pokemon in it; expected a team in Showdown's export format")
    sets = tuple(_parse_set(block, where) for block in blocks)
    if len(sets) > MAX_TEAM_SIZE:
        line_number = blocks[MAX_TEAM_SIZE][0][0]
        raise UserError(
            f"{where}:{line_number}: {len(sets)} Pokemon; a team has at most {MAX_TEAM_SIZE}, one team per file"
        )
    return Team(name=name, sets=sets, archetype=archetype, path=path)


def _parse_set(block: list[tuple[int, str]], where: str) -> PokemonSet:
    (first_number, header), *rest = block
    species = _parse_header(header, f"{where}:{first_number}")
    moves: list[str] = []
    level, evs, ivs = 100, MAX_EVS, MAX_IVS
    for number, line in rest:
        place = f"{where}:{number}"
        if line.startswith(("-", "~")):
            move = line[1:].strip()
            if move != _NO_MOVE:
                moves.append(_parse_name(move, "move", place))
        elif line.startswith("Level:"):
            level = _parse_number(line.removeprefix("Level:").strip(), "level", 1, 100, place)
        elif line.startswith("EVs:"):
            evs = _parse_spread(line.removeprefix("EVs:"), "EV", 255, (0,) * 6, place)
        elif line.startswith("IVs:"):
            ivs = _parse_spread(line.removeprefix("IVs:"), "IV", 31, MAX_IVS, place)
        elif not _IGNORED_LINE.fullmatch(line):
            raise UserError(
                f"{place}: {line!r} is no line of a Showdown export ('- Move', 'Level:', 'EVs:', 'IVs:'; "
                "a blank line goes before the next Pokemon)"
            )
    if not 1 <= len(moves) <= MAX_MOVES:
        raise UserError(
            f"{where}:{first_number}: {species} has {len(moves)} moves; it needs 1 to {MAX_MOVES} lines '- Move'"
        )
    return PokemonSet(species=species, moves=tuple(moves), level=level, evs=evs, ivs=ivs)


def _parse_header(line: str, place: str) -> str:
    """The species of "Nickname (Species) (M) @ Item"; nickname, gender and item are dropped."""
    name = re.sub(r" \([MF]\)$", "", line.partition(" @ ")[0].strip())
    nicknamed = re.fullmatch(r".*\(([^()]+)\)", name)
    return _parse_name(nicknamed.group(1).strip() if nicknamed else name, "species", place)


def _parse_name(name: str, kind: str, place: str) -> str:
    if "$missing" in name:
        raise UserError(
            f"{place}: {name!r} stands for an unknown {kind}; give a team whose {kind} is known"
        )
    # "/" would be a list of alternatives, "|", "]" and "," would break the packed line.
    if not to_id(name) or re.search(r"[^\w .'’♀♂-]", name):
        raise UserError(f"{place}: {name!r} is no {kind} name")
    return name


def _parse_number(text: str, kind: str, low: int, high: int, place: str) -> int:
    if not re.fullmatch(r"[0-9]{1,3}", text) or not low <= int(text) <= high:
        raise UserError(f"{place}: {kind} {text!r} is no whole number from {low} to {high}")
    return int(text)


def _parse_spread(
    text: str, kind: str, high: int, unnamed: tuple[int, ...], place: str
) -> tuple[int, ...]:
    """Six values from "252 HP / 4 Atk"; a stat not named takes its value from `unnamed`, as in Showdown's import."""
    values = list(unnamed)
    for part in text.split("/"):
        number, _, stat = part.strip().partition(" ")
        if stat == "Spc":  # Gen 1's single Special
            stat = "SpA"
        if stat not in STATS:
            raise UserError(
                f"{place}: {part.strip()!r} is no {kind}; expected a number and one of {', '.join(STATS)}"
            )
        values[STATS.index(stat)] = _parse_number(number, kind, 0, high, place)
    # Gen 1 has one Special stat; the validator copies SpA over SpD, the simulator is not asked to.
    values[SPD] = values[SPA]
    return tuple(values)
