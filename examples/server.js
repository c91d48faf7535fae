// A small server, in Node. Beside it: server.py.
const http = require('node:http');

const server = http.createServer((req, res) => {
  const path = req.url.split('?')[0];
  if (path === '/') {
    res.setHeader('Content-Type', 'text/plain; charset=utf-8');
    res.end('Hello from a stream.\n');
  } else if (path === '/echo' && req.method === 'POST') {
    res.writeHead(200, { 'Content-Type': req.headers['content-type'] ?? 'application/octet-stream' });
    req.pipe(res);
  } else if (path === '/length') {
    let length = 0;
    req.on('data', (chunk) => { length += chunk.length; });
    req.on('end', () => res.end(`${length}\n`));
  } else {
    res.writeHead(404);
    res.end('Not found.\n');
  }
});

server.listen(process.env.PORT ?? 3000, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/`);
});
