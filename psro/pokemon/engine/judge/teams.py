"""Teams for the proof: every species, every move, whether or not OU allows them; keyed by the generator passed in."""

from collections.abc import Sequence

import numpy as np

from psro.pokemon.observations.facts import MOVES as MOVE_FACTS
from psro.pokemon.observations.facts import SPECIES as SPECIES_FACTS
from psro.pokemon.teams.export import MAX_EVS, MAX_IVS, PokemonSet, Team
from psro.pokemon.teams.sets import team_set

SPECIES = tuple(SPECIES_FACTS)
MOVES = tuple(move for move in MOVE_FACTS if move != "struggle")
"""All that a set may list; Struggle comes by itself."""

THEMES: dict[str, str] = {
    "trapping": "wrap bind clamp firespin hyperbeam agility thunderwave substitute toxic confuseray hypnosis rest haze",
    "calling": "metronome metronome mirrormove mirrormove mimic mimic transform transform bodyslam toxic fly wrap bide",
    "sleep": "spore hypnosis lovelykiss sing rest rest haze haze icebeam blizzard ember flamethrower firespin dreameater",
    "brooding": "counter counter bide bide rage rage substitute substitute leechseed toxic toxic seismictoss disable haze",
    "locked": "hyperbeam dig fly skyattack solarbeam thrash petaldance disable swift confuseray thunderwave haze bide rage",
    "explosive": "explosion selfdestruct substitute rage disable highjumpkick jumpkick supersonic fissure horndrill doublekick",
    "boosts": "swordsdance amnesia agility haze growl leer sandattack minimize mist focusenergy acidarmor growth tailwhip screech",
    "screens": "reflect lightscreen conversion mist focusenergy slash razorleaf crabhammer haze psychic acid recover softboiled acidarmor amnesia",
    "multihit": "furyattack pinmissile twineedle doublekick bonemerang substitute counter bide rage leechlife megadrain doubleslap",
    "low_pp": "hyperbeam blizzard fireblast thunder explosion fissure guillotine megakick hydropump recover rest transform roar",
    "flinching": "bite headbutt stomp hyperfang boneclub lowkick rollingkick toxic leechseed poisonpowder substitute psybeam confusion",
    "thawing": "icebeam blizzard icepunch ember flamethrower fireblast haze haze counter spore bide thrash solarbeam rest",
    "lingering": "toxic toxic rest rest poisonpowder poisongas sludge fireblast firespin leechseed splash whirlwind haze",
    "ghosts": "splash roar whirlwind teleport nightshade psywave superfang sonicboom dragonrage lick dreameater tackle wrap",
}
"""Moves that meddle with each other; one that stands twice is drawn twice as often."""

GHOSTLY = ("gastly", "haunter", "gengar")


def random_set(rng: np.random.Generator, moves: Sequence[str] = MOVES) -> PokemonSet:
    """Any species with one to four of `moves`; sometimes an odd level, odd DVs or little training."""
    num_moves = int(rng.choice([4, 4, 4, 4, 4, 4, 3, 2, 1]))
    drawn: list[str] = []
    while len(drawn) < num_moves:
        move = moves[int(rng.integers(len(moves)))]
        if move not in drawn:
            drawn.append(move)
    return PokemonSet(
        species=SPECIES[int(rng.integers(len(SPECIES)))],
        moves=tuple(drawn),
        level=_level(rng),
        evs=MAX_EVS if rng.random() < 0.8 else _evs(rng),
        ivs=MAX_IVS if rng.random() < 0.7 else _ivs(rng),
    )


def random_team(rng: np.random.Generator) -> Team:
    """Anything with anything; the Species Clause is the validator's, so a species may come twice."""
    return Team("random", tuple(random_set(rng) for _ in range(_size(rng))))


def themed_team(rng: np.random.Generator, theme: str) -> Team:
    """Moves of one theme for the most part, so that they meet each other in every battle."""
    moves = THEMES[theme].split()
    # A tenth of the draws from all moves: what the theme did not think of.
    pool = moves * 9 + [MOVES[int(index)] for index in rng.integers(len(MOVES), size=len(moves))]
    sets = [random_set(rng, pool) for _ in range(_size(rng))]
    if theme == "ghosts":
        ghosts = rng.choice(GHOSTLY, len(sets))
        sets = [
            PokemonSet(str(ghost), each.moves, each.level, each.evs, each.ivs)
            for ghost, each in zip(ghosts, sets, strict=True)
        ]
    return Team(theme, tuple(sets))


def real_team(rng: np.random.Generator) -> Team:
    """A team of the project's own: packaged by people, or drafted."""
    teams = team_set("competitive" if rng.random() < 0.5 else "variety").teams
    return teams[int(rng.integers(len(teams)))]


def _size(rng: np.random.Generator) -> int:
    return int(rng.choice([6, 6, 6, 6, 5, 4, 3, 2, 1]))


def _level(rng: np.random.Generator) -> int:
    """100 for the most part, then any; often enough so low that stats reach 1."""
    kind = rng.random()
    if kind < 0.7:
        return 100
    return int(rng.integers(1, 4)) if kind > 0.95 else int(rng.integers(1, 101))


def _evs(rng: np.random.Generator) -> tuple[int, ...]:
    """Any training; Special once for both of its halves."""
    hp, atk, defense, special, speed = (int(ev) for ev in rng.integers(0, 256, size=5))
    return hp, atk, defense, special, special, speed


def _ivs(rng: np.random.Generator) -> tuple[int, ...]:
    """Any DVs, as IVs (twice as high); HP's follows from the others' lowest bits, as in the games."""
    atk, defense, special, speed = (int(dv) for dv in rng.integers(0, 16, size=4))
    hp = (atk & 1) * 8 + (defense & 1) * 4 + (speed & 1) * 2 + (special & 1)
    return 2 * hp, 2 * atk, 2 * defense, 2 * special, 2 * special, 2 * speed
