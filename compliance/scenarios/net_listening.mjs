import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { once } from 'node:events';
import { rounds } from '../peers.mjs';

// What differs from run to run, taken out: ports and folders.
const masked = (text) => String(text).replace(/\b\d{4,5}\b/g, 'PORT').replace(/\/\S*\/x-[^/]*/g, 'FOLDER');
const shown = (error) => (error ? [error.name, error.code, masked(error.message), error.syscall, masked(error.address), error.port === undefined ? 'undefined' : typeof error.port] : [null]);
const closed = (emitter) => new Promise((resolve) => emitter.once('close', resolve));
const folders = [];

// A new folder, which goes with the scenario.
function folder() {
  folders.push(fs.mkdtempSync(path.join(os.tmpdir(), 'x-')));
  return folders.at(-1);
}

function watch(t, server, prefix = '') {
  for (const name of ['listening', 'close', 'connection']) server.on(name, () => t(prefix + name, server.listening));
  server.on('drop', (info) => t(`${prefix}drop`, info === undefined ? 'nothing' : Object.keys(info)));
  server.on('error', (error) => t(`${prefix}error`, ...shown(error), server.listening));
  return server;
}

async function listening(server, ...args) {
  server.listen(...args);
  await once(server, 'listening');
  return server;
}

const address = (server) => {
  const found = server.address();
  return found && typeof found === 'object' ? { ...found, port: 'PORT' } : found && masked(found);
};

const stop = (server) => new Promise((resolve) => server.close(resolve));

const all = {
  async addresses(t) {
    for (const options of [[], [0], [0, '127.0.0.1'], [{ port: 0 }], [{ port: 0, host: '::1' }], [{ port: 0, host: 'localhost', backlog: 5 }], [0, '127.0.0.1', 5], [null], [undefined], [{ port: 0, host: '' }], [{ port: 0, host: '::', ipv6Only: true }], [{ port: 0, host: '127.0.0.1', ipv6Only: true }], [{ port: 0, exclusive: true }]]) {
      const server = net.createServer();
      t('before', server.listening, server.address());
      await listening(server, ...options);
      t(JSON.stringify(options), server.listening, address(server));
      server.close();
      t('after', server.listening, server.address());
    }
  },
  async when_it_listens(t) {
    for (const options of [{ port: 0 }, { port: 0, host: '127.0.0.1' }, { port: 0, host: 'localhost' }]) {
      const server = watch(t, net.createServer());
      t('listen', server.listen(options, () => t('called')) === server, server.listening, server.address() === null);
      process.nextTick(() => t('tick', server.listening));
      await once(server, 'listening');
      await stop(server);
    }
  },
  async ipv6_only(t) {
    for (const ipv6Only of [true, false]) {
      const server = await listening(net.createServer((socket) => socket.end()), { port: 0, host: '::', ipv6Only });
      const { port } = server.address();
      for (const host of ['127.0.0.1', '::1']) {
        const socket = net.connect(port, host);
        socket.on('connect', () => t('connect', host)).on('error', (error) => t('error', host, error.code));
        socket.resume();
        await closed(socket);
      }
      await stop(server);
    }
  },
  async a_port_in_use(t) {
    const server = await listening(net.createServer(), 0, '127.0.0.1');
    const { port } = server.address();
    const second = watch(t, net.createServer(), 'second ');
    second.listen(port, '127.0.0.1', () => t('called'));
    await new Promise((resolve) => second.once('error', resolve));
    await rounds();
    t('state', second.listening, second.address());
    await stop(server);
    second.listen(port, '127.0.0.1');
    await once(second, 'listening');
    await stop(second);
  },
  async reuse_port(t) {
    const server = await listening(net.createServer(), { port: 0, host: '127.0.0.1', reusePort: true });
    const { port } = server.address();
    const second = await listening(net.createServer(), { port, host: '127.0.0.1', reusePort: true });
    t('same', second.address().port === port);
    const third = watch(t, net.createServer(), 'third ');
    third.listen({ port, host: '127.0.0.1' });
    await new Promise((resolve) => third.once('error', resolve));
    await stop(server);
    await stop(second);
  },
  async a_host_that_is_somebody_elses(t) {
    const server = net.createServer();
    server.on('error', (error) => t('error', ...shown(error)));
    server.listen({ port: 0, host: '203.0.113.7' });
    await new Promise((resolve) => server.once('error', resolve));
  },
  async an_error_without_a_listener(t) {
    const server = net.createServer().listen(0, '203.0.113.7');
    await rounds(8);
    t('state', server.listening);
  },
  async paths(t) {
    const where = path.join(folder(), 'socket');
    const server = watch(t, net.createServer((socket) => socket.end('hi')));
    t('listen', server.listen(where).listening, address(server));
    await once(server, 'listening');
    t('there', fs.statSync(where).isSocket());
    const socket = net.connect(where);
    socket.on('data', (data) => t('data', data));
    socket.on('connect', () => t('connect', socket.address(), socket.remoteAddress, socket.remotePort, socket.remoteFamily, socket.localAddress, socket.localPort));
    await closed(socket);
    await stop(server);
    t('gone', fs.existsSync(where), address(server));
  },
  async a_path_in_use(t) {
    const where = path.join(folder(), 'socket');
    const server = await listening(net.createServer(), where);
    const second = watch(t, net.createServer(), 'second ');
    second.listen(where);
    await new Promise((resolve) => second.once('error', resolve));
    await stop(server);
    fs.writeFileSync(where, '');
    const third = watch(t, net.createServer(), 'third ');
    third.listen(where);
    await new Promise((resolve) => third.once('error', resolve));
    t('kept', fs.statSync(where).isFile());
  },
  async paths_that_cannot_be(t) {
    for (const where of [path.join(folder(), 'no', 'socket'), '/proc/socket', path.join(folder(), 'x'.repeat(200))]) {
      const server = net.createServer();
      server.on('error', (error) => t('error', error.code, error.syscall, error.port ?? null, typeof error.address));
      server.listen({ path: where });
      await new Promise((resolve) => server.once('error', resolve));
    }
  },
  async a_path_that_somebody_removed(t) {
    const where = path.join(folder(), 'socket');
    const server = await listening(net.createServer(), where);
    fs.unlinkSync(where);
    await stop(server);
    t('closed');
  },
  async a_path_that_somebody_replaced(t) {
    const where = path.join(folder(), 'socket');
    const server = await listening(net.createServer(), where);
    fs.unlinkSync(where);
    fs.writeFileSync(where, '');
    await stop(server);
    t('there', fs.existsSync(where));
  },
  async access_to_a_path(t) {
    const before = process.umask(0o077);
    for (const options of [{}, { readableAll: true }, { writableAll: true }, { readableAll: true, writableAll: true }, { readableAll: 1 }]) {
      const where = path.join(folder(), 'socket');
      const server = await listening(net.createServer(), { path: where, ...options });
      t(JSON.stringify(options), (fs.statSync(where).mode & 0o777).toString(8));
      await stop(server);
    }
    process.umask(before);
  },
  async an_abstract_path(t) {
    const where = `\0x-${process.pid}`;
    const server = await listening(net.createServer((socket) => socket.end('hi')), where);
    t('address', server.address() === where);
    const socket = net.connect(where);
    socket.on('data', (data) => t('data', data));
    await closed(socket);
    await stop(server);
  },
  async drop_of_a_path(t) {
    const where = path.join(folder(), 'socket');
    const server = watch(t, net.createServer());
    server.maxConnections = 0;
    await listening(server, where);
    const socket = net.connect(where).resume();
    socket.on('error', () => {});
    await closed(socket);
    await stop(server);
  },
  async more_connections_than_allowed(t) {
    for (const dropMaxConnection of [undefined, true, false]) {
      const server = watch(t, net.createServer((socket) => { socket.on('error', () => {}); socket.resume(); }));
      server.maxConnections = 1;
      if (dropMaxConnection !== undefined) server.dropMaxConnection = dropMaxConnection;
      await listening(server, 0, '127.0.0.1');
      const { port } = server.address();
      const first = net.connect(port, '127.0.0.1');
      await once(server, 'connection');
      const second = net.connect(port, '127.0.0.1').resume();
      second.on('error', () => {});
      await closed(second);
      server.maxConnections = 2;
      const third = net.connect(port, '127.0.0.1');
      await once(server, 'connection');
      t('count', await new Promise((resolve) => server.getConnections((error, count) => resolve(count))));
      first.destroy();
      third.destroy();
      await stop(server);
    }
  },
  async a_signal(t) {
    for (const when of ['before', 'at once', 'later']) {
      const controller = new AbortController();
      const server = watch(t, net.createServer(), `${when} `);
      if (when === 'before') controller.abort();
      t('listen', server.listen({ port: 0, host: '127.0.0.1', signal: controller.signal }) === server);
      const over = closed(server);
      if (when === 'at once') controller.abort();
      if (when === 'later') server.on('listening', () => controller.abort());
      await over;
      await rounds();
      t('state', server.listening, server.address());
    }
    for (const signal of [1, 'x', {}]) t.call(`signal ${JSON.stringify(signal)}`, () => { const server = net.createServer(); server.listen({ port: 0, signal }).close(); return null; });
  },
  async closed_before_it_listens(t) {
    for (const options of [{ port: 0 }, { port: 0, host: '127.0.0.1' }, { port: 0, host: 'localhost' }]) {
      const server = watch(t, net.createServer());
      server.listen(options);
      server.close((error) => t('closed', ...shown(error)));
      await rounds(20);
      t('state', server.listening);
      server.close();
    }
  },
  async closed_twice(t) {
    const server = watch(t, await listening(net.createServer(), 0, '127.0.0.1'));
    t('close', server.close((error) => t('first', ...shown(error))) === server);
    server.close((error) => t('second', ...shown(error)));
    await closed(server);
    await rounds();
    server.close((error) => t('third', ...shown(error)));
    server.close();
    await rounds();
  },
  async closed_and_listening_again(t) {
    const server = watch(t, net.createServer((socket) => socket.end()));
    for (let i = 0; i < 2; i++) {
      await listening(server, 0, '127.0.0.1');
      const socket = net.connect(server.address().port, '127.0.0.1').resume();
      await closed(socket);
      await stop(server);
    }
  },
  async closed_with_connections(t) {
    const server = watch(t, net.createServer());
    const accepted = [];
    server.on('connection', (socket) => accepted.push(socket.resume()));
    await listening(server, 0, '127.0.0.1');
    const { port } = server.address();
    const clients = [net.connect(port, '127.0.0.1'), net.connect(port, '127.0.0.1')];
    while (accepted.length < 2) await once(server, 'connection');
    server.close(() => t('called'));
    t('closing', server.listening, server.address());
    const late = net.connect(port, '127.0.0.1');
    late.on('error', (error) => t('late', error.code));
    await closed(late);
    for (const client of clients) { client.destroy(); await rounds(8); t('one'); }
  },
  async get_connections(t) {
    const server = await listening(net.createServer((socket) => socket.resume()), 0, '127.0.0.1');
    t('returns', server.getConnections((error, count) => t('count', error ?? null, count)) === server);
    const client = net.connect(server.address().port, '127.0.0.1');
    await once(server, 'connection');
    server.getConnections((error, count) => t('count', error ?? null, count));
    client.destroy();
    await rounds(8);
    server.getConnections((error, count) => t('count', error ?? null, count));
    await stop(server);
    t.call('wrong', () => server.getConnections(1));
  },
  async pause_on_connect(t) {
    const server = net.createServer({ pauseOnConnect: true });
    await listening(server, 0, '127.0.0.1');
    const client = net.connect(server.address().port, '127.0.0.1');
    client.write('hello');
    const [socket] = await once(server, 'connection');
    t('paused', socket.isPaused(), socket.readableFlowing, socket.bytesRead);
    socket.on('data', (data) => { t('data', data); socket.end(); });
    await rounds(8);
    t('still', socket.isPaused(), socket.readableFlowing, socket.bytesRead);
    socket.resume();
    t('resumed', socket.isPaused(), socket.readableFlowing);
    client.resume();
    await closed(client);
    await stop(server);
  },
  async options_for_connections(t) {
    const server = net.createServer({ highWaterMark: 5, noDelay: true, keepAlive: true, keepAliveInitialDelay: 2000, allowHalfOpen: true });
    await listening(server, 0, '127.0.0.1');
    const client = net.connect({ port: server.address().port, host: '127.0.0.1', highWaterMark: 7 });
    const [socket] = await once(server, 'connection');
    t('server', socket.readableHighWaterMark, socket.writableHighWaterMark, socket.allowHalfOpen, socket.server === server);
    t('client', client.readableHighWaterMark, client.writableHighWaterMark, client.allowHalfOpen, client.server ?? null);
    client.destroy();
    socket.destroy();
    await stop(server);
  },
  async listeners_that_fail(t) {
    const server = net.createServer(() => { throw new Error('mine'); });
    await listening(server, 0, '127.0.0.1');
    const client = net.connect(server.address().port, '127.0.0.1');
    await once(client, 'connect');
    await rounds(8);
    t('client', client.destroyed);
    t('count', await new Promise((resolve) => server.getConnections((error, found) => resolve(found))));
    client.destroy();
    server.close();
    await rounds(8);
  },
};

export const scenarios = Object.fromEntries(Object.entries(all).map(([name, scenario]) => [name, async (t) => {
  await scenario(t);
  for (const each of folders.splice(0)) fs.rmSync(each, { recursive: true });
}]));
