"""States follow real battles, whatever happens in them, and see no more than their side may."""

import numpy as np
import pytest

from psro.pokemon.choices import PSEUDO_MOVES
from psro.pokemon.simulator.process import LaneUpdate, SimulatorProcess
from psro.pokemon.state import BattleState
from tests.pokemon.random_battles import play_random

SEEDS = range(12)


def _agrees_with_its_request(state: BattleState, update: LaneUpdate) -> None:
    battle, request = state.battle, state.request
    for entry in request["side"]["pokemon"]:
        mon = battle.team[entry["ident"]]
        hp, _, status = entry["condition"].partition(" ")
        assert mon.active == entry["active"]
        assert mon.current_hp == int(hp.split("/")[0])
        assert (mon.status.name.lower() if mon.status else "") == status
        if not mon.fainted:
            assert set(mon.moves) == set(entry["moves"])
    assert all(len(mon.moves) <= 4 for mon in battle.opponent_team.values())
    assert battle.turn == update.turn
    foe = battle.opponent_active_pokemon
    assert foe is not None
    assert foe.active
    legal = set(np.flatnonzero(state.legal_mask).tolist())
    assert legal
    for action, option in enumerate((*state.moves, *state.switches)):
        if action in legal:
            assert option is not None
            assert state.choice(action).split()[1] == str(option.index)
        else:
            with pytest.raises(ValueError, match="illegal"):
                state.choice(action)
    for move in state.moves:
        if move is not None and move.id not in PSEUDO_MOVES and not state.forced_switch:
            assert move.move.id == move.id


@pytest.mark.parametrize("seed", SEEDS)
def test_states_follow_random_battles(simulator: SimulatorProcess, seed: int) -> None:
    """Any Pokemon, any moves: the tracked team is the request's at every decision, and every choice is accepted."""
    (first, second), updates = play_random(simulator, seed, _agrees_with_its_request)
    assert first.battle.finished
    assert second.battle.finished
    assert first.battle.won is (updates[-1].winner == 0)
    assert second.battle.won is (updates[-1].winner == 1)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_side_sees_only_what_it_may(simulator: SimulatorProcess, seed: int) -> None:
    """The foe's HP in percent, its bench only once it was sent out, its moves only once they were used."""
    _, updates = play_random(simulator, seed)
    team = {
        side: {
            entry["details"]
            for update in updates[:1]
            for entry in (update.request0, update.request1)[side]["side"]["pokemon"]
        }
        for side in (0, 1)
    }
    for side in (0, 1):
        foe = f"p{2 - side}"
        seen = set()
        for update in updates:
            for line in (update.lines0, update.lines1)[side]:
                fields = line.split("|")
                if fields[1] == "switch" and fields[2].startswith(foe):
                    seen.add(fields[3])
                if fields[1] in ("switch", "-damage", "-heal") and fields[2].startswith(foe):
                    health = fields[4 if fields[1] == "switch" else 3].split(" ")[0]
                    assert health == "0" or health.endswith("/100"), line
                for hidden in team[1 - side] - seen - team[side]:
                    assert hidden not in fields, f"{line} names {hidden}, not sent out yet"
            request = (update.request0, update.request1)[side]
            if request is not None:
                assert request["side"]["id"] != foe


@pytest.mark.parametrize("seed", SEEDS)
def test_the_foes_bench_is_unknown_until_sent_out(simulator: SimulatorProcess, seed: int) -> None:
    sizes = []
    play_random(simulator, seed, lambda state, _: sizes.append(len(state.battle.opponent_team)))
    assert sizes[:2] == [1, 1]


def test_updates_a_side_does_not_read_are_not_sent(simulator: SimulatorProcess) -> None:
    from psro.machine.seeds import rng_from
    from psro.pokemon.simulator.process import simulator_seed
    from tests.pokemon.random_battles import random_team

    team = random_team(rng_from(1))
    for sides, empty in ((1, "lines1"), (2, "lines0")):
        (update,) = simulator.run(
            [
                ("start", 0, "gen1ou", simulator_seed(1), team, team, sides),
                ("choose", 0, 0, "move 1"),
            ]
        )
        simulator.run([("end", 0)])
        assert getattr(update, empty) == []
        assert update.lines0 or update.lines1
