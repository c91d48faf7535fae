import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { once } from 'node:events';
import { rounds } from '../peers.mjs';

const masked = (text) => String(text).replace(/\b\d{4,5}\b/g, 'PORT');
const shown = (error) => (error ? `${error.code ?? error.name} ${masked(error.message)}` : null);
const closed = (socket) => (socket.closed ? null : new Promise((resolve) => socket.once('close', resolve)));
const state = (socket) => [socket.readyState, socket.connecting, socket.pending, socket.readable, socket.writable, socket.destroyed];

function watch(t, socket, prefix = '', ...more) {
  for (const name of ['connect', 'ready', 'end', 'finish', 'timeout', 'drain', ...more]) socket.on(name, () => t(prefix + name));
  socket.on('error', (error) => t(`${prefix}error`, shown(error)));
  socket.on('close', (hadError) => t(`${prefix}close`, hadError));
  return socket;
}

// Both ends of a connection, and how to close the server.
async function pair(t, { server: serverOptions = {}, client: clientOptions = {}, where = { port: 0, host: '127.0.0.1' } } = {}) {
  const server = net.createServer(serverOptions).listen(where);
  await once(server, 'listening');
  const accepted = once(server, 'connection');
  const client = net.connect({ ...(where.path ? where : { host: '127.0.0.1', port: server.address().port }), ...clientOptions });
  await once(client, 'connect');
  const [theirs] = await accepted;
  return { client, theirs, port: server.address().port, close: () => new Promise((resolve) => server.close(resolve)) };
}

async function serving(listener = (socket) => { socket.on('error', () => {}); socket.resume(); }) {
  const server = net.createServer({ allowHalfOpen: false }, listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: server.address().port };
}

const folders = [];

// A path for a socket, which goes with the scenario.
function temporary() {
  folders.push(fs.mkdtempSync(path.join(os.tmpdir(), 'x-')));
  return path.join(folders.at(-1), 'socket');
}

const all = {
  async states(t) {
    const { server, port } = await serving((socket) => socket.resume());
    const socket = new net.Socket();
    t('new', ...state(socket));
    socket.connect(port, '127.0.0.1');
    t('connecting', ...state(socket));
    for (const name of ['connect', 'ready', 'end', 'finish', 'close']) socket.on(name, () => t(name, ...state(socket)));
    socket.on('connect', () => { socket.resume().end(); t('ended', ...state(socket)); });
    await closed(socket);
    server.close();
  },
  async states_of_a_destroyed_socket(t) {
    const { server, port } = await serving();
    const socket = net.connect(port, '127.0.0.1');
    socket.on('close', () => t('close', ...state(socket)));
    await once(socket, 'connect');
    socket.destroy();
    t('destroyed', ...state(socket));
    await closed(socket);
    server.close();
  },
  async states_half_open(t) {
    const { client, theirs, close } = await pair(t, { server: { allowHalfOpen: true }, client: { allowHalfOpen: true } });
    t('open', ...state(client));
    theirs.end();
    client.resume();
    await once(client, 'end');
    t('their end', ...state(client));
    client.end();
    t('my end', ...state(client));
    theirs.resume();
    await Promise.all([closed(client), closed(theirs)]);
    t('closed', ...state(client));
    await close();
  },
  async states_when_this_side_ends_first(t) {
    const { client, theirs, close } = await pair(t, { server: { allowHalfOpen: true } });
    client.end();
    await once(client, 'finish');
    t('finished', ...state(client));
    theirs.end();
    theirs.resume();
    client.resume();
    await closed(client);
    await close();
  },
  async states_of_one_sided_sockets(t) {
    for (const options of [{}, { readable: false }, { writable: false }, { readable: true, writable: true }]) {
      const socket = new net.Socket(options);
      t(JSON.stringify(options), ...state(socket));
      socket.destroy();
    }
  },
  async addresses_of_both_ends(t) {
    const { client, theirs, port, close } = await pair(t);
    const ends = (socket) => [socket.remoteAddress, socket.remoteFamily, socket.remotePort === port, socket.localAddress, socket.localFamily, socket.localPort === port, Object.keys(socket.address())];
    t('client', ...ends(client));
    t('server', ...ends(theirs));
    t('fit', client.localPort === theirs.remotePort, client.remotePort === theirs.localPort);
    client.destroy();
    t('destroyed', client.remoteAddress ?? null, client.localAddress ?? null, client.address());
    await closed(client);
    t('closed', client.remoteAddress ?? null, client.localAddress ?? null, client.address());
    theirs.on('error', () => {});
    theirs.resume();
    await closed(theirs);
    t('theirs', theirs.remoteAddress ?? null, theirs.localAddress ?? null, theirs.address());
    await close();
  },
  async addresses_that_nobody_asked_for_before(t) {
    const { client, theirs, close } = await pair(t);
    client.destroy();
    await closed(client);
    t('client', client.remoteAddress ?? null, client.remotePort ?? null, client.localPort ?? null);
    theirs.on('error', () => {});
    theirs.resume();
    await closed(theirs);
    t('theirs', theirs.remoteAddress ?? null);
    await close();
  },
  async counts(t) {
    const { client, theirs, close } = await pair(t);
    t('new', client.bytesRead, client.bytesWritten, client.bufferSize, client.writableLength);
    client.write('\u00e4\u20ac');
    client.write(Buffer.from('abc'));
    t('written', client.bytesWritten, client.bufferSize);
    client.cork();
    client.write('xy', 'latin1');
    client.write('7a', 'hex');
    t('corked', client.bytesWritten, client.bufferSize, client.writableLength);
    client.uncork();
    client.end('!');
    theirs.resume();
    await closed(client);
    t('closed', client.bytesRead, client.bytesWritten, client.bufferSize ?? null, theirs.bytesRead);
    await close();
  },
  async reset_before_anything(t) {
    const socket = watch(t, new net.Socket());
    t('returns', socket.resetAndDestroy() === socket);
    await rounds();
    t('again', socket.resetAndDestroy() === socket);
    await rounds();
  },
  async reset_while_connecting(t) {
    const { server, port } = await serving((socket) => watch(t, socket.resume(), 'server '));
    const socket = watch(t, net.connect(port, '127.0.0.1'));
    socket.resetAndDestroy();
    t('state', ...state(socket));
    await closed(socket);
    await rounds(8);
    server.close();
  },
  async reset_when_connected(t) {
    const { client, theirs, close } = await pair(t);
    watch(t, theirs, 'server ').resume();
    watch(t, client, 'client ');
    client.write('x');
    await once(theirs, 'data');
    client.resetAndDestroy();
    t('state', ...state(client));
    await closed(theirs);
    await close();
  },
  async reset_by_the_server(t) {
    const { client, theirs, close } = await pair(t);
    watch(t, client, 'client ').resume();
    watch(t, theirs, 'server ');
    theirs.write('lost');
    theirs.resetAndDestroy();
    await closed(client);
    await close();
  },
  async reset_of_a_path(t) {
    const { client, theirs, close } = await pair(t, { where: { path: temporary() } });
    t.call('reset', () => client.resetAndDestroy());
    t('state', ...state(client));
    client.destroy();
    theirs.resume();
    await closed(theirs);
    await close();
  },
  async reset_of_a_closed_one(t) {
    const { client, theirs, close } = await pair(t);
    client.destroy();
    await closed(client);
    watch(t, client, 'client ');
    client.resetAndDestroy();
    await rounds();
    theirs.on('error', () => {});
    theirs.resume();
    await closed(theirs);
    await close();
  },
  async timeouts(t) {
    const { client, theirs, close } = await pair(t, { client: { timeout: 30 } });
    t('option', client.timeout);
    client.on('timeout', () => t('timeout'));
    await once(client, 'timeout');
    t('open', client.destroyed, client.timeout);
    const once1 = () => t('callback');
    t('returns', client.setTimeout(40, once1) === client, client.timeout, client.listenerCount('timeout'));
    client.setTimeout(0, once1);
    t('off', client.timeout, client.listenerCount('timeout'));
    client.setTimeout(20, once1);
    await once(client, 'timeout');
    t('then', client.listenerCount('timeout'));
    client.destroy();
    t('destroyed', client.setTimeout(10) === client, client.timeout);
    theirs.on('error', () => {});
    theirs.resume();
    await closed(theirs);
    await close();
    for (const args of [[-1], ['1'], [NaN], [Infinity], [], [1, 'x'], [0, 'x']]) {
      const socket = new net.Socket();
      t.call(`setTimeout ${args.map((arg) => String(arg))}`, () => socket.setTimeout(...args));
      socket.destroy();
    }
  },
  async a_timeout_that_traffic_puts_off(t) {
    const { client, theirs, close } = await pair(t);
    client.on('timeout', () => { t('timeout'); client.destroy(); });
    client.setTimeout(60);
    let left = 4;
    const timer = setInterval(() => { if (left-- > 0) theirs.write('x'); else clearInterval(timer); }, 25);
    client.on('data', () => t('data'));
    await closed(client);
    theirs.on('error', () => {});
    theirs.resume();
    await closed(theirs);
    await close();
  },
  async what_the_setters_return(t) {
    const { client, theirs, close } = await pair(t);
    for (const [name, ...args] of [['setNoDelay'], ['setNoDelay', false], ['setKeepAlive'], ['setKeepAlive', true, 1000], ['setKeepAlive', true, 'x'], ['setTimeout', 0], ['ref'], ['unref'], ['pause'], ['resume'], ['setEncoding', 'utf8'], ['end'], ['destroy']]) {
      t.call(`${name} ${args}`, () => client[name](...args) === client);
    }
    theirs.on('error', () => {});
    theirs.resume();
    await closed(theirs);
    await close();
  },
  async a_wrong_argument(t) {
    const socket = new net.Socket();
    for (const options of [{ objectMode: true }, { readableObjectMode: true }, { writableObjectMode: true }, { fd: 'x' }, { fd: -1 }, { fd: 1.5 }, { fd: 2 ** 31 }, { signal: 1 }, { typeOfService: 256 }, { typeOfService: -1 }, { typeOfService: 1.5 }, { typeOfService: 'x' }, { keepAliveInitialDelay: 'x' }, { blockList: 1 }]) {
      t.call(JSON.stringify(options), () => new net.Socket(options));
    }
    for (const tos of [256, -1, 1.5, 'x', undefined, NaN]) t.call(`type ${tos}`, () => socket.setTypeOfService(tos));
    t('type', socket.getTypeOfService());
    for (const chunk of [1, {}, true, []]) t.call(`write ${JSON.stringify(chunk)}`, () => socket.write(chunk));
    socket.destroy();
  },
  async destroyed_with_writes_under_way(t) {
    const { client, theirs, close } = await pair(t);
    watch(t, client, 'client ');
    const big = Buffer.alloc(8 * 1024 * 1024);
    t('write', client.write(big, (error) => t('first', shown(error))), client.writableNeedDrain);
    t('write', client.write('x', (error) => t('second', shown(error))));
    client.end('y', (error) => t('end', shown(error)));
    await rounds();
    client.destroy();
    t('state', ...state(client));
    await closed(client);
    theirs.on('error', () => {});
    theirs.resume();
    await closed(theirs);
    await close();
  },
  async destroy_soon_with_a_write_under_way(t) {
    const { client, theirs, close } = await pair(t);
    watch(t, client, 'client ');
    let size = 0;
    theirs.on('data', (data) => { size += data.length; });
    client.write(Buffer.alloc(4 * 1024 * 1024));
    client.destroySoon();
    t('state', ...state(client));
    await closed(theirs);
    t('size', size);
    await close();
  },
  async drain(t) {
    const { client, theirs, close } = await pair(t, { client: { highWaterMark: 10 } });
    client.on('drain', () => t('drain', client.writableLength));
    const big = Buffer.alloc(6 * 1024 * 1024);
    t('write', client.write(big), client.writableLength > 0, client.bufferSize > 0);
    theirs.resume();
    await once(client, 'drain');
    t('small', client.write('x'), client.write('0123456789'));
    client.end();
    await closed(theirs);
    await close();
  },
  async end_without_a_connection(t) {
    const socket = watch(t, new net.Socket());
    socket.end('x', (error) => t('end', shown(error)));
    await rounds(8);
    t('state', ...state(socket));
    const other = watch(t, new net.Socket(), 'other ');
    other.end((error) => t('other end', shown(error)));
    await rounds(8);
    t('state', ...state(other));
    other.destroy();
  },
  async connect_after_the_end(t) {
    const { server, port } = await serving((socket) => socket.on('data', (data) => socket.end(data)));
    const socket = watch(t, new net.Socket());
    for (const word of ['one', 'two']) {
      t('connect', socket.connect(port, '127.0.0.1') === socket, ...state(socket));
      socket.on('data', (data) => t(word, data));
      socket.write(word);
      await closed(socket);
      socket.removeAllListeners('data');
      t('counts', socket.bytesRead, socket.bytesWritten);
    }
    server.close();
  },
  async a_signal_in_each_phase(t) {
    const { server, port } = await serving();
    for (const when of ['connecting', 'connect', 'ended']) {
      const controller = new AbortController();
      const socket = watch(t, net.connect({ port, host: '127.0.0.1', signal: controller.signal }), `${when} `);
      if (when === 'connect') socket.on('connect', () => controller.abort());
      if (when === 'connecting') controller.abort(new Error('why'));
      if (when === 'ended') socket.on('connect', () => { socket.resume().end(); }).on('close', () => controller.abort());
      await closed(socket);
      await rounds();
      t('state', ...state(socket));
    }
    server.close();
  },
  async a_descriptor_of_a_file(t) {
    const file = fs.openSync('/dev/null', 'r+');
    t.call('null', () => new net.Socket({ fd: file }));
    fs.closeSync(file);
    const folder = fs.openSync(os.tmpdir(), 'r');
    t.call('folder', () => new net.Socket({ fd: folder }));
    fs.closeSync(folder);
  },
  async listening_to_a_descriptor_that_is_none(t) {
    for (const fd of [1e6, 0.5]) {
      const server = net.createServer();
      server.on('error', (error) => t('error', error.code, error.syscall));
      t.call(`listen ${fd}`, () => server.listen({ fd }) === server);
      await rounds();
    }
  },
  async unread_data_at_the_end(t) {
    const { client, theirs, close } = await pair(t);
    watch(t, client, 'client ');
    theirs.end('data');
    theirs.resume();
    await rounds(20);
    t('unread', client.readableLength, ...state(client));
    client.on('data', (data) => t('data', data));
    await closed(client);
    await close();
  },
  async a_stream_piped_through(t) {
    const { client, theirs, close } = await pair(t);
    theirs.pipe(theirs);
    Readable.from([Buffer.from('a'), Buffer.from('b')]).pipe(client);
    let text = '';
    client.setEncoding('utf8').on('data', (data) => { text += data; });
    await closed(client);
    t('text', text);
    await close();
  },
};

export const scenarios = Object.fromEntries(Object.entries(all).map(([name, scenario]) => [name, async (t) => {
  await scenario(t);
  for (const each of folders.splice(0)) fs.rmSync(each, { recursive: true });
}]));
