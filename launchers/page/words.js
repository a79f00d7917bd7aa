'use strict';
/** Lines of a battle (SIM-PROTOCOL.md of the server) in words. `us` is p1 or p2. */

const STATUS = { par: 'paralysed', slp: 'asleep', frz: 'frozen', brn: 'burned', psn: 'poisoned', tox: 'badly poisoned' };
const STAT = { atk: 'Attack', def: 'Defense', spa: 'Special', spd: 'Special', spe: 'Speed', accuracy: 'accuracy', evasion: 'evasion' };
const CANNOT = { par: 'is fully paralysed', slp: 'is fast asleep', frz: 'is frozen solid', flinch: 'flinches', recharge: 'must recharge', partiallytrapped: 'is held fast' };

/** `p1a: Tauros` is told as `your Tauros`, the other's as `the foe's Tauros`. */
function whose(at, us) {
  return (at.startsWith(us) ? 'your ' : 'the foe\'s ') + at.slice(at.indexOf(' ') + 1);
}

/** `move: Toxic` and `Toxic` alike. */
function plain(effect) {
  return (effect || '').replace(/^(move|ability|item|status|condition): /, '');
}

/** `[from] psn` as ` (poisoned)`, other tags not at all. */
function cause(args) {
  const from = args.find((arg) => arg.startsWith('[from] '));
  if (!from) return '';
  const what = plain(from.slice(7));
  return ` (${STATUS[what] || what})`;
}

/** `353/353 par` as `353/353, paralysed`; the other's HP are told in percent. */
function condition(text, isOwn) {
  const [hp, status] = text.split(' ');
  if (status === 'fnt') return 'fainted';
  const [left, most] = hp.split('/');
  const told = isOwn || most === undefined ? hp : `${Math.ceil(100 * left / most)}%`;
  return status ? `${told}, ${STATUS[status] || status}` : told;
}

/** What a line says, or '' where it says nothing to a person. */
function words(kind, args, us, ownName) {
  const subject = args[0] && /^p[12]a?: /.test(args[0]) ? whose(args[0], us) : args[0];
  const who = subject && subject[0].toUpperCase() + subject.slice(1);
  const isOwn = args[0] && args[0].startsWith(us);
  const change = (verb) => `${who}'s ${STAT[args[1]] || args[1]} ${verb}${args[2] > 1 ? ' sharply' : ''}`;
  switch (kind) {
    case 'turn': return `Turn ${args[0]}`;
    case 'switch': case 'drag': return `${who} comes in (${condition(args[2], isOwn)})`;
    case 'move': return `${who} uses ${args[1]}`;
    case '-damage': if (args[1] === '0 fnt') return ''; // the next line says that it faints
    // falls through
    case '-heal': case '-sethp': return `${who}: ${condition(args[1], isOwn)}${cause(args)}`;
    case 'faint': return `${who} faints`;
    case 'cant': return `${who} ${CANNOT[args[1]] || `cannot move (${plain(args[1])})`}`;
    case '-crit': return 'A critical hit!';
    case '-supereffective': return 'It is super effective!';
    case '-resisted': return 'It is not very effective.';
    case '-immune': return `It does not affect ${subject}`;
    case '-miss': return `${who} misses`;
    case '-fail': return 'But it fails';
    case '-ohko': return 'A one-hit knockout!';
    case '-hitcount': return `Hit ${args[1]} times`;
    case '-status': return `${who} is ${STATUS[args[1]] || args[1]}${cause(args)}`;
    case '-curestatus': return `${who} is no longer ${STATUS[args[1]] || args[1]}`;
    case '-boost': return change('rises');
    case '-unboost': return change('falls');
    case '-clearallboost': case '-clearboost': return 'All changes of stats are gone';
    case '-start': return `${who}: ${plain(args[1])} begins${cause(args)}`;
    case '-end': return `${who}: ${plain(args[1])} ends`;
    case '-activate': return `${who}: ${plain(args[1])}`;
    case '-mustrecharge': return `${who} must recharge`;
    case '-prepare': return `${who} prepares ${args[1]}`;
    case 'win': return args[0] === ownName ? 'You win.' : `${args[0]} wins.`;
    case 'tie': return 'A tie.';
    case '-message': return args[0];
    case 'inactive': return args[0];
    case 'c': return `${args[0].trim()} says: ${args.slice(1).join('|')}`;
    default: return kind.startsWith('-') && !['-hint', '-singleturn'].includes(kind) ? `${kind.slice(1)} ${args.join(' ')}` : '';
  }
}
