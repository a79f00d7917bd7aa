"""Which number stands where in the structured observation: the names of its features, in order.

Names are the documentation and the tests' handle; the code that fills a block writes in the same order, and each
block's length is asserted where it is filled.
"""

NUM_MOVES, NUM_SWITCHES = 4, 5
NUM_ACTIONS = NUM_MOVES + NUM_SWITCHES
NUM_FOE_BENCH = 5
NUM_FOE_MOVES = 4

TYPES = (
    "NORMAL", "FIRE", "WATER", "ELECTRIC", "GRASS", "ICE", "FIGHTING", "POISON", "GROUND", "FLYING",
    "PSYCHIC", "BUG", "ROCK", "GHOST", "DRAGON",
)  # fmt: skip
STATUSES = ("par", "slp", "psn", "tox", "brn", "frz")
BOOSTS = ("atk", "def", "spa", "spe", "accuracy", "evasion")

ACTIVE_FEATURES = (
    "present",
    "hp",
    "hp_points",
    *(f"status_{s}" for s in STATUSES),
    "turns_asleep",
    "turns_badly_poisoned",
    *(f"boost_{b}" for b in BOOSTS),
    "max_hp",
    "attack",
    "defense",
    "special_attack",
    "special_defense",
    "speed",
    *(f"type_{t.lower()}" for t in TYPES),
    "substitute",
    "reflect",
    "light_screen",
    "leech_seed",
    "confusion",
    "focus_energy",
    "mist",
    "disabled",
    "recharging",
    "preparing",
    "biding_or_raging",
    "trapping",
    "transformed",
    "turns_active",
)
GLOBAL_FEATURES = (
    "turn",
    "forced_switch",
    "own_alive",
    "foe_alive",
    "alive_difference",
    "own_team_hp",
    "foe_team_hp",
    "team_hp_difference",
    "own_statused",
    "foe_statused",
    "own_asleep_or_frozen",
    "foe_asleep_or_frozen",
    "foe_unrevealed",
    "sleep_clause_used_on_foe",
    "sleep_clause_used_on_own",
    "freeze_clause_used_on_foe",
    "outspeeds",
    "speed_ratio",
    "best_damage",
    "best_ko_chance",
    "foe_known_damage",
    "foe_known_ko_chance",
    "foe_likely_damage",
    "foe_likely_ko_chance",
    "foe_may_explode",
    "foe_may_sleep",
    "foe_may_paralyze",
    "foe_may_heal",
    "foe_num_known_moves",
    "num_switches",
)

FOE_BENCH_FEATURES = (
    "revealed",
    "hp",
    "fainted",
    "statused",
    "asleep_or_frozen",
    "outspeeds",
    "likely_damage",
)

STATE_FEATURES = (
    *(f"own_{f}" for f in ACTIVE_FEATURES),
    *(f"foe_{f}" for f in ACTIVE_FEATURES),
    *GLOBAL_FEATURES,
    *(f"foe_bench{k}_{f}" for k in range(NUM_FOE_BENCH) for f in FOE_BENCH_FEATURES),
)

STATE_IDS = (
    "own_active",
    "foe_active",
    *(f"own_bench{k}" for k in range(NUM_SWITCHES)),
    *(f"foe_bench{k}" for k in range(NUM_FOE_BENCH)),
    "own_last_move",
    "foe_last_move",
    *(f"foe_move{k}" for k in range(NUM_FOE_MOVES)),
)

STATIC_MOVE_FEATURES = (
    "power",
    "accuracy",
    "priority",
    "physical",
    "special",
    "no_damage",
    *(f"inflicts_{s}" for s in STATUSES),
    "confuses",
    "flinches",
    "own_atk",
    "own_def",
    "own_spc",
    "own_spe",
    "own_evasion",
    "foe_atk",
    "foe_def",
    "foe_spc",
    "foe_spe",
    "foe_accuracy",
    "heals",
    "rests",
    "drains",
    "recoils",
    "recharges",
    "explodes",
    "traps",
    "charges",
    "rampages",
    "fixed_damage",
    "num_hits",
    "high_critical",
    "one_hit_ko",
    "counters",
    "seeds",
    "makes_substitute",
    "sets_reflect",
    "sets_light_screen",
    "hazes",
    "calls_or_copies_moves",
)

DYNAMIC_MOVE_FEATURES = (
    "legal",
    "pp",
    "pp_low",
    "effectiveness",
    "resisted",
    "immune",
    "stab",
    "hit_chance",
    "damage",
    "damage_of_max",
    "least_damage",
    "ko_chance",
    "sure_ko",
    "is_best_damage",
    "moves_first",
    "status_lands",
    "gain",
    "useless",
    "last_used",
)

SWITCH_FEATURES = (
    "legal",
    "hp",
    "hp_points",
    *(f"status_{s}" for s in STATUSES),
    "turns_asleep",
    "outspeeds",
    "speed_ratio",
    "best_damage",
    "best_damage_of_max",
    "best_ko_chance",
    "known_threat",
    "known_threat_of_max",
    "known_threat_ko_chance",
    "likely_threat",
    "likely_threat_ko_chance",
    "exchange",
    "type_advantage",
    "type_weakness",
    "has_sleep_move",
    "has_paralysis_move",
    "has_healing_move",
    "has_explosion",
    "forced",
)

ACTION_FEATURES = (
    "is_move",
    *(f"move_{f}" for f in STATIC_MOVE_FEATURES),
    *(f"move_{f}" for f in DYNAMIC_MOVE_FEATURES),
    "is_switch",
    *(f"switch_{f}" for f in SWITCH_FEATURES),
)
