'use strict';
/** Packed teams as a battle gets them from a Showdown server, for hosts of the simulator. */

const path = require('path');

/** `unpack` with the pokemon-showdown package in `root`. */
function prepare(root) {
  const { Teams } = require(path.join(root, 'dist', 'sim', 'teams'));

  /**
   * The team, with what its sets leave open settled as the server's TeamValidator does (see sim/team-validator.js). Left
   * open, `Teams.unpack` would read today's abilities into Gen 1 (Tauros would Intimidate), and missing EVs as none instead
   * of all. Nothing is validated: any species, any move.
   */
  return function unpack(packed) {
    const team = Teams.unpack(packed);
    if (!team) throw new Error(`cannot unpack the team ${packed}`);
    for (const set of team) {
      set.ability = 'No Ability';
      set.item = '';
      set.nature = 'Serious';
      set.gender = 'N';
      set.evs ??= { hp: 252, atk: 252, def: 252, spa: 252, spd: 252, spe: 252 };
      set.ivs ??= { hp: 31, atk: 31, def: 31, spa: 31, spd: 31, spe: 31 };
    }
    return team;
  };
}

module.exports = { prepare };
