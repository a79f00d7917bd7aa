'use strict';
/**
 * A small page to play on a local Showdown server without the network that Showdown's own client is fetched from.
 * It speaks the server's protocol (PROTOCOL.md of the server): names, challenges, a battle in words, a button a choice.
 * play.html?agent=NAME&format=gen1ou fills the form in.
 */

const by = (id) => document.getElementById(id);
const toId = (name) => name.toLowerCase().replace(/[^a-z0-9]/g, '');
const show = (id, shown) => { by(id).hidden = !shown; };
const say = (text) => { by('status').textContent = text; };
const socket = new WebSocket(`ws://${location.host}/showdown/websocket`);
const send = (message, where = '') => socket.send(`${where}|${message}`);

let own = '';
let asked = '';
/** The battle that is shown. */
let room = '';
let place = 'p1';
let opponent = '';
let isOver = false;
let request = null;
/** What is known of the foe: name, condition, how many have not fainted. */
let foe = { name: '', condition: '', left: 0 };

/** What went wrong; '' takes it away. */
function warn(text) {
  by('alert').textContent = text;
  show('alert', text !== '');
}

function tell(text, isTurn = false) {
  const line = document.createElement('div');
  line.textContent = text;
  if (isTurn) line.className = 'turn';
  by('log').append(line);
  by('log').scrollTop = by('log').scrollHeight;
}

/** Nobody is waited for: another challenge may be sent. */
function free() {
  show('waiting', false);
  show('challenge', own !== '' && (room === '' || isOver));
}

function side(id, who, name, state, left) {
  const [hp, most] = state.split(' ')[0].split('/').map(Number);
  const share = state.endsWith('fnt') || !most ? 0 : Math.ceil(100 * hp / most);
  const level = share <= 20 ? 'bar least' : share <= 50 ? 'bar low' : 'bar';
  const parts = [['who', who], ['name', name], [level, ''], ['hp', name && condition(state, id === 'own')], ['left', left]];
  by(id).replaceChildren(...parts.map(([kind, text]) => {
    const part = document.createElement('div');
    part.className = kind;
    part.textContent = text;
    return part;
  }));
  const filled = document.createElement('div');
  filled.style.width = `${share}%`;
  by(id).querySelector('.bar').append(filled);
}

function draw() {
  const team = request ? request.side.pokemon : [];
  const active = team.find((mon) => mon.active);
  const standing = team.filter((mon) => !mon.condition.endsWith(' fnt')).length;
  side('own', `You (${own})`, active ? active.ident.slice(4) : '', active ? active.condition : '', `${standing} of ${team.length} left`);
  side('foe', opponent, foe.name, foe.condition, `${foe.left} left`);
}

function heading(text) {
  const made = document.createElement('h3');
  made.textContent = text;
  by('choices').append(made);
}

function button(text, detail, enabled, choice) {
  const made = document.createElement('button');
  const small = document.createElement('small');
  made.type = 'button';
  made.textContent = text;
  small.textContent = detail;
  made.append(small);
  made.disabled = !enabled;
  made.dataset.choice = choice;
  made.onclick = () => {
    warn('');
    send(`/choose ${choice}|${request.rqid}`, room);
    by('choices').replaceChildren();
    by('todo').textContent = `You chose ${text}. Waiting for ${opponent}…`;
  };
  by('choices').append(made);
}

function offer() {
  by('choices').replaceChildren();
  if (request.wait) {
    by('todo').textContent = `Waiting for ${opponent}…`;
    return;
  }
  const active = request.forceSwitch ? null : request.active[0];
  by('todo').textContent = active ? 'Your move' : 'Who comes in?';
  if (active) {
    heading('Moves');
    active.moves.forEach((move, i) => {
      button(move.move, move.pp === undefined ? '' : `${move.pp} of ${move.maxpp} PP`, !move.disabled, `move ${i + 1}`);
    });
  }
  heading('Switch to');
  request.side.pokemon.forEach((mon, i) => {
    if (mon.active) return;
    const may = !mon.condition.endsWith(' fnt') && !(active && active.trapped);
    button(mon.ident.slice(4), condition(mon.condition, true), may, `switch ${i + 1}`);
  });
}

function begin(where) {
  room = where;
  isOver = false;
  request = null;
  foe = { name: '', condition: '', left: 0 };
  by('log').replaceChildren();
  by('choices').replaceChildren();
  by('todo').textContent = '';
  warn('');
  show('battle', true);
  show('end', false);
  show('forfeit', true);
  show('asked', false);
  free();
  say(`You are ${own}, in a battle.`);
}

function finish(text) {
  isOver = true;
  by('choices').replaceChildren();
  by('todo').textContent = '';
  by('result').textContent = text;
  show('end', true);
  show('forfeit', false);
  free();
  say(`You are ${own}. The battle is over.`);
}

/** Keeps up what is known of both sides. */
function watch(kind, args) {
  if (kind === 'player' && args[1]) {
    if (toId(args[1]) === toId(own)) place = args[0];
    else opponent = args[1];
  }
  if (kind === 'teamsize' && args[0] !== place) foe.left = Number(args[1]);
  if (!args[0] || !/^p[12]a?: /.test(args[0])) return;
  if (args[0].startsWith(place)) {
    // After the last turn no request tells it.
    const mine = request && request.side.pokemon.find((mon) => mon.ident.slice(4) === args[0].slice(5));
    if (mine && (kind === '-damage' || kind === '-heal')) mine.condition = args[1];
    if (mine && kind === 'faint') mine.condition = '0 fnt';
    return;
  }
  if (kind === 'switch' || kind === 'drag') foe = { ...foe, name: args[0].slice(5), condition: args[2] };
  else if (kind === '-damage' || kind === '-heal' || kind === '-sethp') foe.condition = args[1];
  else if (kind === '-status') foe.condition = `${foe.condition.split(' ')[0]} ${args[1]}`;
  else if (kind === '-curestatus') foe.condition = foe.condition.split(' ')[0];
  else if (kind === 'faint') foe = { ...foe, condition: '0 fnt', left: foe.left - 1 };
}

function onBattle(where, lines) {
  for (const line of lines) {
    const [, kind, ...args] = line.split('|');
    if (kind === 'init') begin(where);
    if (where !== room || kind === undefined) continue;
    watch(kind, args);
    if (kind === 'title') {
      by('title').textContent = args[0];
    } else if (kind === 'request') {
      if (!args[0]) continue;
      request = JSON.parse(args.join('|'));
      if (!isOver) offer();
    } else if (kind === 'error') {
      warn(args.join('|'));
      if (request) offer();
    } else {
      const text = words(kind, args, place, own);
      if (text) tell(text, kind === 'turn');
      if (kind === 'win') finish(args[0] === own ? 'You win!' : 'You lose.');
      if (kind === 'tie') finish('A tie.');
    }
  }
  if (where === room) draw();
}

function onLine(line) {
  const [, kind, ...args] = line.split('|');
  if (kind === 'challstr') {
    say('Connected. First choose a name.');
    show('enter', true);
    by('name').focus();
  } else if (kind === 'updateuser' && args[1] === '1') {
    own = args[0].trim().replace(/@!$/, '');
    warn('');
    show('enter', false);
    free();
    if (!room) say(`You are ${own}. Challenge an agent, or wait for a challenge.`);
  } else if (kind === 'nametaken') {
    warn(`${args[1] || 'That name is taken.'} Choose another name.`);
  } else if (kind === 'popup') {
    warn(args.filter(Boolean).join(' '));
    free();
  } else if (kind === 'pm') {
    onMessage(args[0].trim(), args.slice(2).join('|'));
  }
}

function onMessage(from, text) {
  if (toId(from) === toId(own)) return;
  const format = text.split(' ')[1];
  if (text === '/challenge') {
    show('asked', false);
  } else if (text.startsWith('/challenge ')) {
    asked = from;
    by('asked-by').textContent = `${from} challenges you in ${format.split('|')[0]}.`;
    show('asked', true);
  } else if (text.startsWith('/nonotify ') && text.includes('rejected')) {
    warn(`${from} does not want to play now: it may be playing somebody else, or another format.`);
    free();
  } else if (text.startsWith('/error ')) {
    warn(text.slice(7));
    free();
  } else if (!text.startsWith('/')) {
    warn(`${from}: ${text}`);
  }
}

function members() {
  const mons = by('team').value.split(']').map((mon) => mon.split('|')[1] || mon.split('|')[0]);
  by('members').textContent = mons.filter(Boolean).join(', ') || 'none';
}

function challenge() {
  warn('');
  send(`/utm ${by('team').value.trim()}`);
  send(`/challenge ${by('user').value}, ${by('format').value}`);
  by('waiting-for').textContent = `Waiting for ${by('user').value} to accept…`;
  show('challenge', false);
  show('waiting', true);
}

socket.onmessage = ({ data }) => {
  const lines = data.split('\n');
  if (lines[0].startsWith('>')) onBattle(lines[0].slice(1), lines.slice(1));
  else lines.forEach(onLine);
};
socket.onclose = () => {
  say('Not connected.');
  warn('The connection to the server is gone. Start it (launchers/showdown.sh) and load this page again; under the same name a battle goes on.');
  by('choices').replaceChildren();
  for (const id of ['enter', 'challenge', 'waiting', 'asked']) show(id, false);
};
by('enter').onsubmit = (event) => { event.preventDefault(); send(`/trn ${by('name').value},0,`); };
by('challenge').onsubmit = (event) => { event.preventDefault(); challenge(); };
by('cancel').onclick = () => { send(`/cancelchallenge ${by('user').value}`); free(); };
by('take').onclick = () => { send(`/utm ${by('team').value.trim()}`); send(`/accept ${asked}`); show('asked', false); };
by('refuse').onclick = () => { send(`/reject ${asked}`); show('asked', false); };
by('forfeit').onclick = () => { if (confirm('Give this battle up?')) send('/forfeit', room); };
by('again').onclick = () => { if (opponent) by('user').value = opponent; challenge(); };
by('team').oninput = members;
by('team').value = 'Alakazam||||psychic,seismictoss,thunderwave,recover|||||||]Chansey||||icebeam,thunderbolt,thunderwave,softboiled|||||||]Exeggutor||||sleeppowder,stunspore,psychic,explosion|||||||]Snorlax||||bodyslam,reflect,rest,earthquake|||||||]Starmie||||blizzard,thunderbolt,thunderwave,recover|||||||]Tauros||||bodyslam,hyperbeam,blizzard,earthquake|||||||';
members();
const given = new URLSearchParams(location.search);
if (given.get('agent')) by('user').value = given.get('agent');
if (given.get('format')) by('format').value = given.get('format');
