'use strict';
/**
 * A bot that is not ours: Showdown's own random player (sim/tools/random-player-ai), which accepts every challenge under a name.
 *
 * node showdown_random.js <node_modules> <port> <name> <packed team> [n: in its first n battles it never moves]
 */
const path = require('path');

const [modules, port, name, team, numMute] = process.argv.slice(2);
const { Client } = require(path.join(modules, 'faye-websocket'));
const { RandomPlayerAI } = require(path.join(modules, 'pokemon-showdown', 'dist', 'sim', 'tools', 'random-player-ai.js'));

const players = new Map();
const mute = new Set();
let numBegun = 0;
const socket = new Client(`ws://127.0.0.1:${port}/showdown/websocket`);
const send = (message, room = '') => socket.send(`${room}|${message}`);

function onLine(room, line) {
  const [, kind, ...args] = line.split('|');
  if (kind === 'challstr') send(`/trn ${name},0,`);
  else if (kind === 'updateuser' && args[1] === '1') console.log('ready');
  else if (kind === 'pm' && args[2].startsWith('/challenge ') && args[0].trim() !== name) {
    send(`/utm ${team}`);
    send(`/accept ${args[0].trim()}`);
  } else if (kind === 'request' && args[0]) {
    const request = JSON.parse(args.join('|'));
    if (!players.has(room)) {
      players.set(room, new RandomPlayerAI({}));
      if (++numBegun <= Number(numMute)) mute.add(room);
    }
    if (mute.has(room)) return;
    players.get(room).stream = { write: (choice) => send(`/choose ${choice}|${request.rqid}`, room) };
    players.get(room).receiveRequest(request);
  } else if (kind === 'win' || kind === 'tie') {
    players.delete(room);
    send('/noreply /leave', room);
  }
}

socket.on('message', ({ data }) => {
  const lines = data.split('\n');
  const room = lines[0].startsWith('>') ? lines.shift().slice(1) : '';
  for (const line of lines) onLine(room, line);
});
socket.on('close', () => process.exit(1));
