// Reads cases as JSON from stdin; uses each case's move `count` times in pokemon-showdown (hit or miss, crit, hits and
// roll drawn by its own generator) against a target set back to `hp`, and answers how much HP each use took.
'use strict';
const {Battle, Teams} = require('pokemon-showdown');

const team = (species, move) => Teams.pack([{
  species, moves: [move], level: 100, ability: 'No Ability', nature: '', gender: '',
  evs: {hp: 252, atk: 252, def: 252, spa: 252, spd: 252, spe: 252},
  ivs: {hp: 30, atk: 30, def: 30, spa: 30, spd: 30, spe: 30},
}]);

function losses({attacker, defender, move, boosts, reflect, hp, count}, index) {
  const battle = new Battle({formatid: 'gen1ou', seed: `gen5,${(index + 1).toString(16).padStart(16, '0')}`});
  battle.setPlayer('p1', {name: 'a', team: team(attacker, move)});
  battle.setPlayer('p2', {name: 'b', team: team(defender, 'tackle')});
  const source = battle.p1.active[0], target = battle.p2.active[0];
  source.boostBy({atk: boosts, spa: boosts});
  const result = [];
  for (let i = 0; i < count; i++) {
    source.volatiles = {};
    target.volatiles = {};
    target.status = '';
    target.fainted = false;
    target.boosts.def = target.boosts.spd = 0;
    target.modifiedStats = {...target.storedStats};
    if (reflect) target.addVolatile('reflect');
    source.hp = source.maxhp;
    target.hp = hp;
    battle.actions.tryMoveHit(target, source, battle.dex.getActiveMove(move));
    result.push(hp - target.hp);
    battle.faintQueue.length = 0;
    battle.log.length = 0;
  }
  return result;
}

const cases = JSON.parse(require('fs').readFileSync(0, 'utf8'));
process.stdout.write(JSON.stringify(cases.map(losses)));
