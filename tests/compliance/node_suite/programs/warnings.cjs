// A warning's stack says where it was caused.
'use strict';
const http = require('node:http');

process.on('warning', (warning) => console.log(warning.name, warning.stack.includes(__filename)));
http.request({ port: 1 }).on('error', () => {}).setTimeout(2 ** 40);
