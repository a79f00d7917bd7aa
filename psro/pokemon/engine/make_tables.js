// Writes rules.json beside this file: Gen 1's rules as the installed simulator has them, in the form that tables.py turns into
// arrays. Types and statuses carry the engine's numbers (layout.py), moves and species the games' own.
//
//   node psro/pokemon/engine/make_tables.js > psro/pokemon/engine/rules.json
'use strict';

const { Dex } = require('pokemon-showdown');

const dex = Dex.mod('gen1');
const TYPES = ['???', 'Normal', 'Fighting', 'Flying', 'Poison', 'Ground', 'Rock', 'Bug', 'Ghost', 'Fire', 'Water', 'Grass', 'Electric', 'Psychic',
  'Ice', 'Dragon'];
const STATUSES = ['', 'brn', 'par', 'slp', 'frz', 'psn', 'tox'];
const BOOSTS = ['atk', 'def', 'spe', 'spa', 'accuracy', 'evasion'];

const byNumber = (a, b) => a.num - b.num;
const speciesList = dex.species.all().filter((s) => s.gen === 1 && s.num > 0 && !s.isNonstandard).sort(byNumber);
const moveList = dex.moves.all().filter((m) => m.gen === 1).sort(byNumber);

/** [[stat, stages]] with Special, which the simulator carries as spa and spd, once. */
function stages(boosts) {
  return BOOSTS.filter((stat) => boosts && boosts[stat] !== undefined).map((stat) => [BOOSTS.indexOf(stat), boosts[stat]]);
}

function known(object, keys, what) {
  for (const key of Object.keys(object)) if (!keys.includes(key)) throw new Error(`${what}: what is ${key}?`);
}

function secondaryOf(move) {
  if (!move.secondaries) return null;
  if (move.secondaries.length !== 1) throw new Error(`${move.id}: more than one secondary effect`);
  const [effect] = move.secondaries;
  known(effect, ['chance', 'status', 'volatileStatus', 'boosts'], move.id);
  // moveHit in the mod's scripts.js: out of 256, confusion one less.
  const chance = Math.ceil(effect.chance * 256 / 100) - (effect.volatileStatus === 'confusion' ? 1 : 0);
  return {
    chance, status: STATUSES.indexOf(effect.status || ''), volatile: effect.volatileStatus || null, boosts: stages(effect.boosts),
  };
}

function moveEntry(move) {
  if (move.self) known(move.self, ['volatileStatus'], move.id);
  const type = TYPES.indexOf(move.type);
  if (type < 0) throw new Error(`${move.id}: no type ${move.type}`);
  return {
    num: move.num,
    id: move.id,
    type,
    category: { Status: 0, Physical: 1, Special: 2 }[move.category],
    power: move.basePower,
    // tryMoveHit in the mod's scripts.js: out of 256; 256 never misses, not even once in 256.
    accuracy: move.accuracy === true ? 256 : Math.floor(move.accuracy * 255 / 100),
    priority: move.priority,
    pp: move.noPPBoosts ? move.pp : move.pp * 8 / 5 - (move.pp === 40 ? 3 : 0),
    self: Number(move.target === 'self'),
    ignores_immunity: Number(move.ignoreImmunity === undefined ? move.category === 'Status' : move.ignoreImmunity),
    crit_ratio: move.critRatio,
    hits: Array.isArray(move.multihit) ? 5 : move.multihit || 1,
    ohko: Number(Boolean(move.ohko)),
    fixed: move.damage === 'level' ? -1 : move.damage || 0,
    drain: move.drain || [0, 1],
    recoil: move.recoil || [0, 1],
    explodes: Number(Boolean(move.selfdestruct)),
    two_turns: Number(Boolean(move.flags.charge)),
    status: STATUSES.indexOf(move.status || ''),
    volatile: move.volatileStatus || null,
    self_volatile: move.self?.volatileStatus || null,
    boosts: stages(move.boosts),
    secondary: secondaryOf(move),
  };
}

/** 0 no effect, 1 half, 2 as is, 4 double: what an attack of the first type does to the second. */
function effectiveness(attack, defence) {
  if (!attack || !defence) return 2;
  if (!dex.getImmunity(TYPES[attack], TYPES[defence])) return 0;
  return { '-1': 1, 0: 2, 1: 4 }[dex.getEffectiveness(TYPES[attack], TYPES[defence])];
}

const numbers = [...TYPES.keys()];
const rules = {
  types: TYPES,
  statuses: STATUSES,
  chart: numbers.map((attack) => numbers.map((defence) => effectiveness(attack, defence))),
  status_immune: STATUSES.map((status) => numbers.map((type) => Number(Boolean(
    status && type && !dex.getImmunity(status === 'tox' ? 'psn' : status, TYPES[type]))))),
  metronome: dex.moves.all().filter((m) => (!m.isNonstandard || m.isNonstandard === 'Unobtainable') && m.flags.metronome).sort(byNumber)
    .map((m) => m.num),
};
const species = speciesList.map((s) => ({
  num: s.num, id: s.id, base: ['hp', 'atk', 'def', 'spe', 'spa'].map((stat) => s.baseStats[stat]), types: s.types.map((t) => TYPES.indexOf(t)),
}));

const lines = Object.entries(rules).map(([key, value]) => `"${key}": ${JSON.stringify(value)}`);
const list = (name, entries) => lines.push(`"${name}": [\n` + entries.map((entry) => `  ${JSON.stringify(entry)}`).join(',\n') + '\n]');
list('species', species);
list('moves', moveList.map(moveEntry));
process.stdout.write('{\n' + lines.join(',\n') + '\n}\n');
