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
const BOOSTS = [...STATS, 'accuracy', 'evasion'];

/** Volatiles, each with what it keeps: [name in the dump, how it is read from the volatile's state]. */
const VOLATILES = Object.entries({
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
});
/** The last two are set by the gen 1 mod and read by nothing. */
const KNOWN_VOLATILES = new Set([...VOLATILES.map(([id]) => id), 'minimize', 'defensecurl']);

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

  /** Which of the ten choices the request offers: 0-3 its moves, 4-9 switches to original slots. */
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

  /** Puts every entry, always the same ones in the same order, into `out`: Values or Names. */
  write(out) {
    const { battle } = this;
    out.put(battle.turn, 'turn');
    out.put(battle.ended ? 1 : 0, 'ended');
    out.put(this.winner(), 'winner');
    for (let i = 0; i < 4; i++) out.put(battle.prng.rng.seed[i], 'seed', i);
    out.put(this.counter.draws, 'draws');
    out.put(battle.lastDamage, 'last_damage');
    for (const side of battle.sides) {
      out.enter('side', side.n);
      this.side(side, out);
      out.leave();
    }
  }

  side(side, out) {
    const active = side.active[0];
    out.put(REQUESTS[side.requestState] ?? 0, 'request');
    const legal = this.legal(side);
    for (let choice = 0; choice < 10; choice++) out.put(legal[choice], 'legal', choice);
    out.put(side.requestState === 'move' && side.activeRequest.active[0].maybeLocked ? 1 : 0, 'maybe_locked');
    out.put(this.originalSlot(active), 'active_slot');
    out.put(this.move(side.lastSelectedMove), 'last_selected_move');
    out.put(side.lastSelectedMoveSlot, 'last_selected_slot');
    out.put(this.move(side.lastEnemySelectedMove), 'last_enemy_selected_move');
    out.put(this.move(side.lastEnemyMove?.id), 'last_enemy_move');
    for (let slot = 0; slot < 6; slot++) {
      out.enter('pokemon', slot);
      this.pokemon(this.teams[side.n][slot], out);
      out.leave();
    }
    out.enter('active');
    this.active(active, out);
    out.leave();
  }

  pokemon(pokemon, out) {
    const asleep = pokemon?.hp && pokemon.status === 'slp';
    out.put(pokemon?.hp ?? 0, 'hp');
    out.put(pokemon?.maxhp ?? 0, 'max_hp');
    out.put(pokemon?.hp ? STATUSES[pokemon.status] : 0, 'status');
    out.put(asleep ? pokemon.statusState.time : 0, 'sleep_turns');
    out.put(asleep && pokemon.statusState.source?.isAlly(pokemon) ? 1 : 0, 'self_inflicted');
    out.put(pokemon?.subFainted ? 1 : 0, 'sub_broken');
    for (let i = 0; i < 4; i++) out.put(pokemon?.baseMoveSlots[i]?.pp ?? 0, 'pp', i);
  }

  active(pokemon, out) {
    const { storedStats, modifiedStats, boosts } = pokemon;
    if (storedStats.spa !== storedStats.spd || modifiedStats.spa !== modifiedStats.spd || boosts.spa !== boosts.spd) {
      throw new Error(`the two halves of Special differ in ${pokemon.fullname}: give it equal DVs and EVs in both`);
    }
    out.put(pokemon.species.num, 'species');
    if (pokemon.types.length > 2) throw new Error(`${pokemon.fullname} has the types ${pokemon.types}`);
    for (let i = 0; i < 2; i++) out.put(TYPES.indexOf(pokemon.types[i]) + 1, 'type', i);
    out.put(pokemon.transformed ? 1 : 0, 'transformed');
    out.enter('stored');
    for (const stat of STATS) out.put(storedStats[stat], stat);
    out.leave();
    out.enter('modified');
    for (const stat of STATS) out.put(modifiedStats[stat], stat);
    out.leave();
    out.put(pokemon.speed, 'speed');
    out.enter('boost');
    for (const stat of BOOSTS) out.put(boosts[stat], stat);
    out.leave();
    for (let i = 0; i < 4; i++) out.put(this.move(pokemon.moveSlots[i]?.id), 'move', i);
    for (let i = 0; i < 4; i++) out.put(pokemon.moveSlots[i]?.pp ?? 0, 'pp', i);
    out.put(this.move(pokemon.lastMove?.id), 'last_move');
    this.volatiles(pokemon, out);
  }

  volatiles(pokemon, out) {
    const at = { move: (id) => this.move(id), pokemon: (other) => this.reference(pokemon, other) };
    for (const [id, fields] of VOLATILES) {
      const state = pokemon.volatiles[id];
      out.put(state ? 1 : 0, id);
      out.enter(id);
      for (const [name, read] of fields) out.put(state ? read(state, at) : 0, name);
      out.leave();
    }
    for (const id in pokemon.volatiles) {
      if (!KNOWN_VOLATILES.has(id)) throw new Error(`${pokemon.fullname} has the volatile ${id}, which the dump does not know`);
    }
  }

  names() {
    const names = new Names();
    this.write(names);
    return names.names;
  }

  values() {
    const values = new Values();
    this.write(values);
    return values.values;
  }
}

/** Takes the entries' values. Their names are not put together: that would cost more than the rest. */
class Values {
  constructor() {
    this.values = [];
  }

  put(value, name) {
    if (!Number.isInteger(value)) throw new Error(`${name} is ${value}, no integer`);
    this.values.push(value);
  }

  enter() {}

  leave() {}
}

/** Takes the entries' full names. */
class Names {
  constructor() {
    this.names = [];
    this.path = [];
  }

  put(value, ...name) {
    this.names.push([...this.path, ...name].join('.'));
  }

  enter(...name) {
    this.path.push(name.join('.'));
  }

  leave() {
    this.path.pop();
  }
}

module.exports = { Dumper };
