// A plain object is no Map, where that makes a difference.
'use strict';
const http = require('node:http');

const message = new http.OutgoingMessage();
for (const headers of [new Map([['a', '1']]), new Headers({ b: '2' }), { c: '3' }, { }]) {
  try {
    message.setHeaders(headers);
  } catch (error) {
    console.log(error.code, error.message);
  }
}
console.log(message.getHeaders());
