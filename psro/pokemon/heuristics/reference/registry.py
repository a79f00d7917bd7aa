"""The rules by the names of the kernels that follow them."""

from collections.abc import Mapping

from psro.pokemon.heuristics.reference.basic_switcher import BasicSwitcher
from psro.pokemon.heuristics.reference.gen1_boss import Gen1Boss, Gen1Trainer
from psro.pokemon.heuristics.reference.grunt import BugCatcher, Grunt
from psro.pokemon.heuristics.reference.gym_leader import GymLeader
from psro.pokemon.heuristics.reference.max_base_power import MaxBasePower
from psro.pokemon.heuristics.reference.poke_env_heuristic import PokeEnvHeuristic
from psro.pokemon.heuristics.reference.state_policy import StatePolicy

REFERENCES: Mapping[str, type[StatePolicy]] = {
    "max_base_power": MaxBasePower,
    "poke_env_heuristic": PokeEnvHeuristic,
    "gen1_boss": Gen1Boss,
    "gym_leader": GymLeader,
    "gen1_trainer": Gen1Trainer,
    "grunt": Grunt,
    "bug_catcher": BugCatcher,
    "basic_switcher": BasicSwitcher,
}
"""Kind → class, made as class(name, **arguments) with the arguments of the kernel's class in HEURISTICS."""
