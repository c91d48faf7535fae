import net from 'node:net';
import { once } from 'node:events';
import { Peer, rounds } from '../peers.mjs';

const EVENTS = ['connect', 'ready', 'timeout', 'drain', 'end', 'prefinish', 'finish'];
const watch = (t, socket, prefix = '') => {
  t.on(socket, prefix, ...EVENTS);
  socket.on('error', (error) => t(`${prefix}error`, error.name, error.code ?? null));
  socket.on('close', (failed) => t(`${prefix}close`, failed));
  return socket;
};

// A server of ours with one raw client.
async function served(t, options, listener) {
  const server = net.createServer(options, (socket) => listener(watch(t, socket)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const peer = await Peer.connect(server.address().port);
  return { server, peer };
}

// A raw server with one client of ours.
async function connected(t, more = {}) {
  const raw = net.createServer({ allowHalfOpen: true });
  raw.listen(0, '127.0.0.1');
  await once(raw, 'listening');
  const accepted = once(raw, 'connection');
  const socket = watch(t, net.connect({ port: raw.address().port, host: '127.0.0.1', ...more }));
  const ready = once(socket, 'ready');
  const [connection] = await accepted;
  await ready;
  raw.close();
  return { socket, peer: new Peer(connection) };
}

const closed = (emitter) => new Promise((resolve) => emitter.once('close', resolve));

export const scenarios = {
  async a_server_echoes(t) {
    const { server, peer } = await served(t, {}, (socket) => { socket.on('data', (data) => { t('data', data); socket.write(data); }); });
    peer.send('hello');
    await peer.until(() => peer.text === 'hello');
    peer.finish();
    await peer.end();
    await new Promise((resolve) => server.close(resolve));
    t('got', peer.text);
    t('listening', server.listening, server.address());
  },
  async half_open_when_allowed(t) {
    let closed;
    const { server, peer } = await served(t, { allowHalfOpen: true }, (socket) => {
      closed = once(socket, 'close');
      socket.resume();
      socket.on('end', () => { t.state(socket); setImmediate(() => socket.end('late')); });
    });
    peer.finish();
    await peer.end();
    await closed;
    await new Promise((resolve) => server.close(resolve));
    t('got', peer.text);
  },
  async a_client_sends_and_ends(t) {
    const { socket, peer } = await connected(t);
    t('write', socket.write('a', t.callback('a')));
    socket.end('b', t.callback('end'));
    await peer.end();
    t('got', peer.text);
    peer.finish();
    socket.resume();
    await closed(socket);
    t('bytes', socket.bytesRead, socket.bytesWritten);
    t.state(socket);
  },
  async written_before_connected(t) {
    const server = net.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const accepted = once(server, 'connection');
    const socket = watch(t, new net.Socket());
    t('states', socket.connecting, socket.pending, socket.readyState, socket.address());
    t('connect', socket.connect(server.address().port, '127.0.0.1', t.callback('listener')) === socket);
    t('states', socket.connecting, socket.pending, socket.readyState);
    t('write', socket.write('early', t.callback('cb')), socket.bytesWritten);
    const [connection] = await accepted;
    const peer = new Peer(connection);
    await peer.until(() => peer.text === 'early');
    t('states', socket.connecting, socket.pending, socket.readyState, socket.remoteAddress, socket.remoteFamily, socket.localAddress);
    socket.destroy();
    await closed(socket);
    t('states', socket.connecting, socket.pending, socket.readyState, socket.remoteAddress);
    peer.destroy();
    server.close();
  },
  async refused(t) {
    const server = net.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address();
    await new Promise((resolve) => server.close(resolve));
    const socket = net.connect(port, '127.0.0.1');
    socket.on('error', (error) => {
      t('error', error.code, error.syscall, error.errno, error.address, error.port === port, error.message.replace(String(port), 'PORT'));
    });
    socket.on('close', t.callback('close'));
    socket.write('x', (error) => t('cb', error.code));
  },
  async reset_by_the_peer(t) {
    const { socket, peer } = await connected(t);
    socket.on('error', (error) => t('details', error.message, error.errno, error.syscall));
    peer.reset();
    await closed(socket);
  },
  async end_of_the_peer(t) {
    const { socket, peer } = await connected(t);
    socket.on('data', t.callback('data'));
    peer.send('bye');
    peer.finish();
    await closed(socket);
    t.state(socket);
    await peer.end();
    peer.destroy();
  },
  async end_of_the_peer_half_open(t) {
    const { socket, peer } = await connected(t, { allowHalfOpen: true });
    socket.on('data', t.callback('data'));
    peer.send('bye');
    peer.finish();
    await once(socket, 'end');
    await rounds();
    t('open', socket.readyState, socket.destroyed);
    socket.end('answer');
    await closed(socket);
    await peer.end();
    t('got', peer.text);
    peer.destroy();
  },
  async an_unread_socket_does_not_end(t) {
    const { socket, peer } = await connected(t);
    peer.send('x');
    peer.finish();
    await rounds(5);
    t('before', socket.readableEnded, socket.destroyed);
    socket.on('data', t.callback('data'));
    await closed(socket);
    peer.destroy();
  },
  async set_encoding(t) {
    const { socket, peer } = await connected(t);
    socket.setEncoding('utf8');
    socket.on('data', t.callback('data'));
    peer.send('\xe2\x82\xac');
    peer.finish();
    await closed(socket);
    peer.destroy();
  },
  async destroy_with_an_error(t) {
    const { socket, peer } = await connected(t);
    socket.destroy(new Error('boom'));
    await closed(socket);
    await peer.end();
    peer.destroy();
  },
  async destroy_before_connected(t) {
    const server = net.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const socket = watch(t, net.connect(server.address().port, '127.0.0.1'));
    socket.write('x', t.callback('cb'));
    socket.destroy();
    await closed(socket);
    server.close();
  },
  async write_after_the_end(t) {
    const { socket, peer } = await connected(t);
    socket.end();
    t('write', socket.write('x', t.callback('cb')));
    await closed(socket);
    await peer.end();
    peer.destroy();
  },
  async destroy_soon(t) {
    const { socket, peer } = await connected(t);
    socket.write('last');
    socket.destroySoon();
    await closed(socket);
    await peer.end();
    t('got', peer.text);
    peer.destroy();
  },
  async a_timeout_closes_nothing(t) {
    const { socket, peer } = await connected(t);
    t('set', socket.setTimeout(20, t.callback('listener')) === socket, socket.timeout);
    await once(socket, 'timeout');
    t('destroyed', socket.destroyed);
    socket.setTimeout(0);
    t('timeout', socket.timeout ?? null);
    socket.destroy();
    await closed(socket);
    peer.destroy();
  },
  async two_listeners_and_a_limit(t) {
    const { server, peer } = await served(t, {}, (socket) => socket.resume());
    server.maxConnections = 1;
    server.on('drop', (data) => t('drop', data.localAddress, data.remoteFamily));
    const second = await Peer.connect(server.address().port);
    await second.end();
    await new Promise((resolve) => server.getConnections((error, count) => { t('connections', error, count); resolve(); }));
    peer.finish();
    await peer.end();
    server.close();
  },
  async closing_a_server_waits_for_its_connections(t) {
    const { server, peer } = await served(t, {}, (socket) => socket.resume());
    await rounds();
    server.on('close', t.callback('server close'));
    t('close', server.close(t.callback('callback')) === server, server.listening);
    await rounds();
    const waiting = closed(server);
    peer.finish();
    await peer.end();
    await waiting;
    server.close(t.callback('again'));
  },
  async listening_twice(t) {
    const server = net.createServer();
    t('before', server.listening, server.address());
    t('listen', server.listen(0, '127.0.0.1', t.callback('listening')) === server, server.listening);
    t.call('again', () => { server.listen(0); });
    await once(server, 'listening');
    const { address, family } = server.address();
    t('address', address, family);
    const other = net.createServer();
    other.on('error', (error) => t('error', error.code, error.syscall, error.errno, error.address, error.message.replace(/\d+$/, 'PORT')));
    other.listen(server.address().port, '127.0.0.1');
    await once(other, 'error').catch(() => {});
    server.close();
  },
  bad_arguments(t) {
    t.call('no arguments', () => { net.connect(); });
    t.call('empty options', () => { net.connect({}); });
    t.call('port', () => { net.connect(70000); });
    t.call('port type', () => { net.connect({ port: true }); });
    t.call('listen port', () => { net.createServer().listen(70000); });
    t.call('listen nothing', () => { net.createServer().listen({}); });
    t.call('listener', () => { net.createServer(5); });
    t.call('timeout', () => { new net.Socket().setTimeout('x'); });
    t.call('timeout negative', () => { new net.Socket().setTimeout(-1); });
    t.call('object mode', () => { new net.Socket({ objectMode: true }); });
    t.call('local address', () => { net.connect({ port: 1, host: '127.0.0.1', localAddress: 'zz' }); });
  },
  write_to_an_unconnected_socket(t) {
    const socket = watch(t, new net.Socket());
    t('write', socket.write('x', t.callback('cb')));
  },
  is_ip(t) {
    for (const text of ['127.0.0.1', '::1', 'a', '', '1.2.3', '::ffff:1.2.3.4', '1.2.3.4.5', '01.2.3.4', 'fe80::1%lo', '256.1.1.1', ' 1.2.3.4']) {
      t(text, net.isIP(text), net.isIPv4(text), net.isIPv6(text));
    }
  },
  async null_is_refused(t) {
    const { socket, peer } = await connected(t);
    t.call('null', () => socket.write(null));
    t.call('number', () => socket.write(5));
    socket.destroy();
    await closed(socket);
    peer.destroy();
  },
};
