'use strict';
/**
 * Makes the simulator's battles faster without changing what happens in them (tests compare their logs, line by line).
 *
 * Events: the simulator looks for handlers of some 60 events a turn, under five names each, on everything there is: status,
 * volatiles, ability, item, species, field, sides. In Gen 1 nearly none of those names exists on anything. `EventNames` knows
 * those that do, and `findEventHandlers` below is sim/battle.js's own, less the searches that cannot find anything.
 *
 * Moves: every use of a move deep-clones its data (`dex.getActiveMove`); the clones here come from one constructor per move.
 *
 * Anything unexpected (a simulator built otherwise, an item or an ability in the battle) leaves the simulator as it is.
 */

const path = require('path');

class EventNames {
  constructor(dex, format) {
    this.dex = dex;
    this.format = format;
    this.names = new Set();
    this.scanned = 0;
    this.events = new Map();
    this.add(format);
    this.add(dex.abilities.get('noability'));
    this.add(dex.items.get(''));
  }

  add(effect) {
    for (const key in effect) if (key.startsWith('on')) this.names.add(key);
  }

  /** Every condition that is in force was got from this cache: new entries may bring new names. */
  rescan() {
    const cache = this.dex.conditions.conditionCache;
    for (const condition of cache.values()) this.add(condition);
    this.scanned = cache.size;
    this.events.clear();
  }

  /** Under which names anything may handle this event. */
  of(eventName) {
    if (this.dex.conditions.conditionCache.size !== this.scanned) this.rescan();
    let event = this.events.get(eventName);
    if (event === undefined) {
      const has = (prefix) => this.names.has(`on${prefix}${eventName}`);
      const prefixed = !['BeforeTurn', 'Update', 'Weather', 'WeatherChange', 'TerrainChange'].includes(eventName);
      event = {
        name: `on${eventName}`,
        plain: has(''),
        ally: prefixed && has('Ally'),
        foe: prefixed && has('Foe'),
        any: prefixed && has('Any'),
        source: prefixed && has('Source'),
      };
      event.none = !(event.plain || event.ally || event.foe || event.any || event.source);
      this.events.set(eventName, event);
    }
    return event;
  }
}

/** sim/battle.js's findEventHandlers, with a question before each search. */
function fastFindEventHandlers(original, names, { Pokemon, Side }) {
  return function findEventHandlers(target, eventName, source) {
    if (Array.isArray(target)) return original.call(this, target, eventName, source);
    const event = names.of(eventName);
    if (event.none) return this.events ? this.findBattleEventHandlers(event.name) : [];
    let handlers = [];
    const shouldBubbleDown = target instanceof Side;
    if (target instanceof Pokemon && (target.isActive || source?.isActive)) {
      if (event.plain) handlers = this.findPokemonEventHandlers(target, event.name);
      if (event.ally || event.any) {
        for (const allyActive of target.alliesAndSelf()) {
          if (event.ally) handlers.push(...this.findPokemonEventHandlers(allyActive, `onAlly${eventName}`));
          if (event.any) handlers.push(...this.findPokemonEventHandlers(allyActive, `onAny${eventName}`));
        }
      }
      if (event.foe || event.any) {
        for (const foeActive of target.foes()) {
          if (event.foe) handlers.push(...this.findPokemonEventHandlers(foeActive, `onFoe${eventName}`));
          if (event.any) handlers.push(...this.findPokemonEventHandlers(foeActive, `onAny${eventName}`));
        }
      }
      target = target.side;
    }
    if (source && event.source) handlers.push(...this.findPokemonEventHandlers(source, `onSource${eventName}`));
    if (target instanceof Side && (event.plain || event.foe || event.any)) {
      for (const side of this.sides) {
        const own = side === target || side === target.allySide;
        if (shouldBubbleDown) {
          for (const active of side.active) {
            if (own && event.plain) handlers.push(...this.findPokemonEventHandlers(active, event.name));
            if (!own && event.foe) handlers.push(...this.findPokemonEventHandlers(active, `onFoe${eventName}`));
            if (event.any) handlers.push(...this.findPokemonEventHandlers(active, `onAny${eventName}`));
          }
        }
        if (side.n < 2 || !side.allySide) {
          if (own && event.plain) handlers.push(...this.findSideEventHandlers(side, event.name));
          if (!own && event.foe) handlers.push(...this.findSideEventHandlers(side, `onFoe${eventName}`));
          if (event.any) handlers.push(...this.findSideEventHandlers(side, `onAny${eventName}`));
        }
      }
    }
    if (event.plain) {
      handlers.push(...this.findFieldEventHandlers(this.field, event.name));
      handlers.push(...this.findBattleEventHandlers(event.name));
    }
    return handlers;
  };
}

/** A constructor of deep clones of a move: the same keys in the same order, on the same prototype. */
function clonerOf(move, dex) {
  const keys = Object.keys(move);
  const isDeep = (value) => value !== null && typeof value === 'object';
  const fields = keys.map((key, i) => `this[${JSON.stringify(key)}] = ${isDeep(move[key]) ? `deepClone(v[${i}])` : `v[${i}]`};`);
  const build = new Function('v', 'deepClone', `return function ActiveMove() { ${fields.join('\n')} };`);
  const cloner = build(Object.values(move), (value) => dex.deepClone(value));
  cloner.prototype = Object.getPrototypeOf(move);
  return cloner;
}

function fastGetActiveMove(dex) {
  const cloners = new Map();
  return function getActiveMove(move) {
    if (move && typeof move.hit === 'number') return move;
    move = dex.moves.get(move);
    // Only what the dex caches, and froze, is sure to be the same every time.
    if (!Object.isFrozen(move)) {
      const clone = dex.deepClone(move);
      clone.hit = 0;
      return clone;
    }
    let cloner = cloners.get(move);
    if (cloner === undefined) cloners.set(move, (cloner = clonerOf(move, dex)));
    const clone = new cloner();
    clone.hit = 0;
    return clone;
  };
}

/** Puts the shortcuts into a new battle, where they hold. */
exports.prepare = function prepare(root) {
  const load = (name) => require(path.join(root, 'dist', 'sim', name));
  const classes = { Pokemon: load('pokemon').Pokemon, Side: load('side').Side };
  const original = load('battle').Battle.prototype.findEventHandlers;
  const known = new Map();
  return (battle) => {
    const { dex, format } = battle;
    if (!(dex.conditions.conditionCache instanceof Map) || typeof original !== 'function') return;
    const pokemon = battle.sides.flatMap((side) => side.pokemon);
    if (pokemon.some((mon) => mon.ability !== 'noability' || mon.item !== '')) return;
    let shortcut = known.get(format.id);
    if (shortcut === undefined) {
      const names = new EventNames(dex, format);
      const find = fastFindEventHandlers(original, names, classes);
      known.set(format.id, (shortcut = { names, find, getActiveMove: fastGetActiveMove(dex) }));
    }
    for (const mon of pokemon) shortcut.names.add(mon.baseSpecies);
    battle.findEventHandlers = shortcut.find;
    dex.getActiveMove = shortcut.getActiveMove;
  };
};
