// Reads cases as JSON from stdin, answers what pokemon-showdown's own getDamage and stats say of each.
'use strict';
const {Battle, Teams} = require('pokemon-showdown');

function combatant(side) {
  return Teams.pack([{
    species: side.species, moves: side.moves, level: side.level, ability: 'No Ability', nature: '', gender: '',
    evs: {hp: 252, atk: 252, def: 252, spa: 252, spd: 252, spe: 252},
    ivs: {hp: 30, atk: 30, def: 30, spa: 30, spd: 30, spe: 30},
  }]);
}

function prepare(pokemon, side) {
  pokemon.boostBy(side.boosts);
  if (side.burned) {
    pokemon.status = 'brn';
    pokemon.modifyStat('atk', 0.5);
  }
  if (side.paralyzed) {
    pokemon.status = 'par';
    pokemon.modifyStat('spe', 0.25);
  }
  for (const volatile of side.volatiles) pokemon.addVolatile(volatile);
}

function answer(test) {
  // Not gen1customgame, whose stats do not roll over.
  const battle = new Battle({formatid: 'gen1ou', seed: 'sodium,00'});
  battle.setPlayer('p1', {name: 'a', team: combatant(test.attacker)});
  battle.setPlayer('p2', {name: 'b', team: combatant(test.defender)});
  const source = battle.p1.active[0], target = battle.p2.active[0];
  prepare(source, test.attacker);
  prepare(target, test.defender);
  let chance = null;
  battle.randomChance = (numerator) => {
    chance = numerator;
    return test.critical;
  };
  battle.random = () => test.roll;
  const move = battle.dex.getActiveMove(test.move);
  const damage = battle.actions.getDamage(source, target, move, true);
  return {
    damage: damage === undefined || damage === false || damage === null ? 0 : damage,
    chance,
    stats: {...target.baseStoredStats, hp: target.maxhp},
    types: target.types,
    speed: target.modifiedStats.spe,
  };
}

const cases = JSON.parse(require('fs').readFileSync(0, 'utf8'));
process.stdout.write(JSON.stringify(cases.map(answer)));
