import net from 'node:net';
import { once } from 'node:events';

const EVENTS = ['lookup', 'connectionAttempt', 'connectionAttemptFailed', 'connect', 'ready', 'data', 'end', 'finish', 'close'];

// What differs from run to run, taken out: ports.
const masked = (value) => {
  if (value instanceof Error) return `${value.name} ${value.code} ${value.message}`.replace(/:\d{4,5}/g, ':PORT');
  return typeof value === 'number' && value > 1000 ? 'PORT' : value;
};

function watch(t, socket, prefix = '') {
  for (const name of EVENTS) socket.on(name, (...args) => t(prefix + name, ...args.map((arg) => masked(arg) ?? null)));
  socket.on('error', (error) => t(`${prefix}error`, masked(error)));
  return socket;
}

const closed = (socket) => new Promise((resolve) => socket.once('close', resolve));
const later = (turns) => new Promise((resolve) => {
  const count = (left) => (left ? setImmediate(count, left - 1) : resolve());
  count(turns);
});

// A server whose connections end at once, and its port.
async function serving(options = {}, listener = (socket) => { socket.on('error', () => {}); socket.resume().end('hi'); }) {
  const server = net.createServer(options, listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: server.address().port };
}

const answering = (...addresses) => (host, options, callback) => {
  callback(null, addresses.map((address) => ({ address, family: net.isIP(address) })));
};

const blocking = (...addresses) => {
  const list = new net.BlockList();
  for (const address of addresses) list.addAddress(address);
  return list;
};

export const scenarios = {
  a_blocked_address_is_not_connected_to(t) {
    watch(t, net.connect({ port: 9, host: '127.0.0.1', blockList: blocking('127.0.0.1') }));
  },
  a_blocked_name(t) {
    watch(t, net.connect({ port: 9, host: 'x.test', blockList: blocking('127.0.0.1'), lookup: answering('127.0.0.1') }));
  },
  a_name_of_blocked_addresses(t) {
    const lookup = answering('127.0.0.1', '127.0.0.2');
    const socket = watch(t, net.connect({ port: 9, host: 'x.test', blockList: blocking('127.0.0.1', '127.0.0.2'), lookup }));
    socket.on('error', (error) => t('errors', error.errors.map((each) => each.code), socket.autoSelectFamilyAttemptedAddresses));
  },
  async a_blocked_address_is_passed_over(t) {
    const { server, port } = await serving();
    const socket = watch(t, net.connect({ port, host: 'x.test', blockList: blocking('127.0.0.2'), lookup: answering('127.0.0.2', '127.0.0.1') }));
    await closed(socket);
    server.close();
  },
  async a_server_closes_what_is_blocked(t) {
    const { server, port } = await serving({ blockList: blocking('127.0.0.1') }, () => t('connection'));
    const socket = net.connect(port, '127.0.0.1').resume();
    socket.on('error', () => {});
    await closed(socket);
    t('connections', server.connections ?? null, server.listening);
    server.close();
  },
  async a_connection_too_many_is_dropped(t) {
    const { server, port } = await serving();
    server.maxConnections = 0;
    server.on('drop', (info) => t('drop', info.localAddress, info.localFamily, info.localPort === port, info.remoteAddress,
                                  info.remoteFamily, typeof info.remotePort));
    const socket = net.connect(port, '127.0.0.1').resume();
    socket.on('error', () => {});
    await closed(socket);
    server.close();
  },
  async duplicates_and_nonsense_of_a_lookup(t) {
    const { server, port } = await serving();
    const lookup = (host, options, callback) => callback(null, [
      { address: 'zz', family: 4 }, { address: '127.0.0.2', family: 9 }, { address: '127.0.0.1', family: 4 }, { address: '127.0.0.1', family: 4 },
    ]);
    const socket = watch(t, net.connect({ port, host: 'x.test', lookup }));
    await closed(socket);
    t('attempted', socket.autoSelectFamilyAttemptedAddresses ?? null);
    server.close();
  },
  lookups_that_answer_wrongly(t) {
    const connect = (label, lookup, more = {}) => net.connect({ port: 9, host: 'x.test', lookup, ...more })
      .on('lookup', (...args) => t(`${label} lookup`, ...args.map((arg) => masked(arg) ?? null)))
      .on('error', (error) => t(label, masked(error)));
    connect('list for one', (host, options, callback) => callback(null, ['127.0.0.1'], 4), { family: 4 });
    connect('list of strings', (host, options, callback) => callback(null, ['127.0.0.1']));
    connect('no such family', (host, options, callback) => callback(null, '127.0.0.1', 100), { family: 4 });
    connect('no such families', (host, options, callback) => callback(null, [{ address: '127.0.0.1', family: 100 }]));
    connect('nothing for one', (host, options, callback) => callback(null), { family: 6 });
    connect('error', (host, options, callback) => callback(new Error('no')));
    connect('error for one', (host, options, callback) => callback(new Error('no')), { family: 4 });
  },
  a_lookup_is_told(t) {
    const connect = (more) => net.connect({ port: 9, host: 'x.test', lookup: (host, options) => t('told', host, options.family ?? null, options.hints, options.all ?? null), ...more });
    connect({});
    connect({ family: 4 });
    connect({ family: 'IPv6' });
    connect({ family: 5, hints: 99 });
    connect({ autoSelectFamily: false });
    connect({ localAddress: '127.0.0.1' });
  },
  async ends_that_cannot_be_bound(t) {
    for (const options of [{ localAddress: '203.0.113.7' }, { localAddress: '::1' }, { localPort: 70000 }, { localPort: 1.5 }]) {
      await closed(watch(t, net.connect({ port: 9, host: '127.0.0.1', ...options }), `${JSON.stringify(options)} `));
    }
    watch(t, net.connect({ port: 9, host: 'x.test', localPort: 70000, lookup: answering('127.0.0.1', '127.0.0.2') }))
      .on('error', (error) => t('errors', error.errors.map((each) => each.message)));
  },
  paths_that_are_none(t) {
    const connect = (path) => net.connect(path).on('error', (error) => t('error', error.code, error.message)).on('connectionAttemptFailed', (at) => t('failed', at));
    connect('/nonexistent/x');
    connect('/etc/passwd');
    connect('x\0y');
    connect(`/${'a'.repeat(200)}`);
    net.createServer().listen('x\0y').on('error', (error) => t('listen', error.code, error.message, error.port));
  },
  async a_bound_socket_connects(t) {
    let from;
    const { server, port } = await serving({}, (socket) => { t('from there', socket.remotePort === from); socket.resume().end('hi'); });
    const bound = new net.BoundSocket({ host: '127.0.0.1' });
    from = bound.address().port;
    const socket = watch(t, new net.Socket({ handle: bound }));
    t('before', socket.pending, socket.connecting, socket.readyState, socket.localPort === from, socket.remoteAddress ?? null);
    socket.connect({ port, host: '127.0.0.1' });
    await closed(socket);
    server.close();
  },
  async a_bound_socket_listens(t) {
    const bound = new net.BoundSocket({ host: '127.0.0.1' });
    const { port } = bound.address();
    const server = net.createServer((socket) => { t('connection'); socket.resume().end(); });
    server.listen(bound, () => t('listening'));
    t('now', server.listening, server.address().port === port);
    await once(server, 'listening');
    const socket = net.connect(port, '127.0.0.1').resume();
    await closed(socket);
    server.close();
  },
  bound_sockets_that_do_not_connect(t) {
    const make = () => new net.Socket({ handle: new net.BoundSocket({ host: '127.0.0.1' }) });
    make().on('error', (error) => t('write error', masked(error))).write('x', (error) => t('write', masked(error)));
    make().connect(9, '::1').on('error', (error) => t('family', masked(error)));
    make().on('close', (failed) => t('destroyed', failed)).destroy();
  },
  async a_signal_destroys_a_socket(t) {
    const { server, port } = await serving({}, (socket) => socket.resume());
    const controller = new AbortController();
    const socket = watch(t, net.connect({ port, host: '127.0.0.1', signal: controller.signal }));
    await once(socket, 'ready');
    controller.abort();
    await closed(socket);
    server.close();
  },
  async a_signal_closes_a_server(t) {
    const controller = new AbortController();
    const server = net.createServer().on('listening', () => t('listening')).on('close', () => t('close'));
    server.listen({ port: 0, signal: controller.signal });
    await once(server, 'listening');
    controller.abort();
    t('aborted', server.listening);
    const other = net.createServer().on('listening', () => t('other listening')).on('close', () => t('other close'));
    other.listen({ port: 0, signal: controller.signal });
    t('other', other.listening);
    await later(3);
    t('end', other.listening);
  },
  async onread_fills_a_buffer(t) {
    const { server, port } = await serving({}, (socket) => socket.end('hello world'));
    const buffer = Buffer.alloc(8);
    const socket = watch(t, net.connect({
      port, host: '127.0.0.1',
      onread: { buffer, callback: (size, given) => t('read', size, given === buffer, given.subarray(0, size).toString()) },
    }));
    await closed(socket);
    t('bytes', socket.bytesRead);
    server.close();
  },
  async onread_asks_for_buffers(t) {
    const { server, port } = await serving({}, (socket) => socket.end('hello world'));
    let asked = 0;
    const socket = watch(t, net.connect({
      port, host: '127.0.0.1',
      onread: { buffer: () => { asked++; return Buffer.alloc(2); }, callback: (size, given) => t('read', given.subarray(0, size).toString()) },
    }));
    socket.resume();
    await closed(socket);
    t('asked', asked);
    server.close();
  },
  async onread_pauses(t) {
    const { server, port } = await serving({}, (socket) => socket.end('hello world'));
    let isPaused = false;
    const socket = net.connect({
      port, host: '127.0.0.1',
      onread: {
        buffer: Buffer.alloc(8),
        callback: (size, given) => {
          t('read', isPaused, given.subarray(0, size).toString());
          isPaused = true;
          setTimeout(() => { isPaused = false; socket.resume(); }, 10);
          return false;
        },
      },
    });
    socket.on('end', () => t('end')).resume();
    await closed(socket);
    server.close();
  },
  async types_of_service(t) {
    const { server, port } = await serving({}, (socket) => socket.resume());
    const socket = new net.Socket();
    t('before', socket.getTypeOfService(), socket.setTypeOfService(16) === socket, socket.getTypeOfService());
    for (const tos of ['x', NaN, 256, -1, 1.5]) t.call('refused', () => { socket.setTypeOfService(tos); });
    socket.connect(port, '127.0.0.1');
    await once(socket, 'ready');
    t('connected', socket.getTypeOfService(), socket.setTypeOfService(8).getTypeOfService());
    socket.destroy();
    await closed(socket);
    server.close();
    t('made', new net.Socket({ typeOfService: 4 }).getTypeOfService());
  },
  async connect_goes_on_after_a_destruction(t) {
    const { server, port } = await serving();
    const socket = watch(t, net.connect(port, '127.0.0.1'));
    await closed(socket);
    socket.connect(port, '127.0.0.1');
    t('again', socket.destroyed, socket.connecting);
    await closed(socket);
    server.close();
  },
};
