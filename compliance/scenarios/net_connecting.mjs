import http from 'node:http';
import net from 'node:net';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rounds } from '../peers.mjs';

const EVENTS = ['lookup', 'connectionAttempt', 'connectionAttemptFailed', 'connectionAttemptTimeout', 'connect', 'ready', 'timeout', 'end', 'finish', 'close'];
const TIMEOUT = 40;

// What differs from run to run, taken out: ports.
const text = (value) => String(value).replace(/\b\d{4,5}\b/g, 'PORT');
function masked(value) {
  if (value instanceof AggregateError) return `AggregateError ${value.code} ${text(value.message)} [${value.errors.map(masked).join('; ')}]`;
  if (value instanceof Error) return `${value.code} ${text(value.message)} ${value.syscall} ${value.address} ${value.localAddress}`;
  return typeof value === 'number' && value > 1000 ? 'PORT' : value;
}

function watch(t, socket, ...more) {
  for (const name of [...EVENTS, ...more]) socket.on(name, (...args) => t(name, ...args.map((arg) => masked(arg) ?? null)));
  socket.on('error', (error) => t('error', masked(error)));
  return socket;
}

const attempted = (t, socket) => t('attempted', socket.autoSelectFamilyAttemptedAddresses?.map(text) ?? null);
const closed = (socket) => new Promise((resolve) => socket.once('close', resolve));

const answering = (...addresses) => (host, options, callback) => {
  callback(null, addresses.map((address) => ({ address, family: net.isIP(address) })));
};

// A server on the addresses, all with the same port.
async function serving(...addresses) {
  const servers = [];
  let port = 0;
  for (const host of addresses) {
    const server = net.createServer((socket) => { socket.on('error', () => {}); socket.resume().end('hi'); }).listen({ port, host });
    await once(server, 'listening');
    port = server.address().port;
    servers.push(server);
  }
  return { port, close: () => servers.forEach((server) => server.close()) };
}

// A port that nobody listens to.
async function silent() {
  const { port, close } = await serving('127.0.0.1');
  close();
  return port;
}

// An address that does not answer: a listener that accepts nothing, and its queue is full.
async function stuck(port, host) {
  const child = spawn(process.execPath, ['-e', `
    const listener = require('net').createServer().listen({ port: ${port}, host: '${host}', backlog: 1 });
    listener.on('listening', () => { require('fs').writeSync(1, 'x'); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); });
  `], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  const fillers = [];
  while (fillers.length < 2) {
    const filler = net.connect(port, host).on('error', () => {});
    await once(filler, 'connect');
    fillers.push(filler);
  }
  return () => { for (const filler of fillers) filler.destroy(); child.kill('SIGKILL'); };
}

// Connect to a name that has these addresses, and watch what comes.
async function connected(t, addresses, options, act = () => {}) {
  const socket = watch(t, new net.Socket(options));
  act(socket);
  socket.on('data', (data) => t('data', data));
  socket.connect({ host: 'x.test', lookup: answering(...addresses), ...options });
  await closed(socket);
  attempted(t, socket);
}

const destroyedAt = (event, count = 1) => async (t) => {
  const port = await silent();
  await connected(t, ['127.0.0.1', '127.0.0.2'], { port }, (socket) => {
    let left = count;
    socket.on(event, () => { if (--left === 0) socket.destroy(); });
  });
};

export const scenarios = {
  async all_refuse(t) {
    const port = await silent();
    await connected(t, ['127.0.0.1', '127.0.0.2', '127.0.0.3'], { port });
  },
  async one_refuses(t) {
    const port = await silent();
    await connected(t, ['127.0.0.1'], { port });
  },
  async families_take_turns(t) {
    const port = await silent();
    await connected(t, ['127.0.0.1', '127.0.0.2', '127.0.0.3', '::1'], { port });
    await connected(t, ['::1', '127.0.0.2', '127.0.0.1'], { port });
  },
  async the_second_answers(t) {
    const server = await serving('127.0.0.2');
    await connected(t, ['127.0.0.1', '127.0.0.2'], { port: server.port });
    server.close();
  },
  async the_first_answers(t) {
    const server = await serving('127.0.0.1');
    await connected(t, ['127.0.0.1', '127.0.0.2'], { port: server.port });
    server.close();
  },
  async the_first_does_not_answer(t) {
    const server = await serving('127.0.0.1');
    const free = await stuck(server.port, '127.0.0.2');
    await connected(t, ['127.0.0.2', '127.0.0.1'], { port: server.port, autoSelectFamilyAttemptTimeout: TIMEOUT });
    free();
    server.close();
  },
  async one_does_not_answer_and_one_refuses(t) {
    const port = await silent();
    const free = await stuck(port, '127.0.0.2');
    await connected(t, ['127.0.0.2', '127.0.0.3'], { port, autoSelectFamilyAttemptTimeout: TIMEOUT });
    await connected(t, ['127.0.0.3', '127.0.0.2', '127.0.0.4'], { port, autoSelectFamilyAttemptTimeout: TIMEOUT });
    free();
  },
  async two_do_not_answer(t) {
    const server = await serving('127.0.0.1');
    const free = [await stuck(server.port, '127.0.0.2'), await stuck(server.port, '127.0.0.3')];
    await connected(t, ['127.0.0.2', '127.0.0.3', '127.0.0.1'], { port: server.port, autoSelectFamilyAttemptTimeout: TIMEOUT });
    for (const each of free) each();
    server.close();
  },
  async the_last_has_all_the_time(t) {
    const port = await silent();
    const free = await stuck(port, '127.0.0.2');
    await connected(t, ['127.0.0.3', '127.0.0.2'], { port, autoSelectFamilyAttemptTimeout: 10 }, (socket) => {
      socket.setTimeout(4 * TIMEOUT, () => { t('state', socket.connecting, socket.pending, socket.readyState); socket.destroy(); });
    });
    free();
  },
  async the_default_time(t) {
    const server = await serving('127.0.0.1');
    const free = await stuck(server.port, '127.0.0.2');
    const before = net.getDefaultAutoSelectFamilyAttemptTimeout();
    net.setDefaultAutoSelectFamilyAttemptTimeout(TIMEOUT);
    await connected(t, ['127.0.0.2', '127.0.0.1'], { port: server.port });
    net.setDefaultAutoSelectFamilyAttemptTimeout(before);
    free();
    server.close();
  },
  async a_timeout_of_the_socket_while_an_attempt_lasts(t) {
    const port = await silent();
    const free = await stuck(port, '127.0.0.2');
    await connected(t, ['127.0.0.2', '127.0.0.3'], { port, autoSelectFamilyAttemptTimeout: 4 * TIMEOUT }, (socket) => socket.setTimeout(TIMEOUT));
    free();
  },
  async without_auto_select_family(t) {
    const port = await silent();
    const lookup = (host, options, callback) => { t('asked', options.all ?? null); callback(null, '127.0.0.1', 4); };
    await connected(t, [], { port, autoSelectFamily: false, lookup });
    net.setDefaultAutoSelectFamily(false);
    await connected(t, [], { port, lookup });
    net.setDefaultAutoSelectFamily(true);
    await connected(t, [], { port, family: 4, lookup });
    await connected(t, [], { port, autoSelectFamily: true, family: 4, lookup });
    await connected(t, [], { port, autoSelectFamily: true, localAddress: '127.0.0.1', lookup });
  },
  async a_family_of_any_kind(t) {
    const port = await silent();
    for (const family of [0, 6, 'IPv4', 'IPv6', undefined]) {
      t('family', family);
      await connected(t, ['127.0.0.1', '::1'], { port, family, lookup: (host, options, callback) => {
        t('asked', options.family ?? null, options.all ?? null);
        if (options.all) callback(null, [{ address: '127.0.0.1', family: 4 }, { address: '::1', family: 6 }]);
        else callback(null, '127.0.0.1', 4);
      } });
    }
  },
  async a_local_port_for_several(t) {
    const port = await silent();
    const own = await silent();
    await connected(t, ['127.0.0.1', '127.0.0.2'], { port, localPort: own });
  },
  async what_is_written_before(t) {
    const server = await serving('127.0.0.2');
    await connected(t, ['127.0.0.1', '127.0.0.2'], { port: server.port }, (socket) => process.nextTick(() => {
      t('write', socket.write('abc', (error) => t('written', masked(error ?? null))), socket.bytesWritten, socket.pending);
    }));
    server.close();
  },
  async what_is_written_before_all_refuse(t) {
    const port = await silent();
    await connected(t, ['127.0.0.1', '127.0.0.2'], { port }, (socket) => process.nextTick(() => {
      t('write', socket.write('abc', (error) => t('written', masked(error ?? null))));
      socket.end(() => t('ended'));
    }));
  },
  destroyed_at_the_lookup: destroyedAt('lookup'),
  destroyed_at_the_second_lookup: destroyedAt('lookup', 2),
  destroyed_at_the_failure: destroyedAt('connectionAttemptFailed'),
  destroyed_at_the_second_failure: destroyedAt('connectionAttemptFailed', 2),
  async destroyed_with_an_error_at_a_failure(t) {
    const port = await silent();
    await connected(t, ['127.0.0.1', '127.0.0.2'], { port }, (socket) => {
      socket.once('connectionAttemptFailed', () => socket.destroy(new Error('mine')));
    });
  },
  async destroyed_at_the_timeout_of_an_attempt(t) {
    const port = await silent();
    const free = await stuck(port, '127.0.0.2');
    await connected(t, ['127.0.0.2', '127.0.0.3'], { port, autoSelectFamilyAttemptTimeout: TIMEOUT }, (socket) => {
      socket.on('connectionAttemptTimeout', () => socket.destroy());
    });
    free();
  },
  async destroyed_while_an_attempt_lasts(t) {
    const port = await silent();
    const free = await stuck(port, '127.0.0.2');
    await connected(t, ['127.0.0.2', '127.0.0.3'], { port, autoSelectFamilyAttemptTimeout: TIMEOUT }, (socket) => {
      socket.on('connectionAttempt', () => setImmediate(() => socket.destroy()));
    });
    free();
  },
  async aborted_while_an_attempt_lasts(t) {
    const port = await silent();
    const free = await stuck(port, '127.0.0.2');
    const controller = new AbortController();
    await connected(t, ['127.0.0.2', '127.0.0.3'], { port, autoSelectFamilyAttemptTimeout: TIMEOUT, signal: controller.signal }, (socket) => {
      socket.on('connectionAttempt', () => setImmediate(() => controller.abort()));
    });
    free();
  },
  async states_on_the_way(t) {
    const server = await serving('127.0.0.2');
    await connected(t, ['127.0.0.1', '127.0.0.2'], { port: server.port }, (socket) => {
      for (const name of EVENTS) socket.on(name, () => t(`  ${name}`, socket.connecting, socket.pending, socket.readyState, socket.remoteAddress ?? null));
      t('before', socket.connecting, socket.pending, socket.readyState);
      process.nextTick(() => t('tick', socket.connecting, socket.pending, socket.readyState));
    });
    server.close();
  },
  async connected_again_after_all_refused(t) {
    const port = await silent();
    const server = await serving('127.0.0.2');
    const socket = watch(t, net.connect({ port, host: 'x.test', lookup: answering('127.0.0.1', '127.0.0.2') }));
    await closed(socket);
    attempted(t, socket);
    socket.resume().connect({ port: server.port, host: 'x.test', lookup: answering('127.0.0.3', '127.0.0.2') });
    await closed(socket);
    attempted(t, socket);
    socket.connect({ port: server.port, host: '127.0.0.2' });
    await closed(socket);
    attempted(t, socket);
    server.close();
  },
  async a_lookup_that_answers_later(t) {
    const port = await silent();
    await connected(t, [], { port, lookup: (host, options, callback) => setImmediate(() => answering('127.0.0.1', '127.0.0.2')(host, options, callback)) });
  },
  async a_lookup_that_answers_when_it_is_over(t) {
    const port = await silent();
    await connected(t, [], { port, lookup: (host, options, callback) => setImmediate(() => answering('127.0.0.1', '127.0.0.2')(host, options, callback)) },
      (socket) => process.nextTick(() => socket.destroy()));
    await rounds();
  },
  async a_lookup_that_throws(t) {
    const socket = new net.Socket();
    watch(t, socket);
    t.call('connect', () => { socket.connect({ port: 1, host: 'x.test', lookup() { throw new Error('mine'); } }); return null; });
    await rounds();
    t('state', socket.connecting, socket.destroyed);
    socket.destroy();
  },
  async no_delay_and_keep_alive_for_several(t) {
    const server = await serving('127.0.0.2');
    await connected(t, ['127.0.0.1', '127.0.0.2'], { port: server.port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 1000, typeOfService: 8 }, (socket) => {
      socket.on('connect', () => t('type of service', socket.getTypeOfService()));
    });
    server.close();
  },
  async an_http_request_to_several(t) {
    const server = http.createServer((req, res) => res.end('x')).listen(0, '127.0.0.2');
    await once(server, 'listening');
    const { port } = server.address();
    const req = http.get({ host: 'x.test', port, agent: false, lookup: answering('127.0.0.1', '127.0.0.2') });
    req.on('socket', (socket) => { watch(t, socket); });
    req.on('response', (res) => { t('response', res.statusCode); attempted(t, req.socket); res.resume(); });
    req.on('error', (error) => t('req error', masked(error)));
    await closed(req);
    await new Promise((resolve) => server.close(resolve));
  },
  async an_http_request_that_all_refuse(t) {
    const port = await silent();
    for (const options of [{}, { agent: false }, { family: 4 }, { autoSelectFamily: false }]) {
      const lookup = (host, asked, callback) => (asked.all ? answering('127.0.0.1', '127.0.0.2')(host, asked, callback) : callback(null, '127.0.0.1', 4));
      const req = http.get({ host: 'x.test', port, lookup, ...options });
      req.on('error', (error) => t('req error', masked(error)));
      await closed(req);
      t('closed');
    }
  },
  async an_http_request_with_a_timeout_while_an_attempt_lasts(t) {
    const port = await silent();
    const free = await stuck(port, '127.0.0.2');
    const req = http.get({ host: 'x.test', port, agent: false, timeout: TIMEOUT, autoSelectFamilyAttemptTimeout: 4 * TIMEOUT, lookup: answering('127.0.0.2', '127.0.0.3') });
    req.on('timeout', () => t('timeout'));
    req.on('error', (error) => t('req error', masked(error)));
    await closed(req);
    free();
  },
};
