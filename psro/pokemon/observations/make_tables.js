// Writes gen1.json beside this file: what the observations know about Gen 1, read from the installed
// simulator (so that estimates and simulator agree), not from poke-env, whose entries differ in places.
//
//   node psro/pokemon/observations/make_tables.js > psro/pokemon/observations/gen1.json
//
// `sets` are the simulator's own random-battle sets: per species how often each move is carried,
// in 400 sets drawn with a fixed seed. They are what an unrevealed move is guessed from.
'use strict';

const {Dex, PRNG, Teams} = require('pokemon-showdown');

const randomSets = require('pokemon-showdown/dist/data/random-battles/gen1/data.json');

const dex = Dex.mod('gen1');
const NUM_SETS = 400;
// How the simulator draws a number of hits from [2, 5]: 2, 2, 2, 3, 3, 3, 4, 5.
const MEAN_HITS = 3;

const byNumber = (a, b) => a.num - b.num;
const speciesList = dex.species.all().filter(s => s.gen === 1 && s.num > 0 && !s.isNonstandard)
  .sort(byNumber);
const moveList = dex.moves.all().filter(m => m.gen === 1 && !m.isNonstandard).sort(byNumber);

function setsOf(species) {
  // The generator leaves out those that know next to nothing: Magikarp, Caterpie, Weedle, ….
  if (!randomSets[species.id]) return {};
  const generator = Teams.getGenerator('gen1randombattle', new PRNG([1, 2, 3, species.num]));
  const counts = {};
  for (let i = 0; i < NUM_SETS; i++) {
    for (const move of generator.randomSet(species).moves) counts[move] = (counts[move] || 0) + 1;
  }
  return Object.fromEntries(Object.entries(counts).sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .map(([id, count]) => [id, Math.round(1000 * count / NUM_SETS) / 1000]));
}

function damageOf(move) {
  if (move.ohko) return 'ohko';
  if (move.damage === 'level') return 'level';
  if (typeof move.damage === 'number') return move.damage;
  // These compute their damage in a callback.
  return {superfang: 'half', psywave: 'psywave', counter: 'counter', bide: 'bide'}[move.id] ?? null;
}

function merged(boosts) {
  // Special is one stat in Gen 1; the simulator carries it as spa and spd.
  const {spa, spd, ...rest} = boosts || {};
  return spa === undefined && spd === undefined ? rest : {...rest, spc: spa ?? spd};
}

function moveEntry(move) {
  const secondary = move.secondaries?.[0];
  const fixed = damageOf(move);
  const entry = {
    num: move.num,
    type: move.type.toUpperCase(),
    category: move.category,
    power: fixed === null ? move.basePower : 0,
    accuracy: move.accuracy === true ? 0 : move.accuracy,
    priority: move.priority,
    pp: move.noPPBoosts ? move.pp : Math.min(Math.floor(move.pp * 8 / 5), 61),
    self: move.target === 'self',
  };
  const optional = {
    fixed,
    ignores_immunity: move.category === 'Status' ? move.ignoreImmunity !== false :
      move.ignoreImmunity === true,
    crit: move.critRatio === 2 ? 'high' : null,
    hits: Array.isArray(move.multihit) ? MEAN_HITS : move.multihit,
    status: move.status,
    volatile: move.volatileStatus,
    boosts: Object.keys(merged(move.boosts)).length ? merged(move.boosts) : null,
    secondary: secondary && {
      chance: secondary.chance, status: secondary.status, volatile: secondary.volatileStatus,
      boosts: secondary.boosts && merged(secondary.boosts),
    },
    drain: move.drain && move.drain[0] / move.drain[1],
    recoil: move.recoil && move.recoil[0] / move.recoil[1],
    recharge: move.self?.volatileStatus === 'mustrecharge',
    traps: move.self?.volatileStatus === 'partialtrappinglock',
    rampage: move.self?.volatileStatus === 'lockedmove',
    charge: Boolean(move.flags.charge),
    explodes: Boolean(move.selfdestruct),
  };
  for (const [key, value] of Object.entries(optional)) if (value) entry[key] = value;
  return entry;
}

const lines = [];
const section = (name, entries) =>
  lines.push(`"${name}": {\n` + entries.map(([k, v]) => `  "${k}": ${JSON.stringify(v)}`).join(',\n') + '\n}');

section('species', speciesList.map(s => [s.id, {
  num: s.num,
  base: ['hp', 'atk', 'def', 'spa', 'spe'].map(stat => s.baseStats[stat]),
  types: s.types.map(t => t.toUpperCase()),
  sets: setsOf(s),
}]));
section('moves', moveList.map(m => [m.id, moveEntry(m)]));
process.stdout.write('{\n' + lines.join(',\n') + '\n}\n');
