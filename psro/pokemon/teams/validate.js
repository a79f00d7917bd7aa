// Showdown's own TeamValidator for gen1ou, over packed teams.
// Usage: node validate.js <directory of the pokemon-showdown package>
// stdin: one packed team per line, as a JSON string. stdout: per team one line, a JSON list of its problems.
'use strict';

const readline = require('readline');
const {TeamValidator, Teams} = require(process.argv[2]);

const validator = TeamValidator.get('gen1ou');

function problemsOf(packed) {
  const team = Teams.unpack(packed);
  if (!team) return ['Showdown cannot unpack it'];
  return validator.validateTeam(team) || [];
}

readline.createInterface({input: process.stdin}).on('line', line => {
  process.stdout.write(JSON.stringify(problemsOf(JSON.parse(line))) + '\n');
});
