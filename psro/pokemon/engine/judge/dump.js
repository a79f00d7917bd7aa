'use strict';
/**
 * The canonical dump of a Gen 1 battle: a fixed number of integers, one after every decision point. README.md lists and explains
 * them; layout.py holds the same names in the same order, and the greeting of host.js lets it check that.
 */

/** The order of Gen 1's types in the games' own type table, from 1; 0 is none. */
const TYPES = [
  'Normal', 'Fighting', 'Flying', 'Poison', 'Ground', 'Rock', 'Bug', 'Ghost',
  'Fire', 'Water', 'Grass', 'Electric', 'Psychic', 'Ice', 'Dragon',
];
const STATUSES = { '': 0, brn: 1, par: 2, slp: 3, frz: 4, psn: 5, tox: 6 };
/** Moves that no set can have: what a side "selected" before its first turn and while it could not select. */
const PSEUDO_MOVES = { nomove: -1, cannotmove: -2 };
const REQUESTS = { move: 1, switch: 2 };
const STATS = ['atk', 'def', 'spe', 'spa'];

/** Volatiles, each with what it keeps: [name in the dump, how it is read from the volatile's state]. */
const VOLATILES = {
  confusion: [['time', (v) => v.time]],
  flinch: [],
  mustrecharge: [],
  partialtrappinglock: [
    ['move', (v, at) => at.move(v.move)],
    ['duration', (v) => v.duration],
    ['total_duration', (v) => v.totalDuration],
    ['damage', (v) => v.damage],
    ['locked', (v, at) => at.pokemon(v.locked)],
  ],
  partiallytrapped: [
    ['duration', (v) => v.duration],
    ['maybe_locked', (v) => (v.maybeLocked ? 1 : 0)],
    ['source', (v, at) => at.pokemon(v.source)],
  ],
  fakepartiallytrapped: [
    ['duration', (v) => v.duration],
    ['counterpart', (v, at) => at.pokemon(v.counterpart)],
  ],
  lockedmove: [
    ['move', (v, at) => at.move(v.move)],
    ['time', (v) => v.time],
    ['accuracy', (v) => v.accuracy],
  ],
  twoturnmove: [['move', (v, at) => at.move(v.move)]],
  invulnerability: [],
  bide: [
    ['damage', (v) => v.damage],
    ['time', (v) => v.time],
  ],
  disable: [
    ['move', (v, at) => at.move(v.move)],
    ['slot', (v) => v.slotIndex],
    ['time', (v) => v.time],
  ],
  rage: [['accuracy', (v) => v.accuracy]],
  substitute: [['hp', (v) => v.hp]],
  residualdmg: [['counter', (v) => v.counter]],
  leechseed: [],
  focusenergy: [],
  mist: [],
  lightscreen: [],
  reflect: [],
};
/** Volatiles that the gen 1 mod sets and nothing reads. */
const IDLE_VOLATILES = new Set(['minimize', 'defensecurl']);

/** Everything about one battle that its dump needs and that never changes. */
class Dumper {
  constructor(battle, counter) {
    this.battle = battle;
    this.counter = counter;
    /** The Pokémon of both sides in their teams' order; `side.pokemon` is reordered by every switch. */
    this.teams = battle.sides.map((side) => side.pokemon.slice());
  }

  originalSlot(pokemon) {
    return this.teams[pokemon.side.n].indexOf(pokemon);
  }

  move(id) {
    if (!id) return 0;
    const num = PSEUDO_MOVES[id] ?? this.battle.dex.moves.get(id).num;
    if (num === 0) throw new Error(`no number for the move ${id}`);
    return num;
  }

  /** A Pokémon as another one's volatile refers to it: 0 to 5 the other side's original slot, 6 to 11 its own side's. */
  reference(from, pokemon) {
    return this.originalSlot(pokemon) + (pokemon.side === from.side ? 6 : 0);
  }

  /** Which of the ten choices the simulator accepts now: 0-3 moves of the request, 4-9 switches to original slots. */
  legal(side) {
    const legal = new Array(10).fill(0);
    const { activeRequest } = side;
    const request = side.requestState;
    if (request === '') return legal;
    let canSwitch = request === 'switch';
    if (request === 'move') {
      const { moves, trapped } = activeRequest.active[0];
      for (let i = 0; i < moves.length; i++) if (!moves[i].disabled) legal[i] = 1;
      canSwitch = !trapped && !side.active[0].trapped;
    }
    if (canSwitch) {
      this.teams[side.n].forEach((pokemon, slot) => {
        if (!pokemon.fainted && !side.active.includes(pokemon)) legal[4 + slot] = 1;
      });
    }
    return legal;
  }

  winner() {
    if (!this.battle.ended) return -2;
    return { p1: 0, p2: 1 }[this.battle.winner] ?? -1;
  }

  /** Calls put(name, value) for every entry, always the same names in the same order. */
  each(put) {
    const { battle } = this;
    put('turn', battle.turn);
    put('ended', battle.ended ? 1 : 0);
    put('winner', this.winner());
    battle.prng.rng.seed.forEach((word, i) => put(`seed.${i}`, word));
    put('draws', this.counter.draws);
    put('last_damage', battle.lastDamage);
    for (const side of battle.sides) this.side(side, (name, value) => put(`side.${side.n}.${name}`, value));
  }

  side(side, put) {
    const active = side.active[0];
    put('request', REQUESTS[side.requestState] ?? 0);
    this.legal(side).forEach((legal, choice) => put(`legal.${choice}`, legal));
    put('maybe_locked', side.requestState === 'move' && side.activeRequest.active[0].maybeLocked ? 1 : 0);
    put('active_slot', this.originalSlot(active));
    put('last_selected_move', this.move(side.lastSelectedMove));
    put('last_selected_slot', side.lastSelectedMoveSlot);
    put('last_enemy_selected_move', this.move(side.lastEnemySelectedMove));
    put('last_enemy_move', this.move(side.lastEnemyMove?.id));
    for (let slot = 0; slot < 6; slot++) {
      this.pokemon(this.teams[side.n][slot], (name, value) => put(`pokemon.${slot}.${name}`, value));
    }
    this.active(active, (name, value) => put(`active.${name}`, value));
  }

  pokemon(pokemon, put) {
    const asleep = pokemon?.hp && pokemon.status === 'slp';
    put('hp', pokemon?.hp ?? 0);
    put('max_hp', pokemon?.maxhp ?? 0);
    put('status', pokemon?.hp ? STATUSES[pokemon.status] : 0);
    put('sleep_turns', asleep ? pokemon.statusState.time : 0);
    put('self_inflicted', asleep && pokemon.statusState.source?.isAlly(pokemon) ? 1 : 0);
    put('sub_broken', pokemon?.subFainted ? 1 : 0);
    for (let i = 0; i < 4; i++) put(`pp.${i}`, pokemon?.baseMoveSlots[i]?.pp ?? 0);
  }

  active(pokemon, put) {
    const { storedStats, modifiedStats, boosts } = pokemon;
    if (storedStats.spa !== storedStats.spd || modifiedStats.spa !== modifiedStats.spd || boosts.spa !== boosts.spd) {
      throw new Error(`the two halves of Special differ in ${pokemon.fullname}: give it equal DVs and EVs in both`);
    }
    put('species', pokemon.species.num);
    if (pokemon.types.length > 2) throw new Error(`${pokemon.fullname} has the types ${pokemon.types}`);
    for (let i = 0; i < 2; i++) put(`type.${i}`, TYPES.indexOf(pokemon.types[i]) + 1);
    put('transformed', pokemon.transformed ? 1 : 0);
    for (const stat of STATS) put(`stored.${stat}`, storedStats[stat]);
    for (const stat of STATS) put(`modified.${stat}`, modifiedStats[stat]);
    put('speed', pokemon.speed);
    for (const stat of [...STATS, 'accuracy', 'evasion']) put(`boost.${stat}`, boosts[stat]);
    for (let i = 0; i < 4; i++) put(`move.${i}`, this.move(pokemon.moveSlots[i]?.id));
    for (let i = 0; i < 4; i++) put(`pp.${i}`, pokemon.moveSlots[i]?.pp ?? 0);
    put('last_move', this.move(pokemon.lastMove?.id));
    this.volatiles(pokemon, put);
  }

  volatiles(pokemon, put) {
    const at = { move: (id) => this.move(id), pokemon: (other) => this.reference(pokemon, other) };
    let known = 0;
    for (const [id, fields] of Object.entries(VOLATILES)) {
      const state = pokemon.volatiles[id];
      put(id, state ? 1 : 0);
      for (const [name, read] of fields) put(`${id}.${name}`, state ? read(state, at) : 0);
      if (state) known++;
    }
    for (const id in pokemon.volatiles) {
      if (IDLE_VOLATILES.has(id)) known++;
      else if (!(id in VOLATILES)) throw new Error(`${pokemon.fullname} has the volatile ${id}, which the dump does not know`);
    }
    if (known !== Object.keys(pokemon.volatiles).length) throw new Error(`${pokemon.fullname}: volatiles miscounted`);
  }

  names() {
    const names = [];
    this.each((name) => names.push(name));
    return names;
  }

  values() {
    const values = [];
    this.each((name, value) => {
      if (!Number.isInteger(value)) throw new Error(`${name} is ${value}, no integer`);
      values.push(value);
    });
    return values;
  }
}

module.exports = { Dumper };
