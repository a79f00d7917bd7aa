"""What the dump says of battles whose course is known."""

import numpy as np
import pytest

from psro.pokemon.engine.judge.layout import PLACES, VOLATILES
from psro.pokemon.engine.judge.process import JudgeProcess
from psro.pokemon.engine.judge.record import BattleRecord, Choices
from psro.pokemon.observations.facts import MOVES, SPECIES

SEED = 0x0123456789ABCDEF


def team(*sets: str) -> str:
    """Packed, from `species: move move`."""
    packed = []
    for each in sets:
        species, _, moves = each.partition(":")
        packed.append(f"{species}||||{','.join(moves.split())}|||||||")
    return "]".join(packed)


def replay(
    judge: JudgeProcess, team0: str, team1: str, *choices: Choices, seed: int = SEED
) -> np.ndarray:
    judgement = judge.replay(BattleRecord(seed, (team0, team1), choices))
    assert judgement.error is None, judgement.error
    return judgement.dumps


def value(dump: np.ndarray, name: str) -> int:
    return int(dump[PLACES[name]])


def legal(dump: np.ndarray, side: int) -> list[int]:
    return [choice for choice in range(10) if value(dump, f"side.{side}.legal.{choice}")]


def test_the_start(judge: JudgeProcess) -> None:
    (start,) = replay(judge, team("Mew: tackle splash", "Abra: rest"), team("Muk: splash"))
    assert value(start, "turn") == 1
    assert (value(start, "ended"), value(start, "winner")) == (0, -2)
    assert value(start, "draws") == 0
    assert [value(start, f"seed.{word}") for word in range(4)] == [0x0123, 0x4567, 0x89AB, 0xCDEF]
    assert legal(start, 0) == [0, 1, 5]
    assert legal(start, 1) == [0]
    assert value(start, "side.0.pokemon.0.hp") == value(start, "side.0.pokemon.0.max_hp") == 403
    assert value(start, "side.0.pokemon.2.max_hp") == 0
    assert value(start, "side.0.active.species") == SPECIES["mew"].number
    assert value(start, "side.1.active.move.0") == MOVES["splash"].number
    assert value(start, "side.1.active.pp.0") == 61
    assert value(start, "side.0.last_selected_move") == -1


def test_switches_name_original_slots(judge: JudgeProcess) -> None:
    sets = team("Mew: splash", "Abra: splash", "Muk: splash")
    dumps = replay(judge, sets, sets, (5, 0), (6, 6), (4, 0))
    assert [value(dump, "side.0.active_slot") for dump in dumps] == [0, 1, 2, 0]
    assert [value(dump, "side.1.active_slot") for dump in dumps] == [0, 0, 2, 2]
    assert legal(dumps[2], 0) == [0, 4, 5]


def test_substitute_and_its_hp(judge: JudgeProcess) -> None:
    dumps = replay(judge, team("Mew: substitute"), team("Muk: splash"), (0, 0))
    assert value(dumps[1], "side.0.active.substitute") == 1
    assert value(dumps[1], "side.0.active.substitute.hp") == 403 // 4 + 1
    assert value(dumps[1], "side.0.pokemon.0.hp") == 403 - 403 // 4


def test_transform_shows_what_is_copied(judge: JudgeProcess) -> None:
    dumps = replay(judge, team("Ditto: transform"), team("Mewtwo: splash barrier"), (0, 1))
    after = dumps[1]
    assert value(after, "side.0.active.transformed") == 1
    assert value(after, "side.0.active.species") == SPECIES["mewtwo"].number
    assert value(after, "side.0.active.move.1") == MOVES["barrier"].number
    assert value(after, "side.0.active.pp.1") == 5
    # Its own PP stays with it, and pays for the Transform.
    assert value(after, "side.0.pokemon.0.pp.0") == 15
    # Mewtwo, faster, has raised its Defense before it is copied.
    assert value(after, "side.0.active.boost.def") == 2
    assert value(after, "side.0.active.modified.def") == value(after, "side.1.active.modified.def")


def test_rest_is_sleep_of_ones_own_making(judge: JudgeProcess) -> None:
    dumps = replay(judge, team("Mew: rest"), team("Muk: tackle"), (0, 0), (0, 0), (0, 0))
    rested = next(dump for dump in dumps if value(dump, "side.0.pokemon.0.status") == 3)
    assert value(rested, "side.0.pokemon.0.self_inflicted") == 1
    assert value(rested, "side.0.pokemon.0.sleep_turns") == 2
    # Asleep it has "Fight" alone, which is choice 0.
    assert legal(rested, 0) == [0]


def test_a_lock_leaves_choice_0(judge: JudgeProcess) -> None:
    dumps = replay(
        judge, team("Mew: splash dig", "Abra: rest"), team("Muk: splash"), (1, 0), (0, 0)
    )
    assert value(dumps[1], "side.0.active.twoturnmove.move") == MOVES["dig"].number
    assert value(dumps[1], "side.0.active.invulnerability") == 1
    assert legal(dumps[1], 0) == [0]
    assert value(dumps[2], "side.0.active.twoturnmove") == 0
    assert legal(dumps[2], 0) == [0, 1, 5]


def test_a_faint_asks_for_a_switch_and_the_other_waits(judge: JudgeProcess) -> None:
    dumps = replay(
        judge, team("Mew: explosion", "Abra: splash"), team("Gastly: splash", "Muk: splash"), (0, 0)
    )
    assert value(dumps[1], "side.0.request") == 2
    assert legal(dumps[1], 0) == [5]
    assert value(dumps[1], "side.1.request") == 0
    assert legal(dumps[1], 1) == []
    assert value(dumps[1], "side.0.pokemon.0.hp") == 0


def test_the_end_and_its_winner(judge: JudgeProcess) -> None:
    dumps = replay(judge, team("Gengar: explosion"), team("Haunter: splash"), (0, 0))
    assert (value(dumps[1], "ended"), value(dumps[1], "winner")) == (1, 1)
    assert legal(dumps[1], 0) == legal(dumps[1], 1) == []


def test_a_pokemon_whose_special_halves_differ_is_refused(judge: JudgeProcess) -> None:
    odd = "Mew||||splash||||30,30,30,10,30,30|||"
    judgement = judge.replay(BattleRecord(SEED, (odd, team("Muk: splash")), ()))
    assert judgement.error is not None
    assert "Special differ" in judgement.error


@pytest.mark.parametrize("volatile", VOLATILES)
def test_every_volatile_has_its_own_place(volatile: str) -> None:
    start = PLACES[f"side.1.active.{volatile}"]
    fields = [PLACES[f"side.1.active.{volatile}.{field}"] for field in VOLATILES[volatile]]
    assert fields == list(range(start + 1, start + 1 + len(fields)))
