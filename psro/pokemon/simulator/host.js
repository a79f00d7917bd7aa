'use strict';
/**
 * Many battles of Pokemon Showdown's simulator in one process, spoken to in batches over stdin and stdout.
 *
 * Run as: node host.js <directory of the pokemon-showdown package> [plain] (plain: without shortcuts.js). Its first line,
 * unasked: {"version": "0.11.11"}
 * Then one line in is one batch, a JSON array of commands, carried out in order and to completion:
 *     ["start", lane, format, seed, team0, team1, sides]   sides: 1 side 0, 2 side 1, 3 both read the updates
 *     ["choose", lane, side, "move 1" | "switch 3"]
 *     ["end", lane]                                        drops the battle, whatever its state
 * and one line out is its answer, a JSON array with one entry per lane the batch moved, in the order they were
 * first named:
 *     [lane, turn, lines0, lines1, request0, request1, winner, error]
 * lines: what that side may see of what happened since the last answer ([] for sides that do not read);
 * request: the choice the simulator waits for, null for none; winner: null while the battle lasts, then 0, 1, or
 * -1 for a tie; error: null, or what the simulator refused or how it broke: the lane is then dropped.
 *
 * Nothing here depends on time: the same batches get the same answers (the `t:` lines, which carry the clock, are
 * not passed on). An ended or broken battle is destroyed and its lane free again.
 */

require('./guard');

const path = require('path');

const root = process.argv[2];
const { Battle } = require(path.join(root, 'dist', 'sim', 'battle'));
const { Dex } = require(path.join(root, 'dist', 'sim', 'dex'));
const shortcut = process.argv[3] === 'plain' ? () => {} : require('./shortcuts').prepare(root);
const unpack = require('./unpack').prepare(root);

/** Lines that neither carry state nor name what happened: the clock, empty separators, hints to newcomers. */
const CHATTER = new Set(['', 't:', 'upkeep', '-hint', 'message', '-message', 'bigerror', 'debug']);

class Lane {
  constructor(format, seed, teams, sides) {
    this.errors = [];
    this.position = 0;
    this.reads = [(sides & 1) !== 0, (sides & 2) !== 0];
    this.battle = new Battle({
      formatid: format,
      seed,
      p1: { name: 'p1', team: unpack(teams[0]) },
      p2: { name: 'p2', team: unpack(teams[1]) },
      send: (type, data) => this.receive(type, data),
    });
    shortcut(this.battle);
  }

  /**
   * The simulator's callback. Updates and requests are read from the battle itself after the batch, so only what
   * it tells one side alone matters here: refusals.
   */
  receive(type, data) {
    if (type !== 'sideupdate') return;
    const end = data.indexOf('\n');
    const line = data.slice(end + 1);
    if (line.startsWith('|error|')) this.errors.push(`${data.slice(0, end)}: ${line.slice(7)}`);
  }

  choose(side, choice) {
    if (!this.battle.choose(side === 0 ? 'p1' : 'p2', choice) && !this.errors.length) {
      this.errors.push(`p${side + 1}: the simulator refused "${choice}" without a reason`);
    }
  }

  /** What each side may see of the log's new lines: `|split|pN` is followed by N's line and the other's. */
  lines() {
    const log = this.battle.log;
    const seen = [[], []];
    for (let i = this.position; i < log.length; i++) {
      const line = log[i];
      const name = line.slice(1, line.indexOf('|', 1) === -1 ? undefined : line.indexOf('|', 1));
      if (CHATTER.has(name)) continue;
      if (name === 'split') {
        const owner = line.charAt(8) === '1' ? 0 : 1;
        if (this.reads[owner] && log[i + 1]) seen[owner].push(log[i + 1]);
        if (this.reads[1 - owner] && log[i + 2]) seen[1 - owner].push(log[i + 2]);
        i += 2;
      } else {
        if (this.reads[0]) seen[0].push(line);
        if (this.reads[1]) seen[1].push(line);
      }
    }
    this.position = log.length;
    return seen;
  }

  request(side) {
    const request = this.battle.sides[side].activeRequest;
    return request && !request.wait ? request : null;
  }

  winner() {
    if (!this.battle.ended) return null;
    return { p1: 0, p2: 1 }[this.battle.winner] ?? -1;
  }
}

const lanes = new Map();

function drop(id) {
  const lane = lanes.get(id);
  lanes.delete(id);
  if (lane) lane.battle.destroy();
}

function carryOut(command) {
  const [kind, id, ...rest] = command;
  if (kind === 'start') {
    if (lanes.has(id)) throw new Error(`lane ${id} is taken`);
    const [format, seed, team0, team1, sides] = rest;
    if (!Dex.formats.get(format).exists) throw new Error(`no format ${format}`);
    lanes.set(id, new Lane(format, seed, [team0, team1], sides));
  } else if (kind === 'choose') {
    const lane = lanes.get(id);
    if (!lane) throw new Error(`no battle in lane ${id}`);
    lane.choose(rest[0], rest[1]);
  } else {
    throw new Error(`no command ${kind}`);
  }
}

function answerOf(id, broken) {
  const lane = lanes.get(id);
  if (broken !== undefined || lane.errors.length) {
    const error = broken ?? lane.errors.join('; ');
    lanes.delete(id);
    return [id, lane ? lane.battle.turn : 0, [], [], null, null, null, error];
  }
  const [lines0, lines1] = lane.lines();
  const winner = lane.winner();
  const answer = [id, lane.battle.turn, lines0, lines1, lane.request(0), lane.request(1), winner, null];
  return answer;
}

/** The answers to one batch, as JSON. A lane that throws is reported as broken; the others go on. */
function answer(batch) {
  const touched = new Map();
  for (const command of batch) {
    const id = command[1];
    if (command[0] === 'end') {
      drop(id);
      touched.delete(id);
      continue;
    }
    if (touched.get(id) !== undefined) continue;
    try {
      touched.set(id, undefined);
      carryOut(command);
    } catch (error) {
      touched.set(id, `the simulator broke: ${error.stack}`);
    }
  }
  const answers = [];
  for (const [id, broken] of touched) answers.push(answerOf(id, broken));
  const text = JSON.stringify(answers);
  // Only now: the requests above are read when they are written.
  for (const [id] of touched) if (lanes.get(id)?.battle.ended) drop(id);
  return text;
}

let pending = [];
process.stdin.setEncoding('utf8');
process.stdin.on('data', (chunk) => {
  let start = 0;
  for (let end; (end = chunk.indexOf('\n', start)) !== -1; start = end + 1) {
    pending.push(chunk.slice(start, end));
    const line = pending.join('');
    pending = [];
    process.stdout.write(answer(JSON.parse(line)) + '\n');
  }
  if (start < chunk.length) pending.push(chunk.slice(start));
});
process.stdin.on('end', () => process.exit(0));
process.stdout.on('error', () => process.exit(0));

const { version } = require(path.join(root, 'package.json'));
process.stdout.write(JSON.stringify({ version }) + '\n');
