// Sockets that Node has opened, by their numbers and by libuv's handles.
'use strict';
const net = require('node:net');
const { TCP, constants } = process.binding('tcp_wrap');

function bound() {
  const handle = new TCP(constants.SOCKET);
  handle.bind('127.0.0.1', 0);
  return handle;
}

const forms = [
  (handle) => ({ fd: handle.fd }),
  (handle) => ({ handle }),
  (handle) => ({ _handle: handle }),
  (handle) => handle,
];
const handles = forms.map(bound);

function listen(index) {
  if (index === forms.length) return;
  const handle = handles[index];
  const address = {};
  handle.getsockname(address);
  const server = net.createServer((socket) => socket.end(`by form ${index}`)).listen(forms[index](handle), () => {
    console.log(server.address().port === address.port);
    const client = net.connect({ port: address.port, host: '127.0.0.1' });
    client.on('data', (data) => console.log(String(data)));
    client.on('close', () => server.close(() => listen(index + 1)));
  });
}
listen(0);

for (const fd of [2 ** 30, 'x', -1]) {
  try {
    new net.Socket({ fd });
  } catch (error) {
    console.log(error.code);
  }
}
