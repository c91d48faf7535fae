// Node's fetch and Node's server of forms and streams.
// fetch.cjs serve: prints its port. fetch.cjs send ORIGIN FILE ...: sends a form with the files, and a stream; reads a streamed
// answer; prints what was answered.
'use strict';
const { createHash } = require('node:crypto');
const { openAsBlob } = require('node:fs');
const http = require('node:http');
const { basename } = require('node:path');
const { Readable } = require('node:stream');
require('./read_pieces.js');

const PIECE = Buffer.alloc(64 * 1024, 'n');
const PIECES = 160; // 10 MiB

async function digest(chunks) {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of chunks) {
    hash.update(chunk);
    size += chunk.length;
  }
  return [size, hash.digest('hex')];
}

async function digestsOf(form) {
  const found = [];
  for (const [name, value] of form) {
    found.push(typeof value === 'string' ? [name, value] : [name, value.name, value.type, ...await digest(value.stream())]);
  }
  return found;
}

async function* pieces() {
  for (let n = 0; n < PIECES; n += 1) yield PIECE;
}

async function send(origin, ...paths) {
  const post = async (path, init) => (await fetch(origin + path, { method: 'POST', ...init })).json();
  const form = new FormData();
  form.append('title', 'Two files, \u00e9');
  for (const path of paths) form.append('file', await openAsBlob(path, { type: 'x/y' }), basename(path));
  return {
    parts: await post('/parts', { body: form }),
    form: await post('/form', { body: form }),
    refused: await post('/refused', { body: form }),
    stream: await post('/digest', { body: ReadableStream.from(pieces()), duplex: 'half' }),
    pieces: await readPieces(origin),
  };
}

function serve() {
  let go = () => {};
  const routes = {
    async '/form'(req, res) {
      const request = new Response(Readable.toWeb(req), { headers: { 'content-type': req.headers['content-type'] } });
      res.end(JSON.stringify(await digestsOf(await request.formData())));
    },
    async '/digest'(req, res) { res.end(JSON.stringify([...await digest(req), req.headers['transfer-encoding']])); },
    async '/pieces'(req, res) {
      for (let n = 0; n < 5; n += 1) {
        const asked = new Promise((resolve) => { go = resolve; });
        res.write(`piece ${n}`);
        await asked;
      }
      res.end();
    },
    '/go'(req, res) { go(); res.end(); },
  };
  const server = http.createServer((req, res) => routes[req.url](req, res));
  server.listen(0, '127.0.0.1', () => console.log(server.address().port));
}

const [task, ...args] = process.argv.slice(2);
if (task === 'serve') serve();
else send(...args).then((told) => console.log(JSON.stringify(told)));
