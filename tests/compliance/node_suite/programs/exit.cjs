// The process lives while either loop has something to wait for, and no longer.
const http = require('node:http');
const net = require('node:net');

process.on('exit', (status) => console.log('exit', status));
process.once('beforeExit', () => console.log('beforeExit'));

http.createServer().listen(0, '127.0.0.1').unref();
const server = http.createServer((req, res) => {
  console.log(req.method, req.url, req.headers.host === `127.0.0.1:${server.address().port}`);
  setTimeout(() => res.end('late'), 20);
});
server.listen(0, '127.0.0.1', function() {
  console.log('listening', this === server);
  // A raw socket of Node's own is a real peer.
  const socket = net.connect(this.address().port, '127.0.0.1');
  socket.end(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${this.address().port}\r\nConnection: close\r\n\r\n`);
  let text = '';
  socket.on('data', (data) => { text += data; });
  socket.on('close', () => {
    console.log(text.replace(/Date: [^\r]*/, 'Date: then'));
    server.close(() => console.log('closed'));
  });
});
