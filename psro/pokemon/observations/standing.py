"""How a battle stands at one decision: both teams as sightings and what follows from them once for all actions."""

from poke_env.battle.effect import Effect
from poke_env.battle.pokemon import Pokemon

from psro.pokemon.damage import speed_of
from psro.pokemon.gen1_battle import MAX_TEAM_SIZE
from psro.pokemon.observations.sighting import ASLEEP, FROZEN, Sighting
from psro.pokemon.state import BattleState

_EFFECT_NAMES = {
    Effect.SUBSTITUTE: "substitute",
    Effect.LEECH_SEED: "leech_seed",
    Effect.CONFUSION: "confusion",
    Effect.MIST: "mist",
    Effect.DISABLE: "disabled",
    Effect.BIDE: "biding",
    Effect.RAGE: "raging",
}


class Standing:
    """Both sides at one decision. `own` or `foe` is None only where nothing is active (yet)."""

    def __init__(self, state: BattleState):
        battle = state.battle
        self.own: Sighting | None = None
        self.own_team: list[Sighting] = []
        for pokemon in battle.team.values():
            sighting = Sighting(pokemon, is_own=True, is_active=bool(pokemon.active))
            self.own_team.append(sighting)
            if pokemon.active:
                self.own = sighting
        self.foe: Sighting | None = None
        self.foe_team: list[Sighting] = []
        for pokemon in battle.opponent_team.values():
            sighting = Sighting(pokemon, is_own=False, is_active=bool(pokemon.active))
            self.foe_team.append(sighting)
            if pokemon.active:
                self.foe = sighting
        foe_size = battle._team_size.get(battle.opponent_role or "", MAX_TEAM_SIZE)
        self.num_unrevealed = foe_size - len(self.foe_team)
        self.sightings: dict[int, Sighting] = {id(s.pokemon): s for s in self.own_team}
        self.own_effects = _effects_of(self.own)
        self.foe_effects = _effects_of(self.foe)
        self.foe_substitute = "substitute" in self.foe_effects
        self.own_stages: dict[str, int] = {} if self.own is None else self.own.pokemon.boosts
        self.foe_stages: dict[str, int] = {} if self.foe is None else self.foe.pokemon.boosts
        self.own_accuracy = self.own_stages.get("accuracy", 0)
        self.own_evasion = self.own_stages.get("evasion", 0)
        self.foe_accuracy = self.foe_stages.get("accuracy", 0)
        self.foe_evasion = self.foe_stages.get("evasion", 0)
        self.own_last_move = _last_move(self.own)
        self.foe_last_move = _last_move(self.foe)
        self.sleep_clause_used_on_foe = _any_put_to_sleep(self.foe_team)
        self.sleep_clause_used_on_own = _any_put_to_sleep(self.own_team)
        self.freeze_clause_used_on_foe = True in [
            s.status == FROZEN and s.alive for s in self.foe_team
        ]
        self.own_speed = speed_of(self.own.combatant) if self.own else 0
        self.foe_speed = speed_of(self.foe.combatant) if self.foe else 0

    def sighting_of(self, pokemon: Pokemon) -> Sighting:
        """The sighting of one of the own Pokémon."""
        return self.sightings[id(pokemon)]


def _effects_of(sighting: Sighting | None) -> frozenset[str]:
    if sighting is None or not sighting.pokemon.effects:
        return frozenset()
    return frozenset(
        [_EFFECT_NAMES[effect] for effect in sighting.pokemon.effects if effect in _EFFECT_NAMES]
    )


def _last_move(sighting: Sighting | None) -> str | None:
    last = None if sighting is None else sighting.pokemon.last_move
    return None if last is None else last.id


def _any_put_to_sleep(team: list[Sighting]) -> bool:
    """Whether one is asleep by the other side's move, as Sleep Clause counts it, and not by its own Rest.

    Rest is not told apart in what poke-env tracks: a sleeper is taken to have rested if Rest is the last
    move it used or, once it was switched out and that is forgotten, if it is known to carry Rest.
    """
    for sighting in team:
        if sighting.status == ASLEEP and sighting.alive:
            last = _last_move(sighting)
            rested = last == "rest" if last else ("rest", 1.0) in sighting.known_moves
            if not rested:
                return True
    return False
