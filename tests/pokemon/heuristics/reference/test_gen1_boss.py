"""Each rule of the games' good AI on a state made by hand."""

from psro.pokemon.heuristics.reference.gen1_boss import Gen1Boss, Gen1Trainer
from psro.pokemon.state import BattleState
from tests.pokemon.heuristics.hand_made import chosen, hand_made_state

BOSS, TRAINER = Gen1Boss("boss"), Gen1Trainer("trainer")


def choices(state: BattleState, policy: Gen1Boss | Gen1Trainer = BOSS) -> set[str]:
    """All it may choose, over a grid of draws."""
    actions = {policy.choose(state, [draw / 50]) for draw in range(50)}
    assert all(state.legal_mask[action] for action in actions)
    return {chosen(state, action) for action in actions}


def test_draws_among_the_moves_that_are_not_resisted() -> None:
    state = hand_made_state(
        "Tauros", "Chansey", ("blizzard", "bodyslam", "earthquake"), num_turns=2
    )
    assert choices(state) == {"blizzard", "bodyslam", "earthquake"}
    state = hand_made_state("Tauros", "Gengar", ("blizzard", "bodyslam", "earthquake"), num_turns=2)
    assert choices(state) == {"blizzard", "earthquake"}


def test_does_not_repeat_a_status() -> None:
    moves = ("surf", "thunderwave")
    assert choices(hand_made_state("Starmie", "Tauros", moves, num_turns=2)) == set(moves)
    lines = ("|-status|p2a: Tauros|slp",)
    asleep = hand_made_state("Starmie", "Tauros", moves, num_turns=2, lines=lines)
    assert choices(asleep) == {"surf"}


def test_an_attack_with_a_status_is_no_status_move() -> None:
    lines = ("|-status|p2a: Tauros|par",)
    state = hand_made_state("Snorlax", "Tauros", ("bodyslam", "sing"), num_turns=2, lines=lines)
    assert choices(state) == {"bodyslam"}


def test_favours_boosts_heals_screens_and_transform_on_the_first_turn() -> None:
    moves = ("amnesia", "reflect", "rest", "surf")
    state = hand_made_state("Slowbro", "Rhydon", moves)
    assert choices(state) == {"amnesia", "reflect", "rest"}
    later = hand_made_state("Slowbro", "Rhydon", moves, num_turns=2)
    assert choices(later) == {"amnesia", "reflect", "rest", "surf"}
    assert choices(hand_made_state("Mew", "Tauros", ("transform", "softboiled", "surf"))) == {
        "transform",
        "softboiled",
    }


def test_never_switches_by_choice() -> None:
    bench = {"Alakazam": ("psychic",)}
    state = hand_made_state("Snorlax", "Gengar", ("bodyslam", "selfdestruct"), bench)
    assert choices(state) == {"bodyslam", "selfdestruct"}


def test_forced_it_sends_the_first_of_the_bench() -> None:
    """In the order of the team, not of the alphabet."""
    bench = {"Zapdos": ("thunderbolt",), "Alakazam": ("psychic",)}
    state = hand_made_state("Snorlax", "Gengar", ("bodyslam",), bench, forced=True)
    assert choices(state) == choices(state, TRAINER) == {"zapdos"}


def test_trainer_draws_any_move() -> None:
    bench = {"Alakazam": ("psychic",)}
    state = hand_made_state("Snorlax", "Gengar", ("bodyslam", "rest", "earthquake"), bench)
    assert choices(state, TRAINER) == {"bodyslam", "rest", "earthquake"}
