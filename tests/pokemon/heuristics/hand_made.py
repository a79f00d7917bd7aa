"""BattleStates made by hand: protocol lines and a request, as the simulator would write them."""

from typing import Any

from poke_env.data import GenData

from psro.pokemon import damage
from psro.pokemon.state import BattleState


def hand_made_state(
    own: str,
    foe: str,
    moves: tuple[str, ...],
    bench: dict[str, tuple[str, ...]] | None = None,
    own_hp: float = 1.0,
    foe_hp: int = 100,
    num_turns: int = 1,
    forced: bool = False,
    lines: tuple[str, ...] = (),
) -> BattleState:
    """`own` with `moves` and, in that order, `bench` (species: moves) against `foe` at `foe_hp` per cent.

    `num_turns`: how many turns both have been on the field; `lines`: what happened before the last of them.
    `forced`: `own` has just fainted.
    """
    full = max_hp(own)
    hp = max(1, round(own_hp * full))
    state = BattleState("battle-gen1ou-1", 0)
    state.read(
        [
            f"|switch|p1a: {own}|{own}|{hp}/{full}",
            f"|switch|p2a: {foe}|{foe}|{foe_hp}/100",
            *(f"|turn|{turn}" for turn in range(1, num_turns)),
            *lines,
            "|faint|p1a: " + own if forced else f"|turn|{num_turns}",
        ]
    )
    team = {own: moves} | (bench or {})
    entries = [request_entry(name, known) for name, known in team.items()]
    entries[0] |= {"active": True, "condition": "0 fnt" if forced else f"{hp}/{full}"}
    request: dict[str, Any] = {"side": {"name": "p1", "id": "p1", "pokemon": entries}}
    if forced:
        request["forceSwitch"] = [True]
    else:
        offered = [{"move": m, "id": m, "pp": 10, "maxpp": 10, "disabled": False} for m in moves]
        request["active"] = [{"moves": offered}]
    state.decide(request)
    return state


def request_entry(species: str, moves: tuple[str, ...]) -> dict[str, Any]:
    base = base_stats(species)
    return {
        "ident": f"p1: {species}",
        "details": species,
        "condition": f"{max_hp(species)}/{max_hp(species)}",
        "active": False,
        "stats": {name: damage.stat(base[name]) for name in ("atk", "def", "spa", "spd", "spe")},
        "moves": list(moves),
        "baseAbility": "noability",
        "item": "",
        "pokeball": "pokeball",
    }


def base_stats(species: str) -> dict[str, int]:
    stats: dict[str, int] = GenData.from_gen(1).pokedex[species.lower()]["baseStats"]
    return stats


def max_hp(species: str) -> int:
    return damage.max_hp(base_stats(species)["hp"])


def chosen(state: BattleState, action: int) -> str:
    """The id of the move or species that an action stands for."""
    option = (*state.moves, *state.switches)[action]
    assert option is not None
    return option.id
