// Without a listener the process ends with status 1, after `exit`.
const { Readable } = require('node:stream');

process.on('exit', (status) => console.log('exit', status));
setTimeout(() => console.log('never'), 10000);
new Readable({ read() {} }).destroy(new Error('fatal'));
