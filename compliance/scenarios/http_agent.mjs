import http from 'node:http';
import net from 'node:net';
import { once } from 'node:events';
import { rounds } from '../peers.mjs';

// A server that answers with the path; its port, and how to close it.
async function serving(options = {}) {
  const server = http.createServer(options, (req, res) => { req.resume(); res.end(req.url); }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); });
  return { server, port: server.address().port, close };
}

// A server made of bytes, which answers each head with the next of `answers`, and with the last one from then on.
async function saying(...answers) {
  let index = 0;
  const sockets = [];
  const server = net.createServer((socket) => {
    sockets.push(socket);
    let text = '';
    socket.on('error', () => {});
    socket.on('data', (data) => {
      text += data;
      while (text.includes('\r\n\r\n')) {
        text = text.slice(text.indexOf('\r\n\r\n') + 4);
        const answer = answers[Math.min(index++, answers.length - 1)];
        if (answer !== null) socket.write(answer);
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () => new Promise((resolve) => { for (const each of sockets) each.destroy(); server.close(resolve); });
  return { server, sockets, port: server.address().port, close };
}

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';
const hinting = (hint) => `HTTP/1.1 200 OK\r\nContent-Length: 0\r\nKeep-Alive: ${hint}\r\n\r\n`;
const closed = (emitter) => new Promise((resolve) => emitter.once('close', resolve));
const unported = (text, port) => text.replaceAll(String(port), 'PORT');

// What the tables of an agent hold: names and numbers. Node leaves an empty list where no socket could be opened.
function tables(t, agent, port, label = 'tables') {
  const of = (table) => Object.fromEntries(Object.entries(table).filter(([, list]) => list.length).map(([name, list]) => [unported(name, port), list.length]));
  t(label, of(agent.requests), of(agent.sockets), of(agent.freeSockets), agent.totalSocketCount);
}

// Sockets by the order in which they were seen.
function numbering() {
  const seen = [];
  return (socket) => {
    if (!seen.includes(socket)) seen.push(socket);
    return seen.indexOf(socket);
  };
}

// Make a request and watch it.
function ask(t, label, options, number = () => null) {
  const req = http.get({ host: '127.0.0.1', ...options });
  req.on('socket', (socket) => t(`${label} socket`, number(socket), req.reusedSocket));
  req.on('timeout', () => t(`${label} timeout`));
  req.on('error', (error) => t(`${label} error`, error.code ?? null, error.message.replaceAll(String(options.port), 'PORT')));
  req.on('close', () => t(`${label} close`));
  req.on('response', (res) => { t(`${label} response`, res.statusCode); res.resume(); res.on('end', () => t(`${label} end`)); });
  return req;
}

const named = (t, options) => t(JSON.stringify(options), new http.Agent().getName(options));

// What a kept socket's timeout is after a response with this Keep-Alive header.
async function hinted(t, options, ...hints) {
  for (const hint of hints) {
    const server = await saying(hinting(hint));
    const agent = new http.Agent({ keepAlive: true, ...options });
    let socket = null;
    const req = ask(t, hint, { agent, port: server.port });
    req.on('socket', (given) => { socket = given; });
    await closed(req);
    await rounds();
    t('kept', agent.totalSocketCount, socket.destroyed, socket.timeout ?? null);
    agent.destroy();
    await server.close();
  }
}

// One request with an agent whose method is replaced.
async function overridden(t, change, request = {}) {
  const server = await serving();
  const agent = new http.Agent({ keepAlive: true });
  change(agent, server.port);
  const req = ask(t, 'req', { agent, port: server.port, ...request });
  await closed(req);
  await rounds();
  tables(t, agent, server.port);
  agent.destroy();
  await server.close();
}

export const scenarios = {
  defaults(t) {
    const agent = new http.Agent();
    t('new', agent.keepAlive, agent.keepAliveMsecs, agent.maxSockets, agent.maxFreeSockets, agent.maxTotalSockets, agent.scheduling, agent.defaultPort, agent.protocol,
      agent.agentKeepAliveTimeoutBuffer, agent.totalSocketCount, agent.requests, agent.sockets, agent.freeSockets, http.Agent.defaultMaxSockets);
    t('options', agent.options.noDelay, agent.options.path ?? null, agent.options.keepAlive ?? null);
    const { globalAgent } = http;
    t('global', globalAgent.keepAlive, globalAgent.scheduling, globalAgent.options.timeout, globalAgent.maxSockets, globalAgent.maxFreeSockets);
    t('listeners', agent.listenerCount('free'));
  },
  options_that_count_for_nothing(t) {
    for (const options of [
      { keepAliveMsecs: 0 }, { maxSockets: 0 }, { maxFreeSockets: 0 }, { scheduling: '' }, { defaultPort: 0 }, { protocol: '' }, { keepAlive: 1 },
      { agentKeepAliveTimeoutBuffer: -1 }, { agentKeepAliveTimeoutBuffer: 'x' }, { agentKeepAliveTimeoutBuffer: Infinity }, { agentKeepAliveTimeoutBuffer: 0 }, { agentKeepAliveTimeoutBuffer: 1.5 },
      { noDelay: false }, { path: '/x' }, { maxSockets: -1 }, { maxTotalSockets: 1.5 },
    ]) {
      const agent = new http.Agent(options);
      t(JSON.stringify(options), agent.keepAliveMsecs, agent.maxSockets, agent.maxFreeSockets, agent.scheduling, agent.defaultPort, agent.protocol, Boolean(agent.keepAlive),
        agent.agentKeepAliveTimeoutBuffer, agent.options.noDelay, agent.options.path ?? null, agent.maxTotalSockets);
    }
  },
  names(t) {
    for (const options of [
      {}, { host: 'h' }, { port: 1 }, { port: '1' }, { port: 0 }, { host: 'h', port: 1, localAddress: 'l' }, { family: 4 }, { family: 6 }, { family: 0 }, { family: 5 }, { family: '4' },
      { socketPath: '/p' }, { host: 'h', port: 1, family: 4, socketPath: '/p' }, { host: '' }, { localAddress: '' }, { host: '::1', port: 80 }, { host: 'H' }, { path: '/x', method: 'POST' },
    ]) named(t, options);
    t('nothing', new http.Agent().getName());
    const req = http.request({ host: 'h', port: 1, socketPath: '/p', createConnection: () => new net.Socket() });
    req.on('error', () => {});
    t('request', new http.Agent().getName(req));
    req.destroy();
  },
  async tables_on_the_way(t) {
    const { port, close } = await serving();
    const agent = new http.Agent({ keepAlive: true });
    const number = numbering();
    tables(t, agent, port);
    agent.on('free', (socket, options) => { t('free', number(socket), unported(agent.getName(options), port)); tables(t, agent, port); });
    for (const path of ['/1', '/2']) {
      const req = ask(t, path, { agent, port, path }, number);
      tables(t, agent, port);
      req.on('socket', () => tables(t, agent, port));
      req.on('response', () => tables(t, agent, port));
      await closed(req);
      tables(t, agent, port);
      await rounds();
    }
    agent.destroy();
    tables(t, agent, port);
    await rounds(8);
    tables(t, agent, port);
    await close();
  },
  async tables_of_an_agent_that_keeps_nothing(t) {
    const { port, close } = await serving();
    const agent = new http.Agent();
    agent.on('free', () => tables(t, agent, port, 'free'));
    const both = ['/1', '/2'].map((path) => http.get({ host: '127.0.0.1', agent, port, path }, (res) => res.resume()));
    tables(t, agent, port);
    await Promise.all(both.map(closed));
    tables(t, agent, port);
    await rounds(8);
    tables(t, agent, port);
    await close();
  },
  async max_sockets(t) {
    const { port, close } = await serving();
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const number = numbering();
    agent.prependListener('free', (socket) => { t('free', number(socket)); tables(t, agent, port); });
    const all = ['/1', '/2', '/3'].map((path) => ask(t, path, { agent, port, path }, number));
    tables(t, agent, port);
    await Promise.all(all.map(closed));
    await rounds();
    tables(t, agent, port);
    agent.destroy();
    await close();
  },
  async max_sockets_of_an_agent_that_keeps_nothing(t) {
    const { port, close } = await serving();
    const agent = new http.Agent({ maxSockets: 1 });
    const number = numbering();
    const all = ['/1', '/2', '/3'].map((path) => ask(t, path, { agent, port, path }, number));
    t('keep alive', all[0].shouldKeepAlive);
    await Promise.all(all.map(closed));
    await rounds(8);
    tables(t, agent, port);
    await close();
  },
  async max_sockets_of_several_names(t) {
    const { port, close } = await serving();
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const all = ['127.0.0.1', 'localhost'].flatMap((host) => ['/1', '/2'].map((path) => http.get({ host, family: 4, port, path, agent }, (res) => res.resume())));
    tables(t, agent, port);
    await Promise.all(all.map(closed));
    await rounds();
    tables(t, agent, port);
    agent.destroy();
    await close();
  },
  async max_total_sockets(t) {
    const { port, close } = await serving();
    const agent = new http.Agent({ maxTotalSockets: 2 });
    let most = 0;
    const all = ['/1', '/2', '/3', '/4'].map((path) => http.get({ host: '127.0.0.1', agent, port, path }, (res) => res.resume()));
    for (const req of all) req.on('socket', () => { t('socket', req.path); most = Math.max(most, agent.totalSocketCount); });
    tables(t, agent, port);
    await Promise.all(all.map(closed));
    await rounds(8);
    t('most', most);
    tables(t, agent, port);
    await close();
  },
  async max_free_sockets(t) {
    const { port, close } = await serving();
    const agent = new http.Agent({ keepAlive: true, maxFreeSockets: 1 });
    const all = ['/1', '/2', '/3'].map((path) => http.get({ host: '127.0.0.1', agent, port, path }, (res) => res.resume()));
    await Promise.all(all.map(closed));
    await rounds(8);
    tables(t, agent, port);
    agent.destroy();
    await close();
  },
  async scheduling(t) {
    for (const scheduling of ['lifo', 'fifo']) {
      const { port, close } = await serving();
      const agent = new http.Agent({ keepAlive: true, scheduling });
      const number = numbering();
      const all = ['/1', '/2', '/3'].map((path) => http.get({ host: '127.0.0.1', agent, port, path }, (res) => res.resume()));
      for (const req of all) req.on('socket', number);
      await Promise.all(all.map(closed));
      await rounds();
      const order = Object.values(agent.freeSockets)[0].map(number);
      for (const path of ['/4', '/5']) {
        const req = ask(t, path, { agent, port, path }, (socket) => order.indexOf(number(socket)));
        await closed(req);
        await rounds();
        t('order', Object.values(agent.freeSockets)[0].map((socket) => order.indexOf(number(socket))));
      }
      agent.destroy();
      await close();
    }
  },
  async server_hints(t) {
    await hinted(t, {}, 'timeout=5', 'timeout=1', 'timeout=0', 'timeout=2, max=3', 'max=3, timeout=2', 'timeout=x', 'TIMEOUT=9', 'timeout=1.9', 'timeout= 3');
  },
  async server_hints_and_a_timeout(t) {
    await hinted(t, { timeout: 3000 }, 'timeout=2', 'timeout=4', 'timeout=5', 'timeout=1', 'max=2');
  },
  async server_hints_and_a_buffer(t) {
    await hinted(t, { timeout: 9000, agentKeepAliveTimeoutBuffer: 0 }, 'timeout=1', 'timeout=0');
    await hinted(t, { timeout: 9000, agentKeepAliveTimeoutBuffer: 2500 }, 'timeout=3', 'timeout=2');
  },
  async timeouts_of_agent_and_request(t) {
    const { port, close } = await serving();
    for (const [options, request] of [[{}, {}], [{ timeout: 4000 }, {}], [{}, { timeout: 3000 }], [{ timeout: 4000 }, { timeout: 3000 }], [{ timeout: 4000 }, { timeout: 4000 }], [{ timeout: 4000 }, { timeout: 0 }]]) {
      const agent = new http.Agent({ keepAlive: true, ...options });
      const times = [];
      for (const path of ['/1', '/2']) {
        const req = http.get({ host: '127.0.0.1', port, agent, path, ...request }, (res) => { times.push(req.socket.timeout ?? null); res.resume(); });
        let socket = null;
        req.on('socket', (given) => { socket = given; });
        t('own', req.timeout ?? null);
        await closed(req);
        await rounds();
        times.push(socket.timeout ?? null);
      }
      t(JSON.stringify([options, request]), times);
      agent.destroy();
    }
    await close();
  },
  async an_idle_socket_times_out(t) {
    const { port, close } = await serving({ keepAliveTimeout: 0 });
    const agent = new http.Agent({ keepAlive: true, timeout: 50 });
    const req = ask(t, 'req', { agent, port });
    await closed(req);
    await rounds();
    tables(t, agent, port);
    const [socket] = Object.values(agent.freeSockets)[0];
    socket.on('timeout', () => t('socket timeout', socket.destroyed));
    await closed(socket);
    tables(t, agent, port);
    await close();
  },
  async a_busy_socket_times_out(t) {
    const server = await saying(null);
    const agent = new http.Agent({ keepAlive: true, timeout: 40 });
    const req = ask(t, 'req', { agent, port: server.port });
    req.on('timeout', () => { t('state', req.destroyed, req.socket.destroyed); req.destroy(); });
    await closed(req);
    tables(t, agent, server.port);
    await server.close();
  },
  async create_connection_returns_a_socket(t) {
    await overridden(t, (agent, port) => {
      agent.createConnection = (options, callback) => {
        t('asked', options.host, options.port === port, options.path ?? null, options.keepAlive, options.keepAliveInitialDelay, options.noDelay, typeof callback, options.servername, options.method ?? null);
        return net.connect(options);
      };
    });
  },
  async create_connection_calls_back(t) {
    await overridden(t, (agent) => {
      agent.createConnection = (options, callback) => { setImmediate(() => { const socket = net.connect(options); callback(null, socket); t('called'); }); };
    });
  },
  async create_connection_does_both(t) {
    await overridden(t, (agent) => {
      agent.createConnection = (options, callback) => { const socket = net.connect(options); callback(null, socket); return socket; };
    });
  },
  async create_connection_calls_back_with_an_error(t) {
    await overridden(t, (agent) => { agent.createConnection = (options, callback) => callback(new Error('mine')); });
  },
  async create_connection_calls_back_with_an_error_later(t) {
    await overridden(t, (agent) => { agent.createConnection = (options, callback) => { setImmediate(callback, new Error('mine')); }; });
  },
  async create_connection_throws(t) {
    const { port, close } = await serving();
    const agent = new http.Agent();
    agent.createConnection = () => { throw new Error('mine'); };
    t.call('get', () => { http.get({ port, agent }); return null; });
    await close();
  },
  async create_connection_returns_a_socket_that_is_destroyed(t) {
    await overridden(t, (agent) => { agent.createConnection = (options) => net.connect(options).destroy(); });
  },
  async create_connection_of_a_subclass(t) {
    class Mine extends http.Agent {
      createConnection(options, callback) { t('mine', options.agentOption, options.requestOption, options.both); return super.createConnection(options, callback); }
      getName(options) { return `mine:${super.getName(options).split(':')[0]}`; }
      keepSocketAlive(socket) { t('keep', socket.destroyed, socket.writable); return super.keepSocketAlive(socket); }
      reuseSocket(socket, request) { t('reuse', request.path, request.reusedSocket); super.reuseSocket(socket, request); t('reused', request.reusedSocket); }
    }
    const { port, close } = await serving();
    const agent = new Mine({ keepAlive: true, agentOption: 1, both: 2 });
    for (const path of ['/1', '/2']) {
      await closed(ask(t, path, { agent, port, path, requestOption: 3, both: 4 }));
      await rounds();
      tables(t, agent, port);
    }
    agent.destroy();
    await close();
  },
  async create_connection_called_by_a_program(t) {
    const { port, close } = await serving();
    const agent = new http.Agent();
    for (const args of [[{ port, host: '127.0.0.1' }], [port, '127.0.0.1']]) {
      const socket = agent.createConnection(...args, (...given) => t('connected', given.length));
      t('socket', socket.connecting, socket.listenerCount('connect'), socket.listenerCount('free'));
      await new Promise((resolve) => socket.once('ready', resolve));
      tables(t, agent, port);
      socket.destroy();
    }
    const proxied = new http.Agent({ proxyEnv: { HTTP_PROXY: `http://127.0.0.1:${port}`, NO_PROXY: '127.0.0.1' } });
    for (const options of [{ port: 1, host: 'nowhere.test' }, { port, host: '127.0.0.1' }]) {
      const socket = proxied.createConnection(options, () => t('connected', socket.remotePort === port));
      await new Promise((resolve) => socket.once('ready', resolve));
      socket.destroy();
    }
    await close();
  },
  async keep_socket_alive_says_no(t) {
    await overridden(t, (agent) => { agent.keepSocketAlive = () => { t('asked'); return false; }; });
  },
  async keep_socket_alive_says_yes_to_anything(t) {
    await overridden(t, (agent) => { agent.keepSocketAlive = () => 'yes'; });
  },
  async create_socket_is_asked_for_each_connection(t) {
    await overridden(t, (agent) => {
      const { createSocket } = agent;
      agent.createSocket = (req, options, callback) => { t('create', req.path, options.host); return createSocket.call(agent, req, options, callback); };
      const { addRequest } = agent;
      agent.addRequest = (req, options) => { t('add', req.path, options.host, options.path); return addRequest.call(agent, req, options); };
    });
  },
  async a_response_that_closes(t) {
    for (const answer of ['HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n', 'HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n', 'HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n', OK]) {
      const server = await saying(answer);
      const agent = new http.Agent({ keepAlive: true });
      const req = ask(t, 'req', { agent, port: server.port });
      await closed(req);
      await rounds(8);
      tables(t, agent, server.port);
      agent.destroy();
      await server.close();
    }
  },
  async a_request_that_closes(t) {
    await overridden(t, () => {}, { headers: { Connection: 'close' } });
  },
  async a_request_that_is_destroyed_while_it_waits(t) {
    const { port, close } = await serving();
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const [first, second, third] = ['/1', '/2', '/3'].map((path) => ask(t, path, { agent, port, path }));
    second.destroy();
    tables(t, agent, port);
    await Promise.all([first, second, third].map(closed));
    await rounds();
    tables(t, agent, port);
    agent.destroy();
    await close();
  },
  async a_request_that_is_destroyed_while_its_socket_is_made(t) {
    const { port, close } = await serving();
    const agent = new http.Agent({ keepAlive: true });
    const req = ask(t, 'req', { agent, port });
    req.destroy();
    await closed(req);
    await rounds(8);
    tables(t, agent, port);
    agent.destroy();
    await close();
  },
  async a_request_that_is_destroyed_in_the_middle(t) {
    const server = await saying(null, OK);
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const [first, second] = ['/1', '/2'].map((path) => ask(t, path, { agent, port: server.port, path }));
    first.on('finish', () => setImmediate(() => first.destroy()));
    await Promise.all([first, second].map(closed));
    await rounds();
    tables(t, agent, server.port);
    agent.destroy();
    await server.close();
  },
  async destroy_with_everything_in_it(t) {
    const server = await saying(OK, null);
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    await closed(ask(t, 'done', { agent, port: server.port }));
    await rounds();
    const [busy, waiting] = ['busy', 'waiting'].map((label) => ask(t, label, { agent, port: server.port }));
    busy.on('finish', () => setImmediate(() => { tables(t, agent, server.port); agent.destroy(); tables(t, agent, server.port); waiting.destroy(); }));
    await Promise.all([busy, waiting].map(closed));
    await rounds(8);
    tables(t, agent, server.port);
    agent.destroy();
    await rounds(8);
    await server.close();
  },
  async used_after_destroy(t) {
    const { port, close } = await serving();
    const agent = new http.Agent({ keepAlive: true });
    agent.destroy();
    await closed(ask(t, 'req', { agent, port }));
    await rounds();
    tables(t, agent, port);
    agent.destroy();
    await close();
  },
  async a_socket_is_removed_by_hand(t) {
    const { port, close } = await serving();
    const agent = new http.Agent({ keepAlive: true });
    const req = ask(t, 'req', { agent, port });
    let socket = null;
    req.on('socket', (given) => { socket = given; });
    req.on('response', () => { socket.emit('agentRemove'); tables(t, agent, port); });
    await closed(req);
    await rounds(8);
    tables(t, agent, port);
    t('socket', socket.destroyed, socket.listenerCount('free'), socket.listenerCount('agentRemove'));
    socket.destroy();
    await close();
  },
  async an_idle_socket_fails(t) {
    const { port, close } = await serving();
    const agent = new http.Agent({ keepAlive: true });
    await closed(ask(t, 'req', { agent, port }));
    await rounds();
    const [socket] = Object.values(agent.freeSockets)[0];
    t('listeners', socket.listenerCount('error'));
    socket.destroy(new Error('mine'));
    tables(t, agent, port);
    await closed(socket);
    tables(t, agent, port);
    await closed(ask(t, 'next', { agent, port }));
    agent.destroy();
    await close();
  },
  async an_idle_socket_that_the_server_ends(t) {
    const server = await saying(OK);
    const agent = new http.Agent({ keepAlive: true });
    await closed(ask(t, 'req', { agent, port: server.port }));
    await rounds();
    const [socket] = Object.values(agent.freeSockets)[0];
    server.sockets[0].end();
    await closed(socket);
    tables(t, agent, server.port);
    await server.close();
  },
  async a_free_event_that_is_emitted_by_hand(t) {
    const agent = new http.Agent({ keepAlive: true });
    const socket = new net.Socket();
    socket._httpMessage = null;
    agent.emit('free', socket, { host: 'h', port: 1 });
    t('socket', socket.destroyed);
    tables(t, agent, 1);
    const kept = new net.Socket();
    kept._httpMessage = { shouldKeepAlive: true };
    agent.emit('free', kept, { host: 'h', port: 1 });
    t('kept', kept.destroyed);
    tables(t, agent, 1);
    agent.destroy();
  },
  async add_request_with_host_and_port(t) {
    const { port, close } = await serving();
    const agent = new http.Agent({ keepAlive: true });
    const req = ask(t, 'req', { port, agent: { addRequest(request) { agent.addRequest(request, '127.0.0.1', port); tables(t, agent, port); }, protocol: 'http:', defaultPort: 80 } });
    await closed(req);
    await rounds();
    tables(t, agent, port);
    agent.destroy();
    await close();
  },
  async agents_of_all_kinds(t) {
    const { port, close } = await serving();
    for (const agent of [false, undefined, null, new http.Agent()]) {
      const req = ask(t, String(agent), { agent, port });
      t('agent', req.agent === http.globalAgent, req.agent === agent, req.shouldKeepAlive, req.getHeader('connection') ?? null);
      await closed(req);
      await rounds();
    }
    http.globalAgent.destroy();
    for (const agent of [true, 1, 'x', {}, () => {}]) t.call(String(agent), () => http.get({ port, agent }));
    t.call('protocol', () => http.get({ port, protocol: 'https:', agent: new http.Agent() }));
    t.call('protocol of the agent', () => http.get({ port, agent: new http.Agent({ protocol: 'x:' }) }));
    const req = ask(t, 'other protocol', { port, protocol: 'x:', agent: new http.Agent({ protocol: 'x:' }) });
    await closed(req);
    const other = ask(t, 'default port', { agent: new http.Agent({ defaultPort: port }) });
    t('host', other.getHeader('host'));
    await closed(other);
    await close();
  },
  async options_of_an_agent_come_before_those_of_a_request(t) {
    const { port, close } = await serving();
    const agent = new http.Agent({ host: '127.0.0.1', port, family: 4, localAddress: '127.0.0.1' });
    const req = ask(t, 'req', { agent, host: 'nowhere.test', port: 1 });
    tables(t, agent, port);
    t('request', req.host, req.getHeader('host'));
    req.on('socket', (socket) => socket.on('connect', () => t('connected', socket.remoteAddress, socket.remotePort === port)));
    await closed(req);
    await close();
  },
  async many_requests_at_once(t) {
    const { port, close } = await serving();
    const agent = new http.Agent({ keepAlive: true, maxSockets: 3, maxFreeSockets: 2 });
    let done = 0;
    const all = Array.from({ length: 20 }, (_, index) => http.get({ host: '127.0.0.1', agent, port, path: `/${index}` }, (res) => { res.resume(); res.on('end', () => { done++; }); }));
    tables(t, agent, port);
    await Promise.all(all.map(closed));
    await rounds();
    t('done', done, all.filter((req) => req.reusedSocket).length);
    tables(t, agent, port);
    agent.destroy();
    await close();
  },
  async limits_that_are_changed_on_the_way(t) {
    const { port, close } = await serving();
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const first = ['/1', '/2'].map((path) => http.get({ host: '127.0.0.1', agent, port, path }, (res) => res.resume()));
    agent.maxSockets = 3;
    tables(t, agent, port);
    const more = ['/3', '/4'].map((path) => http.get({ host: '127.0.0.1', agent, port, path }, (res) => res.resume()));
    tables(t, agent, port);
    await Promise.all([...first, ...more].map(closed));
    await rounds();
    tables(t, agent, port);
    agent.maxFreeSockets = 1;
    const next = ['/5', '/6'].map((path) => http.get({ host: '127.0.0.1', agent, port, path }, (res) => res.resume()));
    await Promise.all(next.map(closed));
    await rounds(8);
    tables(t, agent, port);
    agent.keepAlive = false;
    await closed(http.get({ host: '127.0.0.1', agent, port }, (res) => res.resume()));
    await rounds(8);
    tables(t, agent, port);
    await close();
  },
  async a_socket_that_is_given_away(t) {
    for (const [options, answer, event] of [
      [{ headers: { Connection: 'upgrade', Upgrade: 'x' } }, 'HTTP/1.1 101 Ok\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n', 'upgrade'],
      [{ method: 'CONNECT', path: 'a:1' }, 'HTTP/1.1 200 Ok\r\n\r\n', 'connect'],
    ]) {
      const server = await saying(answer);
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      const req = http.request({ host: '127.0.0.1', port: server.port, agent, ...options });
      const happened = new Promise((resolve) => req.on(event, (res, socket, head) => { t(event, res.statusCode, head, socket.listenerCount('free')); tables(t, agent, server.port); resolve(socket); }));
      req.end();
      const waiting = ask(t, 'waiting', { agent, port: server.port });
      tables(t, agent, server.port);
      const socket = await happened;
      waiting.destroy();
      await rounds(8);
      tables(t, agent, server.port);
      socket.destroy();
      agent.destroy();
      await server.close();
    }
  },
  async a_response_that_spoils_the_socket(t) {
    for (const answer of [`${OK}more`, 'HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabc', 'nonsense\r\n\r\n', '']) {
      const server = await saying(answer || null);
      const agent = new http.Agent({ keepAlive: true });
      const req = ask(t, 'req', { agent, port: server.port });
      if (!answer) req.on('finish', () => setImmediate(() => { for (const each of server.sockets) each.end(); }));
      await closed(req);
      await rounds(8);
      tables(t, agent, server.port);
      agent.destroy();
      await server.close();
    }
  },
  async responses_without_a_body(t) {
    for (const [method, answer] of [['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n'], ['GET', 'HTTP/1.1 204 No\r\n\r\n'], ['GET', 'HTTP/1.1 304 No\r\nContent-Length: 9\r\n\r\n'], ['GET', 'HTTP/1.1 100 Go on\r\n\r\n' + OK], ['GET', 'HTTP/1.1 200 OK\r\n\r\nrest']]) {
      const server = await saying(answer);
      const agent = new http.Agent({ keepAlive: true });
      const req = ask(t, 'req', { agent, port: server.port, method });
      if (answer.endsWith('rest')) req.on('response', () => setImmediate(() => { for (const each of server.sockets) each.end(); }));
      await closed(req);
      await rounds(8);
      tables(t, agent, server.port);
      agent.destroy();
      await server.close();
    }
  },
  async a_response_before_the_request_has_ended(t) {
    const server = await saying(OK);
    const agent = new http.Agent({ keepAlive: true });
    const req = http.request({ host: '127.0.0.1', port: server.port, agent, method: 'POST' });
    for (const name of ['finish', 'close']) req.on(name, () => t(name));
    req.on('response', (res) => { t('response'); res.resume().on('end', () => { t('end'); setImmediate(() => { tables(t, agent, server.port); req.end('b'); }); }); });
    req.write('a');
    await closed(req);
    await rounds(8);
    tables(t, agent, server.port);
    agent.destroy();
    await server.close();
  },
  async listeners_of_a_kept_socket(t) {
    const { port, close } = await serving();
    const count = (emitter) => emitter.eventNames().map((name) => [name, emitter.listenerCount(name)]);
    const own = () => {};
    for (const options of [{}, { timeout: 30000 }]) {
      const agent = new http.Agent({ keepAlive: true, ...options });
      let kept = null;
      for (const asking of [{}, { method: 'POST' }, { timeout: 20000 }, { listens: true }, {}]) {
        if (kept) t('before', count(kept));
        const req = http.request({ host: '127.0.0.1', port, agent, ...asking });
        req.on('socket', (socket) => {
          kept = socket;
          t('socket', count(socket));
          if (asking.listens) socket.on('close', own).on('data', own);
          process.nextTick(() => t('tick', count(socket)));
        });
        req.on('finish', () => t('finish', count(kept)));
        req.on('response', (res) => {
          t('response', count(kept), count(req));
          res.on('data', () => t('data', count(kept)));
          res.on('end', () => t('end', count(kept), count(res)));
          res.on('close', () => t('response closed', count(kept)));
        });
        req.end(asking.method ? 'body' : undefined);
        await closed(req);
        t('closed', count(kept));
        if (asking.listens) kept.off('close', own).off('data', own);
        await rounds();
      }
      agent.destroy();
    }
    await close();
  },
};
