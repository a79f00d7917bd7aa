'use strict';
/** Loaded before each process of a Showdown server: the login server that it trusts is the one of LOGIN_KEY, a file. */
const path = require('path');

const config = require(path.resolve('config', 'config.js'));
config.loginserverpublickey = require('fs').readFileSync(process.env.LOGIN_KEY, 'utf8');
