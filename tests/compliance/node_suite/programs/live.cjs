// Objects and arrays that belong to the library, changed in place.
'use strict';
const http = require('node:http');

const agent = new http.Agent();
const { freeSockets, requests } = agent;
console.log(freeSockets === agent.freeSockets, freeSockets === requests);
console.log(freeSockets, Object.getPrototypeOf(freeSockets));
freeSockets.a = ['one', 'two'];
freeSockets.b = [];
console.log(agent.freeSockets, Object.keys(freeSockets), 'a' in freeSockets, freeSockets.a.length, 'c' in freeSockets);
console.log(delete freeSockets.a, agent.freeSockets.a, Object.entries(freeSockets), JSON.stringify(freeSockets));

const message = new http.IncomingMessage(null);
const { rawHeaders, headers } = message;
console.log(Array.isArray(rawHeaders), rawHeaders.length, rawHeaders);
console.log(rawHeaders.push('A', 'b', 'C', 'd'), message.rawHeaders, [...rawHeaders], rawHeaders.indexOf('C'));
rawHeaders[1] = null;
rawHeaders.length = 3;
console.log(rawHeaders, message.rawHeaders[1], rawHeaders[7], rawHeaders.map(String));
console.log(rawHeaders.splice(0, 2), message.rawHeaders, rawHeaders.pop(), rawHeaders.shift(), message.rawHeaders);

headers['x-one'] = 'two';
Object.assign(headers, { three: ['four'] });
Object.defineProperty(headers, 'five', { value: 6, configurable: true, enumerable: true, writable: true });
headers.three.push('more');
console.log(message.headers, { ...headers }, headers.hasOwnProperty('three'), headers.toString());
message.headers = { replaced: 'yes' };
console.log(message.headers, headers);
message.headersDistinct.a = ['b'];
console.log(message.headersDistinct, Object.getPrototypeOf(message.headersDistinct));
