// Showdown's own TeamValidator for one Gen 1 format, over packed teams.
// Usage: node validate.js <directory of the pokemon-showdown package> <format>
// stdin: one packed team per line, as a JSON string.
// stdout: a JSON list of the formats there are to choose from; then, if <format> is one of them, per team one line, a JSON
// list of its problems.
'use strict';

const readline = require('readline');
const {Dex, TeamValidator, Teams} = require(process.argv[2]);

// What the arena plays: singles, with teams of one's own, all six of them and no team preview.
function isPlayable(format) {
  return format.id.startsWith('gen1') && format.mod.startsWith('gen1') && format.gameType === 'singles' &&
    !format.team && !Dex.formats.getRuleTable(format).has('teampreview');
}

function problemsOf(packed, validator) {
  const team = Teams.unpack(packed);
  if (!team) return ['Showdown cannot unpack it'];
  return validator.validateTeam(team) || [];
}

const formats = Dex.formats.all().filter(isPlayable).map(format => format.id);
process.stdout.write(JSON.stringify(formats) + '\n');
if (formats.includes(process.argv[3])) {
  const validator = TeamValidator.get(process.argv[3]);
  readline.createInterface({input: process.stdin}).on('line', line => {
    process.stdout.write(JSON.stringify(problemsOf(JSON.parse(line), validator)) + '\n');
  });
}
