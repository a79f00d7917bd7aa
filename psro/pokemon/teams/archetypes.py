"""The archetypes of the `variety` set: what each team is built around, and what the held-out ones keep to themselves.

A held-out archetype owns a signature that no training team shows: Pokemon never seen in training (fire types,
fossils), moves never seen (partial trapping), or a core of two Pokemon never seen together (Slowbro with
Lapras, Zapdos with Jolteon). So a policy trained on the training pool meets a new thing, not a new shuffle.
"""

from dataclasses import dataclass

from psro.pokemon.teams.export import PokemonSet, Team, to_id

TRAPPING_MOVES = frozenset({"wrap", "clamp", "firespin", "bind"})


@dataclass(frozen=True)
class Pick:
    """`count` different Pokemon drawn by weight from `options`."""

    count: int
    options: dict[str, int]


@dataclass(frozen=True)
class Signature:
    """Shown by a team when at least `count` of its Pokemon are of `species` or know one of `moves`."""

    species: frozenset[str] = frozenset()
    moves: frozenset[str] = frozenset()
    count: int = 1

    def shown_by(self, team: Team) -> bool:
        return sum(self._carried_by(pokemon) for pokemon in team.sets) >= self.count

    def _carried_by(self, pokemon: PokemonSet) -> bool:
        return pokemon.species_id in self.species or not self.moves.isdisjoint(pokemon.move_ids)


@dataclass(frozen=True)
class Archetype:
    """Six Pokemon: the core, always there, then the picks in order. Held out exactly when it has a signature.

    `lead` is one of the core, or empty: whoever leads best.
    """

    name: str
    core: tuple[str, ...]
    picks: tuple[Pick, ...]
    signature: Signature | None = None
    lead: str = ""

    @property
    def held_out(self) -> bool:
        return self.signature is not None

    @property
    def traps(self) -> bool:
        """Whether this archetype's Pokemon run their trapping sets; nobody else's do."""
        return self.signature is not None and self.signature.moves == TRAPPING_MOVES


def _species(*names: str) -> frozenset[str]:
    return frozenset(to_id(name) for name in names)


PILLARS = {"Tauros": 10, "Snorlax": 8, "Chansey": 8}
STAPLES = {
    "Exeggutor": 6,
    "Starmie": 5,
    "Alakazam": 4,
    "Gengar": 4,
    "Jynx": 3,
    "Rhydon": 3,
    "Zapdos": 3,
    "Cloyster": 3,
    "Slowbro": 2,
    "Lapras": 2,
    "Jolteon": 2,
    "Golem": 2,
    "Hypno": 1,
    "Persian": 1,
    "Victreebel": 1,
    "Articuno": 1,
    "Dragonite": 1,
}
SLEEPERS = {"Exeggutor": 4, "Gengar": 3, "Jynx": 3, "Hypno": 1, "Victreebel": 1, "Venusaur": 1}
ANYONE = PILLARS | STAPLES
FIRE = {
    "Moltres": 4,
    "Charizard": 3,
    "Arcanine": 3,
    "Ninetales": 3,
    "Rapidash": 3,
    "Flareon": 2,
    "Magmar": 2,
}
FOSSILS = {"Aerodactyl": 3, "Omastar": 3, "Kabutops": 3, "Onix": 1}
TRAPPERS = {
    "Cloyster": 3,
    "Victreebel": 3,
    "Dragonite": 3,
    "Tentacruel": 2,
    "Arbok": 1,
    "Lickitung": 1,
    "Tangela": 1,
    "Pinsir": 1,
}

TRAINING_ARCHETYPES = (
    Archetype(
        "balance",
        ("Tauros", "Chansey", "Snorlax"),
        (Pick(1, SLEEPERS), Pick(2, STAPLES)),
    ),
    Archetype(
        "jynx_lead",
        ("Jynx", "Tauros"),
        (Pick(2, {"Chansey": 6, "Snorlax": 6, "Alakazam": 2, "Starmie": 2}), Pick(2, STAPLES)),
        lead="Jynx",
    ),
    Archetype(
        "gengar_lead",
        ("Gengar", "Tauros"),
        (Pick(2, {"Chansey": 6, "Snorlax": 6, "Exeggutor": 3, "Starmie": 2}), Pick(2, STAPLES)),
        lead="Gengar",
    ),
    Archetype(
        "paralysis",
        ("Starmie", "Alakazam"),
        (Pick(2, PILLARS), Pick(1, SLEEPERS), Pick(1, STAPLES)),
    ),
    Archetype(
        "ground_and_rock",
        (),
        (Pick(1, {"Rhydon": 3, "Golem": 2}), Pick(2, PILLARS), Pick(1, SLEEPERS), Pick(2, STAPLES)),
    ),
    Archetype(
        "zapdos",
        ("Zapdos",),
        (Pick(2, PILLARS), Pick(1, SLEEPERS), Pick(2, STAPLES)),
    ),
    Archetype(
        "explosion",
        ("Exeggutor",),
        (
            Pick(
                2, {"Gengar": 3, "Cloyster": 3, "Golem": 3, "Electrode": 2, "Weezing": 2, "Muk": 2}
            ),
            Pick(2, PILLARS),
            Pick(1, ANYONE),
        ),
    ),
    Archetype(
        "normal_spam",
        ("Tauros",),
        (
            Pick(
                2,
                {
                    "Persian": 3,
                    "Kangaskhan": 3,
                    "Dodrio": 3,
                    "Fearow": 1,
                    "Pidgeot": 1,
                    "Raticate": 1,
                    "Lickitung": 1,
                    "Farfetch’d": 1,
                },
            ),
            Pick(1, SLEEPERS),
            Pick(2, ANYONE),
        ),
    ),
    Archetype(
        "lower_walls",
        (),
        (
            Pick(
                2,
                {
                    "Clefable": 3,
                    "Wigglytuff": 2,
                    "Porygon": 3,
                    "Hypno": 3,
                    "Kadabra": 2,
                    "Mr. Mime": 2,
                },
            ),
            Pick(2, PILLARS),
            Pick(1, SLEEPERS),
            Pick(1, ANYONE),
        ),
    ),
    Archetype(
        "lower_waters",
        (),
        (
            Pick(
                2,
                {
                    "Vaporeon": 3,
                    "Gyarados": 3,
                    "Tentacruel": 2,
                    "Poliwrath": 3,
                    "Blastoise": 2,
                    "Golduck": 2,
                    "Dewgong": 1,
                    "Kingler": 1,
                    "Seadra": 1,
                },
            ),
            Pick(2, PILLARS),
            Pick(1, SLEEPERS),
            Pick(1, ANYONE),
        ),
    ),
    Archetype(
        "lower_grounds",
        (),
        (
            Pick(
                2,
                {
                    "Nidoking": 3,
                    "Nidoqueen": 2,
                    "Dugtrio": 3,
                    "Sandslash": 2,
                    "Marowak": 1,
                    "Arbok": 1,
                    "Haunter": 2,
                },
            ),
            Pick(2, PILLARS),
            Pick(1, SLEEPERS),
            Pick(1, ANYONE),
        ),
    ),
    Archetype(
        "grass_sleep",
        (),
        (
            Pick(
                1,
                {
                    "Victreebel": 3,
                    "Venusaur": 3,
                    "Vileplume": 2,
                    "Parasect": 2,
                    "Tangela": 2,
                    "Venomoth": 2,
                    "Butterfree": 1,
                },
            ),
            Pick(3, PILLARS),
            Pick(2, STAPLES),
        ),
    ),
    Archetype(
        "wings",
        (),
        (
            Pick(
                2,
                {
                    "Articuno": 3,
                    "Dragonite": 3,
                    "Dodrio": 2,
                    "Gyarados": 2,
                    "Zapdos": 2,
                    "Scyther": 1,
                },
            ),
            Pick(2, PILLARS),
            Pick(1, SLEEPERS),
            Pick(1, ANYONE),
        ),
    ),
    Archetype(
        "fighters",
        (),
        (
            Pick(2, {"Machamp": 3, "Poliwrath": 3, "Primeape": 2, "Hitmonlee": 1, "Pinsir": 2}),
            Pick(2, PILLARS),
            Pick(1, SLEEPERS),
            Pick(1, ANYONE),
        ),
    ),
    Archetype(
        "fast_electrics",
        (),
        (
            Pick(1, {"Jolteon": 3, "Raichu": 2, "Electabuzz": 2, "Electrode": 1, "Magneton": 1}),
            Pick(2, PILLARS),
            Pick(1, SLEEPERS),
            Pick(2, ANYONE),
        ),
    ),
)

HELD_OUT_ARCHETYPES = (
    Archetype(
        "partial_trapping",
        (),
        (Pick(2, TRAPPERS), Pick(2, PILLARS), Pick(2, ANYONE)),
        Signature(moves=TRAPPING_MOVES),
    ),
    Archetype(
        "slowbro_and_lapras",
        ("Slowbro", "Lapras"),
        (Pick(2, PILLARS), Pick(1, SLEEPERS), Pick(1, ANYONE)),
        Signature(species=_species("Slowbro", "Lapras"), count=2),
    ),
    Archetype(
        "zapdos_and_jolteon",
        ("Zapdos", "Jolteon"),
        (Pick(2, PILLARS), Pick(1, SLEEPERS), Pick(1, ANYONE)),
        Signature(species=_species("Zapdos", "Jolteon"), count=2),
    ),
    Archetype(
        "fire",
        (),
        (Pick(1, FIRE), Pick(2, PILLARS), Pick(1, SLEEPERS), Pick(2, ANYONE)),
        Signature(species=_species(*FIRE)),
    ),
    Archetype(
        "fossils",
        (),
        (Pick(1, FOSSILS), Pick(2, PILLARS), Pick(1, SLEEPERS), Pick(2, ANYONE)),
        Signature(species=_species(*FOSSILS)),
    ),
)

ARCHETYPES = TRAINING_ARCHETYPES + HELD_OUT_ARCHETYPES
