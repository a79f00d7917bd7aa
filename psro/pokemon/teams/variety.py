"""The `variety` set: 600 plausible legal teams, always the same ones, drafted by archetype and checked by building rules.

Every choice is keyed by (archetype, number of the team, attempt) and made with integers alone, so the teams do not
depend on numpy's version or on each other's order of generation within an attempt.
"""

from functools import cache
from itertools import count

from psro.machine.seeds import seed_from
from psro.pokemon.teams.archetypes import ARCHETYPES, HELD_OUT_ARCHETYPES, TRAPPING_MOVES, Archetype
from psro.pokemon.teams.export import MAX_TEAM_SIZE, PokemonSet, Team, to_id
from psro.pokemon.teams.movesets import MOVESETS

TEAMS_PER_ARCHETYPE = 30
# A held-out team may share at most this many of its six Pokemon with any training team.
MAX_SHARED_WITH_TRAINING = 4
MAX_ATTEMPTS = 5000

SLEEP_MOVES = frozenset({"sleeppowder", "spore", "lovelykiss", "hypnosis", "sing"})
PARALYSIS_MOVES = frozenset({"thunderwave", "stunspore", "glare"})
# Sleep Clause leaves a third sleep inducer nothing to do.
MAX_SLEEPERS = 2
# Who can come in on these attacks: by type, or (Chansey, Snorlax) by bulk; in Gen 1 fire does not
# resist ice.
ANSWERS = {
    attack: frozenset(species_ids.split())
    for attack, species_ids in {
        "electric": "chansey snorlax exeggutor rhydon golem zapdos jolteon raichu electabuzz electrode "
        "magneton nidoking nidoqueen dugtrio sandslash marowak onix dragonite victreebel venusaur "
        "vileplume parasect tangela",
        "ice": "chansey snorlax starmie slowbro lapras cloyster jynx articuno vaporeon gyarados "
        "tentacruel poliwrath blastoise golduck dewgong kingler seadra omastar kabutops",
        "normal": "gengar haunter rhydon golem onix omastar kabutops aerodactyl cloyster slowbro snorlax "
        "exeggutor starmie articuno zapdos gyarados dragonite muk weezing machamp poliwrath sandslash "
        "magneton lapras hypno",
    }.items()
}
# Good leads spread sleep or paralysis, or outspeed what does; who has no entry may still lead (weight 1).
LEAD_WEIGHTS = {
    "Jynx": 12,
    "Gengar": 12,
    "Starmie": 10,
    "Alakazam": 10,
    "Exeggutor": 6,
    "Zapdos": 6,
    "Jolteon": 6,
    "Victreebel": 5,
    "Hypno": 4,
    "Venusaur": 4,
    "Venomoth": 4,
    "Haunter": 4,
    "Electabuzz": 4,
    "Raichu": 4,
    "Kadabra": 4,
    "Ninetales": 4,
    "Electrode": 3,
    "Lapras": 3,
    "Poliwrath": 3,
    "Aerodactyl": 3,
    "Charizard": 2,
    "Tauros": 1,
    "Snorlax": 1,
    "Chansey": 1,
}


@cache
def variety_teams() -> tuple[tuple[Team, ...], tuple[Team, ...]]:
    """The training teams and the held-out teams, in archetype order; no two of all have the same six species."""
    training: list[Team] = []
    held_out: list[Team] = []
    training_species: list[frozenset[str]] = []
    species_taken: set[frozenset[str]] = set()
    for archetype in ARCHETYPES:
        for number in range(TEAMS_PER_ARCHETYPE):
            for attempt in count():
                # The tables are constants: a rule that shuts an archetype out is a bug of this file.
                assert attempt < MAX_ATTEMPTS, f"no team for {archetype.name} {number}"
                team = _draft(archetype, number, attempt)
                if (
                    team.species_ids not in species_taken
                    and broken_rule(team, archetype) is None
                    and not (archetype.held_out and _too_close(team, training_species))
                ):
                    break
            species_taken.add(team.species_ids)
            if archetype.held_out:
                held_out.append(team)
            else:
                training.append(team)
                training_species.append(team.species_ids)
    return tuple(training), tuple(held_out)


def broken_rule(team: Team, archetype: Archetype) -> str | None:
    """The first team-building rule that `team` breaks as one of `archetype`, None when it is sound."""
    sleepers = sum(not SLEEP_MOVES.isdisjoint(pokemon.move_ids) for pokemon in team.sets)
    if not 1 <= sleepers <= MAX_SLEEPERS:
        return f"{sleepers} sleep inducers"
    if all(PARALYSIS_MOVES.isdisjoint(pokemon.move_ids) for pokemon in team.sets):
        return "nobody paralyses"
    for attack, answers in ANSWERS.items():
        if team.species_ids.isdisjoint(answers):
            return f"no answer to {attack}"
    for other in HELD_OUT_ARCHETYPES:
        assert other.signature is not None
        if other.signature.shown_by(team) != (other is archetype):
            return f"signature of {other.name}"
    return None


def _too_close(team: Team, training_species: list[frozenset[str]]) -> bool:
    return any(
        len(team.species_ids & species_ids) > MAX_SHARED_WITH_TRAINING
        for species_ids in training_species
    )


def _draft(archetype: Archetype, number: int, attempt: int) -> Team:
    """A team of the archetype: its core, its picks, a moveset for each, a lead, the rest in random order."""
    key: tuple[str | int, ...] = ("variety", archetype.name, number, attempt)
    chosen = list(archetype.core)
    for group, pick in enumerate(archetype.picks):
        for slot in range(pick.count):
            left = {name: weight for name, weight in pick.options.items() if name not in chosen}
            chosen.append(_weighted(left, *key, "species", group, slot))
    assert len(chosen) == MAX_TEAM_SIZE, f"{archetype.name} drafts {len(chosen)} Pokemon"
    lead = archetype.lead or _weighted(
        {name: LEAD_WEIGHTS.get(name, 1) for name in chosen}, *key, "lead"
    )
    others = sorted(
        (name for name in chosen if name != lead), key=lambda name: seed_from(*key, "order", name)
    )
    sets = tuple(_moveset(name, archetype.traps, key) for name in (lead, *others))
    return Team(name=f"{archetype.name}-{number:02d}", sets=sets, archetype=archetype.name)


def _moveset(species: str, traps: bool, key: tuple[str | int, ...]) -> PokemonSet:
    """One of the species' movesets by weight: a trapping one in a trapping team, if it has any; never in another."""
    trapping = {row: weight for row, weight in MOVESETS[species].items() if _is_trapping(row)}
    others = {row: weight for row, weight in MOVESETS[species].items() if not _is_trapping(row)}
    rows = (trapping or others) if traps else others
    row = _weighted(rows, *key, "moves", species)
    return PokemonSet(species=species, moves=tuple(row.split(" / ")))


def _is_trapping(row: str) -> bool:
    return any(to_id(move) in TRAPPING_MOVES for move in row.split(" / "))


def _weighted(weights: dict[str, int], *key: str | int) -> str:
    """One of the names with probability proportional to its weight, keyed."""
    point = seed_from(*key) % sum(weights.values())
    for name, weight in weights.items():
        point -= weight
        if point < 0:
            return name
    raise AssertionError("the weights sum to more than their sum")
