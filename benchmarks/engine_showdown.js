'use strict';
/**
 * Random play in Showdown's simulator, in this process, for benchmarks/engine.py.
 *
 *     node engine_showdown.js <directory of the pokemon-showdown package> <simulator/shortcuts.js> <seconds>
 *
 * stdin: JSON, a list of packed teams. stdout: {"battles", "turns", "decisions", "seconds"}. Choices are drawn from the requests, every
 * legal one alike, with Math.random: what is measured is the simulator.
 */

const path = require('path');

const [root, shortcuts, limit] = process.argv.slice(2);
const { Battle } = require(path.join(root, 'dist', 'sim', 'battle'));
const { Teams } = require(path.join(root, 'dist', 'sim', 'teams'));
const shortcut = require(shortcuts).prepare(root);

const pick = (list) => list[Math.floor(Math.random() * list.length)];

function unpack(packed) {
  const team = Teams.unpack(packed);
  for (const set of team) Object.assign(set, { ability: 'No Ability', item: '', nature: 'Serious', gender: 'N' });
  return team;
}

function choiceOf(request) {
  const choices = [];
  if (request.active) {
    const [active] = request.active;
    active.moves.forEach((move, i) => { if (!move.disabled) choices.push(`move ${i + 1}`); });
    if (active.trapped) return pick(choices);
  }
  request.side.pokemon.forEach((mon, i) => {
    if (!mon.active && !mon.condition.endsWith(' fnt')) choices.push(`switch ${i + 1}`);
  });
  return pick(choices);
}

function play(teams, count) {
  const battle = new Battle({
    formatid: 'gen1ou', seed: [1, 2, 3, 4].map(() => Math.floor(Math.random() * 65536)).join(','),
    p1: { name: 'p1', team: unpack(pick(teams)) }, p2: { name: 'p2', team: unpack(pick(teams)) },
  });
  shortcut(battle);
  while (!battle.ended) {
    // Both are drawn before the first is made: the second choice plays the turn and replaces the requests.
    const requests = battle.sides.map((side) => side.activeRequest);
    requests.forEach((request, i) => {
      if (!request || request.wait) return;
      battle.choose(i ? 'p2' : 'p1', choiceOf(request));
      count.decisions += 1;
    });
  }
  count.battles += 1;
  count.turns += battle.turn;
  battle.destroy();
}

const teams = JSON.parse(require('fs').readFileSync(0, 'utf8'));
for (let i = 0; i < 100; i++) play(teams, { battles: 0, turns: 0, decisions: 0 });
const count = { battles: 0, turns: 0, decisions: 0 };
const begin = process.cpuUsage();
const spent = () => { const used = process.cpuUsage(begin); return (used.user + used.system) / 1e6; };
while (spent() < Number(limit)) play(teams, count);
process.stdout.write(JSON.stringify({ ...count, seconds: spent() }));
