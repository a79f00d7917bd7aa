"""Records of what poke-env tracks: one side of a battle on the simulator, as its BattleState has it at a decision."""

from functools import cache
from struct import Struct

import numpy as np
from numpy.typing import NDArray
from poke_env.battle.move import Move
from poke_env.battle.pokemon import Pokemon
from poke_env.data import GenData

from psro.pokemon.gen1_battle import LIGHT_SCREEN, MAX_TEAM_SIZE
from psro.pokemon.observations.facts import SPECIES
from psro.pokemon.observations.layout import STATUSES
from psro.pokemon.observations.records import record
from psro.pokemon.observations.records.record import EFFECT_WORDS, MOVES_PER_POKEMON, WIDTH
from psro.pokemon.observations.records.tables import BOOST_NAMES, MOVE_NUMBER, type_number
from psro.pokemon.state import BattleState, MoveOption, SwitchOption

_ROW = Struct(f"={WIDTH}h")
_NO_POKEMON = (0,) * record.POKEMON_WIDTH
_NO_OPTION = (0,) * record.OPTION_WIDTH
_PADDING = ((0, 0, 0, 0), (0, 0, 0), (0, 0), (0,), ())
"""By the number of moves."""
_STATUS = {name.upper(): 1 + k for k, name in enumerate(STATUSES)} | {"FNT": record.FAINTED}
"""By the names of poke-env's Status: an Enum's own hash is Python code."""
_CONDITIONS = {
    "SUBSTITUTE": record.SUBSTITUTE,
    "REFLECT": record.REFLECT,
    LIGHT_SCREEN.name: record.LIGHT_SCREEN,
    "LEECH_SEED": record.LEECH_SEED,
    "CONFUSION": record.CONFUSION,
    "FOCUS_ENERGY": record.FOCUS_ENERGY,
    "MIST": record.MIST,
    "DISABLE": record.DISABLED,
    "BIDE": record.BIDING,
    "RAGE": record.RAGING,
}


def fill_record(state: BattleState, records: NDArray[np.int16], row: int) -> None:
    """Fills `records[row]`, [N, WIDTH], with the decision that `state` stands for.

    Raises ValueError for what has no place in a record: a Pokémon with more than four moves, an unknown move or effect.
    """
    battle = state.battle
    values: list[int] = []
    own_slot = foe_slot = -1
    slots: dict[int, int] = {}
    for slot, (ident, pokemon) in enumerate(battle._team.items()):
        slots[id(pokemon)] = slot + 1
        if pokemon._active:
            own_slot, own, own_ident = slot, pokemon, ident
        numbers = [MOVE_NUMBER[id] for id in _moves_of(pokemon)]
        stats = pokemon._stats
        values += _identity(pokemon)
        values += numbers
        values += _pad(numbers, pokemon)
        values += (stats["atk"], stats["def"], stats["spa"], stats["spe"])  # type: ignore[arg-type]
    values += _NO_POKEMON * (MAX_TEAM_SIZE - len(battle._team))
    for slot, (ident, pokemon) in enumerate(battle._opponent_team.items()):
        if pokemon._active:
            foe_slot, foe, foe_ident = slot, pokemon, ident
        moves = _moves_of(pokemon)
        numbers = [MOVE_NUMBER[id] for id in moves]
        padding = _pad(numbers, pokemon)
        values += _identity(pokemon)
        values += numbers
        values += padding
        values += [move._current_pp for move in moves.values()]
        values += padding
    values += _NO_POKEMON * (MAX_TEAM_SIZE - len(battle._opponent_team))
    if own_slot < 0 or foe_slot < 0:
        raise ValueError("a decision without a Pokémon on either side of the field")
    previous = battle.previous_moves
    values += _active(own, own_slot, previous.get(own_ident))
    values += _active(foe, foe_slot, previous.get(foe_ident))
    for option in state.moves:
        values += (
            _NO_OPTION if option is None else (MOVE_NUMBER[option.id], option.pp, option.max_pp)
        )
    values += [0 if switch is None else slots[id(switch.pokemon)] for switch in state.switches]
    legal = 0
    for action, is_legal in enumerate(state.legal_mask.tolist()):
        legal |= is_legal << action
    team_size = battle._team_size.get(battle.opponent_role or "", MAX_TEAM_SIZE)
    values += (battle._turn, state.forced_switch, team_size, legal)
    values += (_order(state.moves), _order(state.switches))
    records[row] = np.frombuffer(_ROW.pack(*values), np.int16)


def _order(options: tuple[MoveOption | None, ...] | tuple[SwitchOption | None, ...]) -> int:
    """The options' places in the request, packed."""
    packed = 0
    for k, option in enumerate(options):
        if option is not None:
            packed |= option.index << (record.ORDER_BITS * k)
    return packed


def _identity(pokemon: Pokemon) -> tuple[int, int, int, int, int, int]:
    """A block up to its moves."""
    status = pokemon._status
    return (
        SPECIES[pokemon._species].number,
        pokemon._level,
        pokemon._current_hp or 0,
        pokemon._max_hp or 0,
        record.HEALTHY if status is None else _STATUS[status._name_],
        pokemon._status_counter,
    )


def _moves_of(pokemon: Pokemon) -> dict[str, Move]:
    """`pokemon.moves`, by a short cut where nothing is mimicked or copied."""
    moves = pokemon._moves
    if moves._transform_moves is None and moves._mimic_move is None:
        return moves._base_moves
    return pokemon.moves


def _pad(numbers: list[int], pokemon: Pokemon) -> tuple[int, ...]:
    if len(numbers) > MOVES_PER_POKEMON:
        raise ValueError(f"{pokemon.species} has moves {list(pokemon.moves)}: more than four")
    return _PADDING[len(numbers)]


def _active(pokemon: Pokemon, slot: int, previous: str | None) -> list[int]:
    form = SPECIES[pokemon._species].number
    if pokemon._temporary_base_stats is not None:
        form = _form_of()[id(pokemon._temporary_base_stats)]
    types = [type_number(kind._name_) for kind in pokemon.types]
    if len(types) == 1:
        types.append(record.NO_TYPE)
    boosts = pokemon._boosts
    conditions = 0
    for effect in pokemon._effects:
        conditions |= _CONDITIONS.get(effect._name_, 0)
    if pokemon._must_recharge:
        conditions |= record.RECHARGING
    if pokemon.preparing:
        conditions |= record.PREPARING
    if pokemon.transformed:
        conditions |= record.TRANSFORMED
    last = pokemon.last_move
    return [
        slot,
        form,
        *types,
        *[boosts[name] for name in BOOST_NAMES],
        conditions,
        0 if last is None else MOVE_NUMBER[last.id],
        pokemon._active_turns,
        _effect(pokemon) if pokemon._effects else 0,
        0 if previous is None else MOVE_NUMBER[previous],
    ]


def _effect(pokemon: Pokemon) -> int:
    effects = pokemon._effects
    name = min(effects, key=effects.__getitem__).name
    return EFFECT_WORDS.index("".join(char for char in name if char.isalpha()).lower())


@cache
def _form_of() -> dict[int, int]:
    """Species by the identity of the base stats that poke-env gives a transformed Pokémon."""
    pokedex = GenData.from_gen(1).pokedex
    return {id(pokedex[one.id]["baseStats"]): one.number for one in SPECIES.values()}
