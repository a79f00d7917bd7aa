'use strict';
/**
 * A small page to play on a local Showdown server without the network that Showdown's own client is fetched from.
 * It speaks the server's protocol (PROTOCOL.md of the server): names, challenges, a battle in words, a button a choice.
 */

const by = (id) => document.getElementById(id);
const toId = (name) => name.toLowerCase().replace(/[^a-z0-9]/g, '');
const socket = new WebSocket(`ws://${location.host}/showdown/websocket`);
let own = '';
let room = '';
let place = '';
let request = null;

const say = (text) => { by('status').textContent = text; };
const send = (message, where = '') => socket.send(`${where}|${message}`);

function tell(text) {
  const line = document.createElement('div');
  line.textContent = text;
  by('log').append(line);
  by('log').scrollTop = by('log').scrollHeight;
}

/** What a line of a battle says, or nothing. `p1a: Tauros` is told as `Tauros`, the foe's with its owner. */
function words(kind, args) {
  const who = (at) => (at.startsWith(place) ? 'your ' : 'the foe\'s ') + at.slice(at.indexOf(' ') + 1);
  const tags = args.filter((arg) => arg.startsWith('['));
  const because = tags.length ? ` ${tags.join(' ')}` : '';
  switch (kind) {
    case 'turn': return `— turn ${args[0]} —`;
    case 'switch': case 'drag': return `${who(args[0])} comes in: ${args[2]}`;
    case 'move': return `${who(args[0])} uses ${args[1]}${because}`;
    case '-damage': case '-heal': case '-sethp': return `${who(args[0])} is at ${args[1]}${because}`;
    case 'faint': return `${who(args[0])} faints`;
    case 'cant': return `${who(args[0])} cannot move: ${args[1]}`;
    case 'win': return toId(args[0]) === toId(own) ? 'You win.' : `${args[0]} wins.`;
    case 'tie': return 'A tie.';
    case '-message': return args[0];
    case 'c': return `${args[0].trim()} says: ${args.slice(1).join('|')}`;
    default: return kind.startsWith('-') ? `  ${kind.slice(1)} ${args.map((a) => (/^p[12]a?: /.test(a) ? who(a) : a)).join(' ')}` : '';
  }
}

function button(text, enabled, choice) {
  const made = document.createElement('button');
  made.textContent = text;
  made.disabled = !enabled;
  made.dataset.choice = choice;
  made.onclick = () => {
    send(`/choose ${choice}|${request.rqid}`, room);
    by('choices').replaceChildren();
  };
  by('choices').append(made);
}

function offer() {
  by('choices').replaceChildren();
  by('own').textContent = request.side.pokemon.map((mon) => `${mon.ident.slice(4)} ${mon.condition}`).join(' · ');
  if (request.wait) return;
  const active = request.forceSwitch ? null : request.active[0];
  if (active) {
    active.moves.forEach((move, i) => {
      const left = move.pp === undefined ? '' : ` (${move.pp})`;
      button(`${move.move}${left}`, !move.disabled, `move ${i + 1}`);
    });
  }
  request.side.pokemon.forEach((mon, i) => {
    if (mon.active) return;
    button(`→ ${mon.ident.slice(4)} ${mon.condition}`, !mon.condition.endsWith(' fnt') && !(active && active.trapped), `switch ${i + 1}`);
  });
}

function onBattle(where, lines) {
  for (const line of lines) {
    const [, kind, ...args] = line.split('|');
    if (kind === 'init') {
      room = where;
      say(`you are ${own}; this is ${where}`);
      request = null;
      by('log').replaceChildren();
      by('choices').replaceChildren();
      by('battle').hidden = false;
      by('challenge').hidden = true;
    } else if (where !== room) {
      continue;
    } else if (kind === 'title') {
      by('title').textContent = args[0];
    } else if (kind === 'player' && args[1] && toId(args[1]) === toId(own)) {
      place = args[0];
    } else if (kind === 'request') {
      if (!args[0]) continue;
      request = JSON.parse(args.join('|'));
      offer();
    } else if (kind === 'error') {
      tell(args.join('|'));
      if (request) offer();
    } else {
      const text = words(kind, args);
      if (text) tell(text);
      if (kind === 'win' || kind === 'tie') {
        by('choices').replaceChildren();
        by('challenge').hidden = false;
      }
    }
  }
}

function onLine(line) {
  const [, kind, ...args] = line.split('|');
  if (kind === 'challstr') {
    say('choose a name');
  } else if (kind === 'updateuser' && args[1] === '1') {
    own = args[0].trim().replace(/@!$/, '');
    say(`you are ${own}`);
    by('enter').hidden = true;
    by('challenge').hidden = false;
  } else if (kind === 'nametaken') {
    say(args[1] || 'that name is taken');
  } else if (kind === 'popup') {
    say(args.join(' '));
  } else if (kind === 'pm' && args[2].startsWith('/challenge ') && toId(args[0]) !== toId(own)) {
    const from = args[0].trim();
    if (confirm(`${from} challenges you in ${args[2].split(' ')[1]}. Play?`)) {
      send(`/utm ${by('team').value}`);
      send(`/accept ${from}`);
    } else {
      send(`/reject ${from}`);
    }
  }
}

socket.onmessage = ({ data }) => {
  const lines = data.split('\n');
  if (lines[0].startsWith('>')) onBattle(lines[0].slice(1), lines.slice(1));
  else lines.forEach(onLine);
};
socket.onclose = () => say('the connection is gone: load this page again');
by('enter').onsubmit = (event) => { event.preventDefault(); send(`/trn ${by('name').value},0,`); };
by('challenge').onsubmit = (event) => {
  event.preventDefault();
  send(`/utm ${by('team').value}`);
  send(`/challenge ${by('user').value}, ${by('format').value}`);
  say(`waiting for ${by('user').value}…`);
};
by('forfeit').onclick = () => send('/forfeit', room);
by('team').value = 'Alakazam||||psychic,seismictoss,thunderwave,recover|||||||]Chansey||||icebeam,thunderbolt,thunderwave,softboiled|||||||]Exeggutor||||sleeppowder,stunspore,psychic,explosion|||||||]Snorlax||||bodyslam,reflect,rest,earthquake|||||||]Starmie||||blizzard,thunderbolt,thunderwave,recover|||||||]Tauros||||bodyslam,hyperbeam,blizzard,earthquake|||||||';
