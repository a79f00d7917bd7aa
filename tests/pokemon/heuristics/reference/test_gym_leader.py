"""Each rule of the gym leader on a state made by hand."""

from psro.pokemon.heuristics.reference.gym_leader import GymLeader
from psro.pokemon.state import BattleState
from tests.pokemon.heuristics.hand_made import chosen, hand_made_state

LEADER = GymLeader("leader")
NEVER, ALWAYS = [0.99, 0.99], [0.0, 0.0]


def choice(state: BattleState, draws: list[float] = NEVER) -> str:
    action = LEADER.choose(state, draws)
    assert state.legal_mask[action]
    return chosen(state, action)


def test_takes_the_most_expected_damage() -> None:
    state = hand_made_state("Tauros", "Chansey", ("blizzard", "bodyslam", "earthquake", "surf"))
    assert choice(state) == "bodyslam"  # 85 × STAB > 100
    state = hand_made_state(
        "Starmie", "Rhydon", ("blizzard", "surf", "thunderbolt", "psychic"), num_turns=2
    )
    assert choice(state) == "surf"


def test_counts_seismic_toss_in_hp() -> None:
    """Its base power of 1 is no measure: 100 HP is most of what Chansey's special attacks do to Alakazam."""
    state = hand_made_state("Chansey", "Alakazam", ("icebeam", "seismictoss", "thunderbolt"))
    assert choice(state) == "seismictoss"


def test_expected_damage_counts_accuracy() -> None:
    state = hand_made_state("Zapdos", "Tauros", ("thunder", "thunderbolt"))
    assert choice(state) == "thunderbolt"  # 95 × 1 > 110 × .7


def test_prefers_a_sure_knock_out_to_more_damage() -> None:
    moves = ("bodyslam", "hyperbeam")
    assert choice(hand_made_state("Tauros", "Alakazam", moves, foe_hp=100)) == "hyperbeam"
    # At 30 % (94 HP) Body Slam surely kills and Hyper Beam may miss.
    assert choice(hand_made_state("Tauros", "Alakazam", moves, foe_hp=30)) == "bodyslam"


def test_knock_out_is_judged_in_hp_and_not_in_per_cent() -> None:
    """Swift does 80 HP or so to Chansey, who at 80 % has 562 left: the original took 80 for that."""
    state = hand_made_state("Persian", "Chansey", ("swift", "slash"), foe_hp=40)
    assert choice(state) == "slash"


def test_switches_when_no_own_type_is_neutral() -> None:
    bench = {"Starmie": ("surf", "blizzard"), "Alakazam": ("psychic",)}
    state = hand_made_state("Snorlax", "Gengar", ("bodyslam", "selfdestruct"), bench)
    assert choice(state) == "alakazam"
    # A single neutral move keeps it in.
    state = hand_made_state("Snorlax", "Gengar", ("bodyslam", "earthquake"), bench)
    assert choice(state) == "earthquake"


def test_stays_when_nobody_is_left() -> None:
    state = hand_made_state("Snorlax", "Gengar", ("bodyslam", "selfdestruct"))
    assert choice(state) in {"bodyslam", "selfdestruct"}


def test_forced_it_sends_who_outspeeds_and_knocks_out() -> None:
    bench = {"Zapdos": ("thunderbolt",), "Jolteon": ("thunderbolt",)}
    # Zapdos has the better types (Flying resists nothing of Starmie's) but is slower than Starmie.
    state = hand_made_state("Tauros", "Starmie", ("bodyslam",), bench, foe_hp=20, forced=True)
    assert choice(state) == "jolteon"


def test_forced_it_sends_the_best_type_score() -> None:
    bench = {"Rhydon": ("earthquake",), "Exeggutor": ("megadrain",), "Chansey": ("icebeam",)}
    state = hand_made_state("Tauros", "Slowbro", ("bodyslam",), bench, forced=True)
    assert choice(state) == "exeggutor"


def test_type_ties_go_to_the_faster() -> None:
    bench = {"Snorlax": ("bodyslam",), "Persian": ("bodyslam",), "Chansey": ("bodyslam",)}
    state = hand_made_state("Rhydon", "Tauros", ("earthquake",), bench, forced=True)
    assert choice(state) == "persian"


def test_own_types_without_an_attack_of_them_do_not_count() -> None:
    bench = {"Exeggutor": ("sleeppowder",), "Jolteon": ("thunderbolt",)}
    state = hand_made_state("Tauros", "Slowbro", ("bodyslam",), bench, forced=True)
    assert choice(state) == "jolteon"


def test_boosts_half_the_time_on_its_first_turn_in_good_health() -> None:
    moves = ("amnesia", "rest", "surf")
    fresh = hand_made_state("Slowbro", "Chansey", moves)
    assert choice(fresh, ALWAYS) == "amnesia"
    assert choice(fresh, [0.49, 0.0]) == "amnesia"
    assert choice(fresh, [0.51, 0.0]) == "surf"
    assert choice(hand_made_state("Slowbro", "Chansey", moves, num_turns=2), ALWAYS) == "surf"
    assert choice(hand_made_state("Slowbro", "Chansey", moves, own_hp=0.85), ALWAYS) == "surf"
    # One stage is not worth it.
    assert choice(hand_made_state("Slowbro", "Chansey", ("withdraw", "surf")), ALWAYS) == "surf"


def test_heals_three_times_in_four_when_low() -> None:
    moves = ("recover", "surf", "thunderwave")
    low = hand_made_state("Starmie", "Chansey", moves, own_hp=0.3, num_turns=3)
    assert choice(low, [0.99, 0.74]) == "recover"
    assert choice(low, [0.0, 0.76]) == "surf"
    assert choice(hand_made_state("Starmie", "Chansey", moves, own_hp=0.4), ALWAYS) == "surf"
    # Rest does not count as a heal.
    low = hand_made_state("Starmie", "Chansey", ("rest", "surf"), own_hp=0.3, num_turns=3)
    assert choice(low, ALWAYS) == "surf"


def test_boosts_and_screens_enter_its_damage() -> None:
    moves = ("bodyslam", "surf")
    assert choice(hand_made_state("Kangaskhan", "Tauros", moves)) == "bodyslam"
    lines = ("|-start|p2a: Tauros|Reflect", "|-boost|p2a: Tauros|def|1")
    assert choice(hand_made_state("Kangaskhan", "Tauros", moves, lines=lines)) == "surf"
