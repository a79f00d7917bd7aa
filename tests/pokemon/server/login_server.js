'use strict';
/**
 * A stand-in for Showdown's login server: the accounts `one` and `two`, whose password is `right`, and the name `taken`, whose
 * password nobody knows. It answers POST /api/login as smogon/pokemon-showdown-loginserver does (src/actions.ts, src/user.ts).
 *
 * node login_server.js <file for its public key>; prints its port.
 */
const crypto = require('crypto');
const fs = require('fs');
const http = require('http');

const { publicKey, privateKey } = crypto.generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
fs.writeFileSync(process.argv[2], publicKey);

function login(fields) {
  const user = fields.get('name').toLowerCase().replace(/[^a-z0-9]/g, '');
  if (user === 'gone') return { actionsuccess: true, assertion: ';;Your username is no longer available.' };
  if (!['one', 'two'].includes(user) || fields.get('pass') !== 'right') return { actionerror: 'Wrong password.' };
  const [, challenge] = fields.get('challstr').split('|');
  const data = [challenge, user, 2, Math.floor(Date.now() / 1000), 'localhost'].join(',');
  const signature = crypto.createSign('RSA-SHA1').update(data).sign(privateKey, 'hex');
  return { actionsuccess: true, assertion: `${data};${signature}`, curuser: { loggedin: true, userid: user } };
}

const server = http.createServer((request, response) => {
  let body = '';
  request.on('data', (part) => { body += part; });
  request.on('end', () => {
    const said = request.method === 'POST' && request.url === '/api/login' ? login(new URLSearchParams(body)) : null;
    response.end(said ? `]${JSON.stringify(said)}` : 'Error: what is this?');
  });
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
