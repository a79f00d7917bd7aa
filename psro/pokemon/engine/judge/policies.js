'use strict';
/**
 * Choosers for the proof's battles: they see nothing but which of the ten choices are legal, and draw from their own generator.
 */

/** How much a choice weighs: [a move, a switch]. A forced switch or a forced move is taken whatever its weight. */
const WEIGHTS = {
  uniform: [1, 1],
  switcher: [1, 4],
  stayer: [1, 0.02],
};
/** Of its decisions, the repeater takes this part as it took its last one of the same kind, which exhausts PP and builds streaks. */
const REPEATS = 0.8;

/** splitmix32 (public domain): 32 bits of state, enough to vary choices. */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return ((z ^ (z >>> 16)) >>> 0) / 2 ** 32;
  };
}

class Policy {
  constructor(name, seed) {
    this.repeats = name === 'repeater';
    this.weights = WEIGHTS[this.repeats ? 'stayer' : name];
    if (this.weights === undefined) throw new Error(`no policy ${name}: choose one of ${Object.keys(WEIGHTS)}, repeater`);
    this.random = generator(seed);
    this.last = -1;
  }

  /** One of the legal choices, or -1 when there is none. */
  choose(legal) {
    if (this.repeats && legal[this.last] && this.random() < REPEATS) return this.last;
    let total = 0;
    for (let choice = 0; choice < 10; choice++) if (legal[choice]) total += this.weights[choice < 4 ? 0 : 1];
    let left = this.random() * total;
    let chosen = -1;
    for (let choice = 0; choice < 10; choice++) {
      if (!legal[choice]) continue;
      chosen = choice;
      left -= this.weights[choice < 4 ? 0 : 1];
      if (left < 0) break;
    }
    if (chosen >= 0 && chosen < 4) this.last = chosen;
    return chosen;
  }
}

module.exports = { Policy };
