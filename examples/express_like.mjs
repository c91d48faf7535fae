// An Express-like program in Node: a router, JSON bodies, files up and down, server-sent events, a proxy.
// Beside it, line for line: express_like.py.
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import http from 'node:http';
import { pipeline } from 'node:stream/promises';

const { PORT = '3000', FILES = '.', UPSTREAM = 'http://127.0.0.1:8080' } = process.env;
const LONGEST = 100_000;
const KNOWN = { ENOENT: [404, 'There is no such file.'], ECONNREFUSED: [502, 'The upstream is not there.'] };

class HttpError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

class App {
  middleware = [];
  routes = [];

  use(handler) {
    this.middleware.push(handler);
  }

  route(method, path, handler) { // `:name` is one part of a path, `*` all the rest
    const pattern = path.replace('*', '.*').replace(/:(\w+)/g, '(?<$1>[\\w-][\\w.-]*)');
    this.routes.push({ method, pattern: new RegExp(`^${pattern}$`), handler });
  }

  handle = async (req, res) => {
    try {
      for (const handler of this.middleware) handler(req, res);
      const path = req.url.split('?')[0];
      for (const { method, pattern, handler } of this.routes) {
        const match = pattern.exec(path);
        if (match && (method === 'ALL' || method === req.method)) return await handler(req, res, match.groups);
      }
      throw new HttpError(404, `There is nothing to ${req.method} at ${path}.`);
    } catch (error) {
      if (res.headersSent) return res.destroy(error);
      req.resume(); // lets go by what a handler has left of the body
      const [status, message] = KNOWN[error.code] ?? [error.status ?? 500, error.message];
      json(res, status, { error: message });
    }
  };
}

function json(res, status, value) {
  res.writeHead(status, { 'Content-Type': 'application/json' });
  res.end(`${JSON.stringify(value)}\n`);
}

async function readJson(req) {
  let text = '';
  for await (const chunk of req.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    text += chunk;
    if (text.length > LONGEST) throw new HttpError(413, 'The body is too long.');
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new HttpError(400, 'The body is not JSON.');
  }
}

const app = new App();
const notes = new Map();
const listeners = new Set();
const counts = { requests: 0, events: 0, notes: 0 };

function tell(event, data) {
  counts.events += 1;
  for (const res of listeners) res.write(`id: ${counts.events}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}

app.use((req, res) => {
  counts.requests += 1;
  res.setHeader('X-Request', counts.requests);
});

app.route('GET', '/', (req, res) => res.end('Hello from a router.\n'));

app.route('POST', '/notes', async (req, res) => {
  const { title } = await readJson(req) ?? {};
  if (typeof title !== 'string') throw new HttpError(422, 'A note has a title.');
  counts.notes += 1;
  const note = { id: counts.notes, title };
  notes.set(String(note.id), note);
  tell('added', note);
  res.setHeader('Location', `/notes/${note.id}`);
  json(res, 201, note);
});

app.route('GET', '/notes/:id', (req, res, { id }) => {
  if (!notes.has(id)) throw new HttpError(404, `There is no note ${id}.`);
  json(res, 200, notes.get(id));
});

app.route('DELETE', '/notes/:id', (req, res, { id }) => {
  if (!notes.delete(id)) throw new HttpError(404, `There is no note ${id}.`);
  tell('removed', id);
  res.writeHead(204).end();
});

app.route('GET', '/events', (req, res) => {
  res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  res.write('retry: 1000\n\n');
  listeners.add(res);
  res.on('close', () => listeners.delete(res));
});

app.route('GET', '/files/:name', async (req, res, { name }) => {
  const file = createReadStream(`${FILES}/${name}`);
  await once(file, 'open');
  res.writeHead(200, { 'Content-Type': 'application/octet-stream' });
  await pipeline(file, res);
});

app.route('PUT', '/files/:name', async (req, res, { name }) => {
  const file = createWriteStream(`${FILES}/${name}`);
  await pipeline(req, file);
  json(res, 201, { name, length: file.bytesWritten });
});

function forwarded({ trailer, ...headers }) { // trailers are not forwarded, and so their announcement is not
  return headers;
}

app.route('ALL', '/proxy/*', async (req, res) => {
  const path = req.url.slice('/proxy'.length);
  const upstream = http.request(UPSTREAM, { method: req.method, path, headers: forwarded(req.headers) });
  res.on('close', () => upstream.destroy());
  req.pipe(upstream);
  const [incoming] = await once(upstream, 'response');
  res.writeHead(incoming.statusCode, forwarded(incoming.headers));
  await pipeline(incoming, res);
});

const server = http.createServer(app.handle);
server.listen(PORT, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/`));
