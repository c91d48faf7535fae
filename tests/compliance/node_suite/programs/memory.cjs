// What a socket with `onread` receives is written into the caller's own buffer.
'use strict';
const net = require('node:net');

const own = { buffer: Buffer.alloc(4), array: new Uint8Array(4), pool: [Buffer.alloc(3), new Uint8Array(3)] };
let turn = 0;
const next = () => own.pool[turn++ % 2];

function receive(name, buffer, isOwn) {
  const server = net.createServer((socket) => socket.end('hello world')).listen(0, () => {
    let text = '';
    const onread = { buffer, callback(size, received) {
      text += Buffer.from(received).toString('latin1', 0, size);
      if (!isOwn(received) || this !== client) console.log(name, 'is not its own');
    } };
    const client = net.connect({ port: server.address().port, host: '127.0.0.1', onread });
    client.on('data', () => console.log('no data is expected')).on('end', () => {
      console.log(name, text, client.bytesRead);
      server.close();
      if (name === 'buffer') receive('array', own.array, (received) => received === own.array);
      if (name === 'array') receive('pool', next, (received) => own.pool.includes(received));
    });
  });
}
receive('buffer', own.buffer, (received) => received === own.buffer);
