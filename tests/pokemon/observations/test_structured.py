"""The structured view: what it promises on every decision, and single features in positions made for them."""

import copy
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psro.pokemon.observations.facts import MOVE_ID, NUM_IDS, SPECIES_ID
from psro.pokemon.observations.layout import ACTION_FEATURES, STATE_FEATURES, STATE_IDS
from psro.pokemon.observations.structured import StructuredObservation
from psro.pokemon.observations.views import SPECS, spec_of
from psro.pokemon.state import BattleState
from psro.pokemon.teams.export import PokemonSet, Team
from tests.pokemon.observations.random_battles import first_decisions, play_random, wild_team

VIEW = StructuredObservation()
Rows = dict[str, np.ndarray]


def observe(state: BattleState) -> Rows:
    rows = VIEW.spec.empty(1)
    VIEW.write(state, rows, 0)
    return {name: array[0] for name, array in rows.items()}


def team(*sets: tuple[str, str]) -> Team:
    """(species, moves separated by blanks), the lead first."""
    return Team("made", tuple(PokemonSet(name, tuple(moves.split())) for name, moves in sets))


OWN = team(
    ("starmie", "surf thunderbolt thunderwave recover"),
    ("chansey", "icebeam softboiled thunderwave seismictoss"),
    ("tauros", "bodyslam earthquake hyperbeam blizzard"),
    ("snorlax", "bodyslam selfdestruct rest amnesia"),
    ("exeggutor", "sleeppowder psychic explosion stunspore"),
    ("alakazam", "psychic recover thunderwave reflect"),
)
FOE = team(
    ("rhydon", "earthquake rockslide bodyslam substitute"),
    ("jynx", "lovelykiss blizzard psychic rest"),
)


def state_numbers(rows: Rows) -> dict[str, float]:
    return dict(zip(STATE_FEATURES, rows["numbers"].tolist(), strict=True))


def actions(rows: Rows) -> list[dict[str, float]]:
    return [dict(zip(ACTION_FEATURES, row.tolist(), strict=True)) for row in rows["action_numbers"]]


@pytest.fixture(scope="module")
def at_start() -> BattleState:
    return first_decisions((OWN, FOE))[0]


@pytest.mark.parametrize("wild", [False, True], ids=["competitive", "any moves"])
def test_every_decision_is_finite_in_range_and_complete(wild: bool) -> None:
    """On wild teams Transform, Mimic, Metronome, Bide and the rest come out too."""
    seen: list[np.ndarray] = []
    arguments: dict[str, Any] = {"draw_team": wild_team} if wild else {}

    def visit(battle: int, state: BattleState) -> None:
        rows = VIEW.spec.empty(2)
        rows["action_numbers"][1] = 7  # what an earlier decision left behind
        VIEW.write(state, rows, 1)
        VIEW.spec.check(rows, 2)
        assert all(not array[0].any() for array in rows.values()), "wrote into another row"
        for name in ("numbers", "action_numbers"):
            assert np.isfinite(rows[name]).all()
            assert np.abs(rows[name]).max() <= 2.1, name
        for name in ("ids", "action_ids"):
            assert rows[name].min() >= 0
            assert rows[name].max() < NUM_IDS
        table = rows["action_numbers"][1]
        legal = (
            table[:, ACTION_FEATURES.index("move_legal")]
            + table[:, ACTION_FEATURES.index("switch_legal")]
        )
        assert (legal == state.legal_mask).all()
        kind = (
            table[:, ACTION_FEATURES.index("is_move")]
            + table[:, ACTION_FEATURES.index("is_switch")]
        )
        assert (kind[state.legal_mask] == 1).all(), "a legal action without features"
        seen.append(rows["numbers"][1])

    play_random(6, visit, **arguments)
    assert len(seen) > 250
    assert len(np.unique(np.array(seen), axis=0)) > 0.9 * len(seen)


def test_names_are_unique() -> None:
    for names in (STATE_FEATURES, STATE_IDS, ACTION_FEATURES):
        assert len(set(names)) == len(names)


def test_deterministic(at_start: BattleState) -> None:
    first, second = observe(at_start), observe(at_start)
    assert all((first[name] == second[name]).all() for name in first)


@settings(max_examples=20, deadline=None)
@given(moves=st.permutations(range(4)), switches=st.permutations(range(5)))
def test_features_follow_their_action(
    at_start: BattleState, moves: list[int], switches: list[int]
) -> None:
    """Wherever a move or a switch stands, its features are the same, and the state's numbers do not change."""
    permuted = copy.copy(at_start)
    permuted.moves = tuple(at_start.moves[k] for k in moves)
    permuted.switches = tuple(at_start.switches[k] for k in switches)
    order = [*moves, *(4 + k for k in switches)]
    permuted.legal_mask = at_start.legal_mask[order]
    before, after = observe(at_start), observe(permuted)
    assert (after["action_numbers"] == before["action_numbers"][order]).all()
    assert (after["action_ids"] == before["action_ids"][order]).all()
    assert (after["numbers"] == before["numbers"]).all()


def test_moves_tell_what_they_would_do(at_start: BattleState) -> None:
    rows = observe(at_start)
    recover, surf, thunderbolt, thunderwave = actions(rows)[:4]  # by id
    assert [int(k) for k in rows["action_ids"][:4, 0]] == [
        MOVE_ID[id] for id in ("recover", "surf", "thunderbolt", "thunderwave")
    ]
    assert surf["move_effectiveness"] == 2  # ×4, halved
    assert surf["move_stab"] == 1
    assert surf["move_damage"] == pytest.approx(1, abs=0.02)
    assert surf["move_ko_chance"] > 0.95
    assert surf["move_sure_ko"] == 1
    assert surf["move_is_best_damage"] == 1
    assert surf["move_moves_first"] == 1
    assert thunderbolt["move_immune"] == 1
    assert thunderbolt["move_damage"] == 0
    assert thunderbolt["move_useless"] == 1
    assert thunderwave["move_useless"] == 1  # Ground
    assert thunderwave["move_status_lands"] == 0
    assert recover["move_useless"] == 1  # full HP
    assert all(move["move_pp"] == 1 for move in (recover, surf, thunderbolt, thunderwave))


def test_switches_tell_what_they_would_face(at_start: BattleState) -> None:
    rows = observe(at_start)
    names = ("alakazam", "chansey", "exeggutor", "snorlax", "tauros")
    assert [int(k) for k in rows["action_ids"][4:, 0]] == [SPECIES_ID[name] for name in names]
    by_name = dict(zip(names, actions(rows)[4:], strict=True))
    assert by_name["tauros"]["switch_outspeeds"] == 1
    assert by_name["snorlax"]["switch_outspeeds"] == 0
    # Nothing of Rhydon is known, but it is likely to have Earthquake, which Exeggutor resists.
    assert by_name["exeggutor"]["switch_known_threat"] == 0
    assert by_name["tauros"]["switch_likely_threat"] > 0.3
    assert by_name["exeggutor"]["switch_likely_threat"] < by_name["tauros"]["switch_likely_threat"]
    assert by_name["exeggutor"]["switch_has_sleep_move"] == 1
    assert by_name["exeggutor"]["switch_has_explosion"] == 1
    assert by_name["chansey"]["switch_has_healing_move"] == 1


def test_the_state_is_told_from_ones_own_side() -> None:
    own, foe = first_decisions((OWN, FOE))
    mine, theirs = observe(own), observe(foe)
    numbers, mirrored = state_numbers(mine), state_numbers(theirs)
    assert numbers["own_speed"] == mirrored["foe_speed"]
    assert numbers["outspeeds"] == 1 - mirrored["outspeeds"] == 1
    assert numbers["own_type_water"] == mirrored["foe_type_water"] == 1
    assert numbers["own_alive"] == 1
    assert numbers["foe_alive"] == pytest.approx(1 / 3, abs=1e-3)
    ids = dict(zip(STATE_IDS, mine["ids"].tolist(), strict=True))
    assert ids["own_active"] == SPECIES_ID["starmie"]
    assert ids["foe_active"] == SPECIES_ID["rhydon"]
    assert ids["foe_bench0"] == 0, "Jynx has not been seen"


def test_unknown_views_are_refused() -> None:
    with pytest.raises(ValueError, match="structured"):
        spec_of("pixels")
    assert all(spec_of(name).name == name for name in SPECS)


def follow(state: BattleState, *lines: str) -> dict[str, float]:
    """The state's numbers after these lines, on a copy of the battle."""
    later = copy.deepcopy(state)
    later.read(list(lines))
    later.decide(state.request)
    return state_numbers(observe(later))


@pytest.mark.parametrize(
    ("line", "feature", "value"),
    [
        ("|-start|p2a: Rhydon|Light Screen", "foe_light_screen", 1),
        ("|-start|p2a: Rhydon|Reflect", "foe_reflect", 1),
        ("|-start|p2a: Rhydon|Substitute", "foe_substitute", 1),
        ("|-start|p2a: Rhydon|move: Leech Seed", "foe_leech_seed", 1),
        ("|-start|p2a: Rhydon|confusion", "foe_confusion", 1),
        ("|-start|p2a: Rhydon|Disable|Earthquake", "foe_disabled", 1),
        ("|-mustrecharge|p2a: Rhydon", "foe_recharging", 1),
        ("|-status|p2a: Rhydon|slp|[from] move: Sing", "sleep_clause_used_on_foe", 1),
        ("|-status|p2a: Rhydon|frz", "freeze_clause_used_on_foe", 1),
        ("|-status|p2a: Rhydon|par", "foe_status_par", 1),
        ("|-boost|p2a: Rhydon|atk|2", "foe_boost_atk", 2 / 3),
        ("|-damage|p2a: Rhydon|50/100", "foe_hp", 0.5),
        ("|turn|51", "turn", 0.51),
    ],
)
def test_what_happens_is_seen(at_start: BattleState, line: str, feature: str, value: float) -> None:
    assert state_numbers(observe(at_start))[feature] != pytest.approx(value, abs=1e-3)
    assert follow(at_start, line)[feature] == pytest.approx(value, abs=1e-3)


def test_a_sleeping_foe_uses_up_the_clause_but_a_resting_one_does_not(
    at_start: BattleState,
) -> None:
    asleep = "|-status|p2a: Rhydon|slp|[from] move: Rest"
    rested = follow(at_start, "|move|p2a: Rhydon|Rest|p2a: Rhydon", asleep)
    assert rested["foe_status_slp"] == 1
    assert rested["sleep_clause_used_on_foe"] == 0


def test_a_substitute_is_no_ko_and_a_screen_halves(at_start: BattleState) -> None:
    def surf(*lines: str) -> dict[str, float]:
        later = copy.deepcopy(at_start)
        later.read(list(lines))
        later.decide(at_start.request)
        return actions(observe(later))[1]

    behind = surf("|-start|p2a: Rhydon|Substitute")
    assert behind["move_ko_chance"] == behind["move_sure_ko"] == 0
    assert behind["move_damage"] > 0.9
    plain, screened = surf(), surf("|-start|p2a: Rhydon|Light Screen")
    assert 0 < screened["move_least_damage"] < plain["move_least_damage"]
    assert screened["move_sure_ko"] < plain["move_sure_ko"]


def test_known_moves_replace_guesses(at_start: BattleState) -> None:
    before = state_numbers(observe(at_start))
    slam = follow(at_start, "|move|p2a: Rhydon|Earthquake|p1a: Starmie")
    assert before["foe_known_damage"] == 0
    assert slam["foe_known_damage"] > 0.3
    assert slam["foe_num_known_moves"] == 0.25
