import dns from 'node:dns';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { once } from 'node:events';
import { Peer, rounds, OK } from '../peers.mjs';

const closed = (emitter) => new Promise((resolve) => emitter.once('close', resolve));

// A raw server that answers one request; what was asked and what came of it goes into the trace.
async function asked(t, { options = {}, body, reply = OK, act = () => {}, watch, where = { port: 0, host: '127.0.0.1' }, to = (address) => ({ host: '127.0.0.1', port: address.port }), hang = false }) {
  const server = net.createServer({ allowHalfOpen: true }).listen(where);
  await once(server, 'listening');
  const address = server.address();
  const accepted = once(server, 'connection');
  const req = http.request({ agent: false, ...to(address), ...options });
  req.on('error', (error) => t('error', error.code ?? null, error.message.replaceAll(String(address.port), 'PORT')));
  req.on('response', watch ?? ((res) => {
    t('response', res.statusCode, res.headers, res.rawHeaders.length);
    res.on('data', (data) => t('data', data)).on('end', () => t('end'));
    res.on('error', (error) => t('res error', error.code));
  }));
  for (const name of ['timeout', 'close']) req.on(name, () => t(name));
  await act(req);
  req.end(body);
  const gone = req.closed ? null : closed(req);
  const [connection] = await accepted;
  const peer = new Peer(connection);
  await peer.until(() => peer.text.includes('\r\n\r\n'));
  await rounds();
  if (!hang) peer.send(reply);
  await gone;
  await rounds();
  t('bytes', peer.text.replaceAll(String(address.port), 'PORT'));
  peer.destroy();
  server.close();
}

const head = (...fields) => `HTTP/1.1 200 OK\r\n${fields.map((field) => `${field}\r\n`).join('')}Content-Length: 0\r\n\r\n`;

const ODD = {
  'control character in a value': head('X: a\x01b'),
  'space before the colon': head('X : b'),
  'folded line': head('X: b', ' c'),
  'length and chunked': 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'bare line feeds': 'HTTP/1.1 200 OK\nContent-Length: 1\n\nx',
  'no reason': 'HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n',
  'other version': 'HTTP/1.2 200 OK\r\nContent-Length: 0\r\n\r\n',
  'data after close': `HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\nxmore`,
  'space behind a chunk size': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1 \r\na\r\n0\r\n\r\n',
};

// A response that is not as it should be, with each degree of strictness.
const tolerance = (name) => async (t) => {
  for (const options of [{}, { httpValidation: 'strict' }, { httpValidation: 'relaxed' }, { httpValidation: 'insecure' }, { insecureHTTPParser: true }, { insecureHTTPParser: false }]) {
    t(JSON.stringify(options));
    await asked(t, { options, reply: ODD[name] });
  }
};

// Calls of these methods of sockets, written down while a request is made.
async function told(t, act, options = {}) {
  await asked(t, { options: { ...options, createConnection: (given) => {
    const socket = net.connect({ host: given.host, port: given.port });
    for (const name of ['setNoDelay', 'setKeepAlive', 'setTimeout']) {
      const method = socket[name];
      socket[name] = function(...args) {
        t(name, ...args.map((arg) => (typeof arg === 'function' ? 'function' : arg ?? null)));
        return method.apply(this, args);
      };
    }
    return socket;
  }, agent: undefined }, act });
}

export const scenarios = {
  async local_address_and_port(t) {
    const bound = new net.BoundSocket({ host: '127.0.0.1' });
    const { port } = bound.address();
    bound.close();
    await asked(t, { options: { localAddress: '127.0.0.2' }, act: (req) => req.on('socket', (socket) => socket.on('connect', () => t('local', socket.localAddress))) });
    await asked(t, { options: { localAddress: '127.0.0.1', localPort: port }, act: (req) => req.on('socket', (socket) => socket.on('connect', () => t('local', socket.localAddress, socket.localPort === port))) });
    for (const options of [{ localAddress: 'x' }, { localPort: 'x' }, { localAddress: '203.0.113.7' }]) {
      t.call(JSON.stringify(options), () => { http.get({ port: 9, host: '127.0.0.1', agent: false, ...options }).on('error', (error) => t('error', error.code)); return null; });
      await rounds(8);
    }
  },
  async lookup_hints_and_family(t) {
    for (const options of [{}, { family: 4 }, { family: 6 }, { family: 0 }, { hints: dns.ADDRCONFIG | dns.V4MAPPED }, { family: 4, hints: 0 }, { family: 4, hints: dns.ALL }]) {
      await asked(t, { to: ({ port }) => ({ host: 'x.test', port }), options: { ...options, lookup: (host, given, callback) => {
        t('lookup', host, given.family ?? null, given.hints ?? null, given.all ?? null);
        if (given.all) callback(null, [{ address: '127.0.0.1', family: 4 }]);
        else callback(null, '127.0.0.1', 4);
      } } });
    }
    for (const lookup of [1, 'x', {}]) t.call(`lookup ${JSON.stringify(lookup)}`, () => http.get({ port: 9, host: 'x.test', agent: false, lookup }));
  },
  async a_lookup_that_fails(t) {
    const req = http.get({ host: 'x.test', port: 9, agent: false, lookup: (host, options, callback) => callback(Object.assign(new Error('mine'), { code: 'ENOTFOUND' })) });
    req.on('error', (error) => t('error', error.code, error.message));
    req.on('close', () => t('close'));
    await closed(req);
  },
  async socket_path(t) {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'x-'));
    const where = { path: path.join(folder, 'socket') };
    await asked(t, { where, to: () => ({ socketPath: where.path, path: '/p' }), act: (req) => t('request', req.socketPath === where.path, req.path, req.host) });
    await asked(t, { where, to: () => ({ socketPath: where.path, host: 'h', port: 81 }) });
    fs.rmSync(folder, { recursive: true });
    const req = http.get({ socketPath: where.path });
    req.on('error', (error) => t('error', error.code, error.syscall));
    await closed(req);
  },
  async timeout(t) {
    await asked(t, { options: { timeout: 30 }, hang: true, act: (req) => { t('own', req.timeout); req.on('timeout', () => { t('state', req.destroyed, req.socket.destroyed); req.destroy(); }); } });
    for (const timeout of [-1, 'x', NaN, Infinity]) t.call(`timeout ${timeout}`, () => http.request({ timeout }));
  },
  async timeout_that_does_not_pass(t) {
    await asked(t, { options: { timeout: 5000 }, act: (req) => req.on('response', () => t('socket', req.socket.timeout)) });
  },
  async set_timeout(t) {
    await asked(t, { hang: true, act: (req) => {
      t('returns', req.setTimeout(30, () => { t('callback'); req.destroy(); }) === req, req.timeout ?? null, req.listenerCount('timeout'));
    } });
    await asked(t, { act: (req) => {
      const callback = () => t('callback');
      req.setTimeout(30, callback);
      t('clear', req.clearTimeout(callback) ?? null, req.listenerCount('timeout'));
    } });
    await asked(t, { hang: true, act: (req) => req.on('socket', (socket) => socket.on('connect', () => { req.setTimeout(30); req.on('timeout', () => { t('late', socket.timeout); req.destroy(); }); })) });
    const req = http.request({ createConnection: () => new net.Socket() });
    req.on('error', () => {});
    for (const args of [[-1], ['x'], [NaN]]) t.call(`setTimeout ${args}`, () => req.setTimeout(...args));
    req.destroy();
  },
  async signal(t) {
    for (const when of ['before', 'at once', 'sent', 'response', 'after']) {
      const controller = new AbortController();
      if (when === 'before') controller.abort();
      t(when);
      const server = http.createServer((req, res) => { req.on('error', () => {}); res.write('x'); if (when === 'after') res.end(); }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const req = http.get({ port: server.address().port, host: '127.0.0.1', agent: false, signal: controller.signal });
      req.on('error', (error) => t('error', error.name, error.code, error.cause?.name ?? null));
      req.on('response', (res) => { t('response'); res.on('error', (error) => t('res error', error.code)); res.resume(); if (when === 'response') controller.abort(); });
      if (when === 'at once') controller.abort(new Error('why'));
      if (when === 'sent') req.on('finish', () => controller.abort());
      await closed(req);
      await rounds(8);
      if (when === 'after') controller.abort();
      t('destroyed', req.destroyed, req.aborted);
      await new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); });
    }
    for (const signal of [1, 'x', {}]) t.call(`signal ${JSON.stringify(signal)}`, () => http.request({ signal }));
  },
  async max_header_size(t) {
    for (const [maxHeaderSize, length] of [[100, 50], [100, 200], [undefined, 16000], [undefined, 16500], [20000, 16500]]) {
      await asked(t, { options: { maxHeaderSize }, reply: head(`X: ${'x'.repeat(length)}`), watch: (res) => { t('response', res.rawHeaders[1].length); res.resume(); } });
    }
    for (const maxHeaderSize of ['x', -1, 1.5]) t.call(`size ${maxHeaderSize}`, () => http.request({ maxHeaderSize }));
  },
  async max_headers_count(t) {
    const reply = head(...Array.from({ length: 40 }, (_, index) => `X${index}: 1`));
    for (const limit of [5, 0, null]) {
      await asked(t, { reply, act: (req) => { req.maxHeadersCount = limit; }, watch: (res) => { t('response', Object.keys(res.headers).length); res.resume(); } });
    }
  },
  async join_duplicate_headers(t) {
    for (const joinDuplicateHeaders of [undefined, false, true]) {
      await asked(t, { options: { joinDuplicateHeaders }, reply: head('Age: 1', 'Age: 2', 'X: 1', 'X: 2', 'Set-Cookie: 5', 'Set-Cookie: 6') });
    }
  },
  async unique_headers(t) {
    for (const uniqueHeaders of [undefined, ['x-a'], []]) await asked(t, { options: { uniqueHeaders, headers: { 'X-A': ['1', '2'], 'X-B': ['3', '4'], Cookie: ['a', 'b'] } } });
  },
  async create_connection(t) {
    await asked(t, { options: { agent: undefined, createConnection: (options, callback) => { t('asked', Object.keys(options).includes('path'), options.path ?? null, typeof callback, options.method ?? null); return net.connect({ host: options.host, port: options.port }); } }, act: (req) => t('agent', req.agent ?? null, req.shouldKeepAlive) });
    await asked(t, { options: { agent: undefined, createConnection: (options, callback) => { setImmediate(() => callback(null, net.connect({ host: options.host, port: options.port }))); } } });
    await asked(t, { options: { agent: new http.Agent(), createConnection: () => { t('not asked'); } } });
    for (const createConnection of [(options, callback) => callback(new Error('mine')), () => { throw new Error('mine'); }]) {
      const req = http.get({ createConnection });
      req.on('error', (error) => t('error', error.message));
      req.on('close', () => t('close'));
      await rounds(8);
      t('state', req.destroyed, req.closed);
    }
  },
  async set_no_delay_and_keep_alive(t) {
    await told(t, (req) => {
      t('no delay', req.setNoDelay(true) ?? null, req.setNoDelay(false) ?? null);
      t('keep alive', req.setSocketKeepAlive(true, 2000) ?? null, req.setSocketKeepAlive(false, 0) ?? null);
    });
    await told(t, (req) => req.on('response', () => { req.setNoDelay(true); req.setSocketKeepAlive(true, 0); }));
    await told(t, (req) => { req.setTimeout(5000); });
    await told(t, () => {}, { timeout: 4000 });
  },
  hosts(t) {
    for (const options of [{ hostname: 'b', host: 'a' }, { host: 'a' }, { hostname: '' }, {}, { host: 'a', port: 80 }, { host: 'a', port: '80' }, { host: 'a', port: 81, defaultPort: 81 }, { host: 'a', defaultPort: 82 }, { host: '::1' }, { host: '::1', port: 80 }, { host: '[::1]', port: 81 }, { host: 'a', setHost: false }, { host: 'a', setDefaultHeaders: false }, { host: 'a', headers: { host: 'mine' } }, { host: 'a', headers: { Host: '' } }, { host: 'a', method: 'post' }, { host: 'a', method: '' }, { host: 'a', auth: 'u:p' }, { host: 'a', auth: 'u:p', headers: { authorization: 'mine' } }, { host: 'a', path: '/x?y#z' }, { host: 'a', path: '' }, { host: 'a', protocol: 'http:' }]) {
      const req = http.request({ createConnection: () => new net.Socket(), ...options });
      req.on('error', () => {});
      t(JSON.stringify(options), req.host, req.method, req.path, req.protocol, req.getHeader('host') ?? null, req.getHeader('authorization') ?? null, req.shouldKeepAlive);
      req.destroy();
    }
  },
  async options_of_the_socket(t) {
    await asked(t, { options: { typeOfService: 8 }, act: (req) => req.on('socket', (socket) => socket.on('connect', () => t('type', socket.getTypeOfService()))) });
    const blockList = new net.BlockList();
    blockList.addAddress('127.0.0.1');
    const req = http.get({ host: '127.0.0.1', port: 9, agent: false, blockList });
    req.on('error', (error) => t('error', error.code, error.message));
    await closed(req);
  },
  async high_water_marks(t) {
    for (const highWaterMark of [undefined, 5]) {
      await asked(t, { options: { highWaterMark }, act: (req) => { req.on('socket', (socket) => t('socket', socket.readableHighWaterMark, req.writableHighWaterMark)); req.on('response', (res) => t('res', res.readableHighWaterMark)); } });
    }
  },
  ...Object.fromEntries(Object.keys(ODD).map((name) => [`tolerates ${name}`, tolerance(name)])),
};
