// Flags: --expose-internals
'use strict';
const http = require('node:http');
const net = require('node:net');
const { kOutHeaders } = require('internal/http');
const { kTimeout } = require('internal/timers');

const message = new http.OutgoingMessage();
console.log(message[kOutHeaders]);
message.setHeader('One', 'two');
console.log(message[kOutHeaders]);

const socket = new net.Socket();
console.log(socket[kTimeout]);
socket.setTimeout(1000);
console.log(socket[kTimeout]._idleTimeout, socket[kTimeout]._destroyed);
const timer = socket[kTimeout];
socket.destroy();
console.log(timer._destroyed);
