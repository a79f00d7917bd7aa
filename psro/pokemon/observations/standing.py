"""How a battle stands at one decision: both teams as sightings and what follows from them once for all actions."""

from poke_env.battle.effect import Effect
from poke_env.battle.pokemon import Pokemon

from psro.pokemon.gen1_battle import LIGHT_SCREEN, MAX_TEAM_SIZE
from psro.pokemon.observations.sighting import ASLEEP, FROZEN, Sighting, sight
from psro.pokemon.state import BattleState

_EFFECT_NAMES = {
    Effect.SUBSTITUTE.name: "substitute",
    Effect.REFLECT.name: "reflect",
    LIGHT_SCREEN.name: "light_screen",
    Effect.LEECH_SEED.name: "leech_seed",
    Effect.CONFUSION.name: "confusion",
    Effect.FOCUS_ENERGY.name: "focus_energy",
    Effect.MIST.name: "mist",
    Effect.DISABLE.name: "disabled",
    Effect.BIDE.name: "biding",
    Effect.RAGE.name: "raging",
}
_NO_EFFECTS: frozenset[str] = frozenset()

Team = list[tuple[Pokemon, Sighting]]


class Standing:
    """Both sides at one decision. `own` or `foe` is None only where nothing is active (yet)."""

    __slots__ = (
        "foe",
        "foe_accuracy",
        "foe_effects",
        "foe_evasion",
        "foe_last_move",
        "foe_pokemon",
        "foe_speed",
        "foe_stages",
        "foe_substitute",
        "foe_team",
        "freeze_clause_used_on_foe",
        "num_unrevealed",
        "own",
        "own_accuracy",
        "own_effects",
        "own_evasion",
        "own_last_move",
        "own_pokemon",
        "own_speed",
        "own_stages",
        "own_team",
        "sightings",
        "sleep_clause_used_on_foe",
        "sleep_clause_used_on_own",
    )

    def __init__(self, state: BattleState):
        battle = state.battle
        self.own: Sighting | None = None
        self.own_pokemon: Pokemon | None = None
        self.own_team: Team = []
        self.sightings: dict[int, Sighting] = {}
        for pokemon in battle.team.values():
            is_active = bool(pokemon._active)
            sighting = sight(pokemon, True, is_active)
            self.own_team.append((pokemon, sighting))
            self.sightings[id(pokemon)] = sighting
            if is_active:
                self.own, self.own_pokemon = sighting, pokemon
        self.foe: Sighting | None = None
        self.foe_pokemon: Pokemon | None = None
        self.foe_team: Team = []
        for pokemon in battle.opponent_team.values():
            is_active = bool(pokemon._active)
            sighting = sight(pokemon, False, is_active)
            self.foe_team.append((pokemon, sighting))
            if is_active:
                self.foe, self.foe_pokemon = sighting, pokemon
        foe_size = battle._team_size.get(battle.opponent_role or "", MAX_TEAM_SIZE)
        self.num_unrevealed = foe_size - len(self.foe_team)
        self.own_effects = _effects_of(self.own_pokemon)
        self.foe_effects = _effects_of(self.foe_pokemon)
        self.foe_substitute = "substitute" in self.foe_effects
        self.own_stages: dict[str, int] = (
            {} if self.own_pokemon is None else self.own_pokemon._boosts
        )
        self.foe_stages: dict[str, int] = (
            {} if self.foe_pokemon is None else self.foe_pokemon._boosts
        )
        self.own_accuracy = self.own_stages.get("accuracy", 0)
        self.own_evasion = self.own_stages.get("evasion", 0)
        self.foe_accuracy = self.foe_stages.get("accuracy", 0)
        self.foe_evasion = self.foe_stages.get("evasion", 0)
        self.own_last_move = _last_move(self.own_pokemon)
        self.foe_last_move = _last_move(self.foe_pokemon)
        self.sleep_clause_used_on_foe = _any_put_to_sleep(self.foe_team)
        self.sleep_clause_used_on_own = _any_put_to_sleep(self.own_team)
        self.freeze_clause_used_on_foe = True in [
            s.status == FROZEN and s.alive for _, s in self.foe_team
        ]
        self.own_speed = self.own.speed if self.own else 0
        self.foe_speed = self.foe.speed if self.foe else 0

    def sighting_of(self, pokemon: Pokemon) -> Sighting:
        """The sighting of one of the own Pokémon."""
        return self.sightings[id(pokemon)]


def _effects_of(pokemon: Pokemon | None) -> frozenset[str]:
    if pokemon is None or not pokemon._effects:
        return _NO_EFFECTS
    # By name, as an Enum's own hash is Python code.
    names = [effect._name_ for effect in pokemon._effects]
    return frozenset([_EFFECT_NAMES[name] for name in names if name in _EFFECT_NAMES])


def _last_move(pokemon: Pokemon | None) -> str | None:
    last = None if pokemon is None else pokemon.last_move
    return None if last is None else last.id


def _any_put_to_sleep(team: Team) -> bool:
    """Whether one is asleep by the other side's move, as Sleep Clause counts it, and not by its own Rest.

    Rest is not told apart in what poke-env tracks: a sleeper is taken to have rested if Rest is the last
    move it used or, once it was switched out and that is forgotten, if it is known to carry Rest.
    """
    for pokemon, sighting in team:
        if sighting.status == ASLEEP and sighting.alive:
            last = _last_move(pokemon)
            rested = last == "rest" if last else ("rest", 1.0) in sighting.moves.known
            if not rested:
                return True
    return False
