'use strict';
/**
 * The judge: Pokemon Showdown's simulator, dumped after every decision point. JSON lines on stdin and stdout.
 *
 * Run as: node host.js <directory of the pokemon-showdown package> [plain] (plain: without simulator/shortcuts.js)
 * Its first line, unasked: {"version": "0.11.11", "layout": [name of each entry of a dump]}
 * README.md describes the requests: start, choose and end for one battle by steps, replay, play and watch for a whole one.
 */

require('../../simulator/guard');

const path = require('path');

const root = process.argv[2];
const load = (name) => require(path.join(root, 'dist', 'sim', name));
const { Battle } = load('battle');
const { PRNG } = load('prng');
const shortcut = process.argv[3] === 'plain' ? () => {} : require('../../simulator/shortcuts').prepare(root);
const unpack = require('../../simulator/unpack').prepare(root);
const { Dumper } = require('./dump');
const { Policy } = require('./policies');

const FORMAT = 'gen1ou';

class Judged {
  constructor({ seed, teams, names = ['p1', 'p2'] }) {
    this.refusal = null;
    this.position = 0;
    const counter = { draws: 0 };
    const prng = new PRNG(seed);
    const { rng } = prng;
    const next = rng.next;
    rng.next = () => {
      counter.draws++;
      return next.call(rng);
    };
    this.battle = new Battle({
      formatid: FORMAT,
      prng,
      seed,
      p1: { name: names[0], team: unpack(teams[0]) },
      p2: { name: names[1], team: unpack(teams[1]) },
      send: (type, data) => this.receive(type, data),
    });
    shortcut(this.battle);
    this.dumper = new Dumper(this.battle, counter);
  }

  receive(type, data) {
    if (type === 'sideupdate' && data.includes('\n|error|')) this.refusal ??= data.replace('\n|error|', ': ');
  }

  /** Showdown's own words for a choice: its switches count positions, which change with every switch. */
  words(n, choice) {
    const side = this.battle.sides[n];
    if (choice < 4) return `move ${choice + 1}`;
    return `switch ${side.pokemon.indexOf(this.dumper.teams[n][choice - 4]) + 1}`;
  }

  /** Both sides' choices of one decision point; throws when the simulator refuses one, or when one waits that must not. */
  choose(choices) {
    const { battle } = this;
    // A server sends its updates after every choice; what is left to send bounds the log (LINE LIMIT of sim/battle.js).
    battle.sentLogPos = battle.log.length;
    const waits = battle.sides.map((side) => side.requestState === '');
    for (const n of [0, 1]) {
      if (waits[n] !== (choices[n] === -1)) throw new Error(`p${n + 1} chose ${choices[n]} and ${waits[n] ? 'waits' : 'must choose'}`);
    }
    for (const n of [0, 1]) {
      if (waits[n]) continue;
      const words = this.words(n, choices[n]);
      if (!battle.choose(n === 0 ? 'p1' : 'p2', words)) throw new Error(this.refusal ?? `p${n + 1} may not choose "${words}"`);
    }
  }

  /** The protocol's lines since the last call, as the simulator wrote them for all eyes, less the clock. */
  lines() {
    const lines = this.battle.log.slice(this.position).filter((line) => !line.startsWith('|t:|') && line !== '|');
    this.position = this.battle.log.length;
    return lines;
  }
}

/** What happened in a battle, counted: protocol lines by what they say of the rules, less who, whom and how much. */
function tally(log) {
  const counts = {};
  for (const line of log) {
    const [, name, first, second, third] = line.split('|');
    let key;
    if (name === 'move') key = `move ${second}`;
    else if (name === 'cant') key = `cant ${second}`;
    else if (name === '-hint') key = `hint ${first}`;
    else if (name === '-message') key = `message ${first.replace(/foe .* can't/, "foe can't")}`;
    else if (['-start', '-activate', '-end', '-status', '-curestatus', '-boost', '-unboost'].includes(name)) {
      key = `${name} ${second}${third?.startsWith('[') ? ` ${third}` : ''}`;
    } else if (/^-(fail|miss|immune|crit|ohko|notarget|hitcount|transform|mustrecharge|prepare)$/.test(name)) key = name;
    else if (name === 'tie' || name === 'message') key = `${name} ${first ?? ''}`;
    else continue;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

/** Plays a battle whose choices `next` names, to its end or the choices' end; never throws for what happens in the battle. */
function run({ seed, teams, log }, next) {
  const answer = { seed, teams, choices: [], entries: '', error: null, tally: {}, lines: log ? [] : null };
  const values = [];
  let judged;
  const dump = () => {
    for (const value of judged.dumper.values()) values.push(value);
    if (log) answer.lines.push(judged.lines());
  };
  try {
    judged = new Judged({ seed, teams });
    dump();
    for (;;) {
      const choices = judged.battle.ended ? null : next(judged, answer.choices.length);
      if (choices === null) break;
      answer.choices.push(choices);
      judged.choose(choices);
      dump();
    }
  } catch (error) {
    answer.error = String(error.stack);
    if (log && judged) answer.lines.push(judged.lines());
  }
  if (judged) {
    answer.tally = tally(judged.battle.log);
    judged.battle.destroy();
  }
  answer.entries = Buffer.from(Int32Array.from(values).buffer).toString('base64');
  return answer;
}

/** The battle's log as one reads it who sees everything: of `|split|` lines the side's own, with exact HP; no clock. */
function watch({ seed, teams, names, choices }) {
  const answer = { lines: [], error: null };
  let judged;
  try {
    judged = new Judged({ seed, teams, names });
    for (const both of choices) judged.choose(both);
  } catch (error) {
    answer.error = String(error.stack);
  }
  const log = judged ? judged.battle.log : [];
  for (let i = 0; i < log.length; i++) {
    const isSplit = log[i].startsWith('|split|');
    const line = log[isSplit ? i + 1 : i];
    if (isSplit) i += 2;
    if (line && !line.startsWith('|t:|')) answer.lines.push(line);
  }
  judged?.battle.destroy();
  return answer;
}

let current = null;

function step(make) {
  const answer = { dump: null, error: null, lines: null };
  try {
    make();
    answer.dump = current.dumper.values();
  } catch (error) {
    answer.error = String(error.stack);
  }
  answer.lines = current?.lines() ?? [];
  return answer;
}

const REQUESTS = {
  start: (request) => step(() => (current = new Judged(request))),
  choose: (request) => step(() => current.choose(request.choices)),
  end: () => {
    current?.battle.destroy();
    current = null;
    return {};
  },
  replay: (request) => run(request, (judged, index) => request.choices[index] ?? null),
  watch,
  play: (request) => {
    const policies = [0, 1].map((n) => new Policy(request.policies[n], request.policy_seeds[n]));
    return run(request, ({ battle, dumper }, index) => {
      if (index === request.max_decisions) return null;
      return battle.sides.map((side, n) => policies[n].choose(dumper.legal(side)));
    });
  },
};

function answer(line) {
  const request = JSON.parse(line);
  const handler = REQUESTS[request.do];
  if (handler === undefined) throw new Error(`no request ${request.do}: choose one of ${Object.keys(REQUESTS)}`);
  return handler(request);
}

let pending = [];
process.stdin.setEncoding('utf8');
process.stdin.on('data', (chunk) => {
  let start = 0;
  for (let end; (end = chunk.indexOf('\n', start)) !== -1; start = end + 1) {
    pending.push(chunk.slice(start, end));
    const line = pending.join('');
    pending = [];
    process.stdout.write(JSON.stringify(answer(line)) + '\n');
  }
  if (start < chunk.length) pending.push(chunk.slice(start));
});
process.stdin.on('end', () => process.exit(0));
process.stdout.on('error', () => process.exit(0));

const { version } = require(path.join(root, 'package.json'));
const PROBE = 'Mew||||tackle|||||||';
const layout = new Judged({ seed: 'gen5,0000000000000000', teams: [PROBE, PROBE] }).dumper.names();
process.stdout.write(JSON.stringify({ version, layout }) + '\n');
