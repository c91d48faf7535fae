import http from 'node:http';
import net from 'node:net';
import { once } from 'node:events';
import { Peer, rounds, OK } from '../peers.mjs';

const PROXY = 'http://127.0.0.1:9';
const proxied = (env = {}, options = {}) => new http.Agent({ proxyEnv: { HTTP_PROXY: PROXY, ...env }, ...options });
const closed = (req) => (req.closed ? null : new Promise((resolve) => req.once('close', resolve)));
// No name is asked for: whoever is not served by the proxy gets nowhere.
const lookup = (host, options, callback) => callback(new Error('nowhere'));
const shown = (error) => [error.name, error.code, error.message];

// What a request through a proxy asks for, or why it is refused.
function form(t, label, options, agent = proxied()) {
  try {
    const req = http.request({ host: 'h', agent, lookup, ...options });
    req.on('error', () => {});
    t(label, req.path, Object.entries(req.getHeaders()).flat(), req.getRawHeaderNames());
    req.destroy();
  } catch (error) {
    t(label, ...shown(error));
  }
}

// A raw proxy that answers each request; what it was sent goes into the trace, the ports masked.
async function asked(t, { options = {}, requests, answers, auth = '' }) {
  const server = net.createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  const peers = [];
  const connections = [];
  server.on('connection', (socket) => { const peer = new Peer(socket); peers.push(peer); connections.shift()?.(peer); });
  const agent = new http.Agent({ proxyEnv: { HTTP_PROXY: `http://${auth}127.0.0.1:${port}` }, ...options });
  for (const [index, request] of requests.entries()) {
    const connected = new Promise((resolve) => connections.push(resolve));
    const req = http.request({ host: 'h.test', agent, ...request });
    for (const name of ['finish', 'close']) req.on(name, () => t(`${index} ${name}`, req.reusedSocket));
    req.on('error', (error) => t(`${index} error`, error.name, error.code, error.message.replaceAll(`:${port}`, ':PORT')));
    req.on('response', (res) => { t(`${index} response`, res.statusCode); res.resume(); });
    req.end(request.body);
    const peer = peers.length && options.keepAlive ? peers.at(-1) : await connected;
    const before = peer.text.length;
    await peer.until(() => peer.text.indexOf('\r\n\r\n', before) >= 0);
    peer.send(answers?.[index] ?? OK);
    await closed(req);
    await rounds(8);
    t(`${index} bytes`, peer.text.slice(before).replaceAll(`:${port}`, ':PORT'));
    t(`${index} sockets`, Object.keys(agent.freeSockets), agent.totalSocketCount);
  }
  agent.destroy();
  for (const peer of peers) peer.destroy();
  server.close();
}

export const scenarios = {
  paths(t) {
    form(t, 'plain', { path: '/a?b' });
    for (const path of ['x', 'http://other/', 'http://u:p@h/', 'https://h/', 'foo:bar', 'http://h', 'http://h:80/x', 'http://H/', 'http://h:81/', '*', '//x', '/\\x', '/a/../b?x#y', 'http://']) {
      form(t, path, { path });
    }
    form(t, 'OPTIONS *', { path: '*', method: 'OPTIONS' });
    form(t, 'CONNECT', { path: 'h:1', method: 'CONNECT' });
  },
  hosts(t) {
    for (const host of ['::1', '[::1]', 'H.COM', '127.1', 'a b', 'a/b', 'h:81', 'u@h']) {
      form(t, host, { host });
      form(t, `${host} 81`, { host, port: 81 });
    }
    for (const port of ['8x', '81', 0, 443, 70000]) form(t, `port ${port}`, { port });
    form(t, 'no Host', { setHost: false });
    form(t, 'socket path', { socketPath: '/x' });
  },
  host_headers(t) {
    for (const host of ['other', 'h:80', 'H', ['h', 'h'], ['h'], 'u@h', 'h/x', 'h/', 'h?', 'h#', 'h:0080', 'h:81', '', ' ', '[', 5]) form(t, JSON.stringify(host), { headers: { host } });
    form(t, 'port', { headers: { Host: 'h:81' }, port: 81 });
  },
  header_lists(t) {
    for (const headers of [['host', 'other'], ['host', 'h'], ['Host', 'h:80'], ['X', '1'], [['Host', 'h'], ['X', '1']], [['HOST', 'x']], ['host', 'h', 'Host', 'h'], [['host', 'h'], ['host', 'h']], [['host', 'h'], 'x'], [['host', 'h'], 5], ['Host', ['h']]]) {
      form(t, JSON.stringify(headers), { headers });
    }
  },
  exceptions(t) {
    for (const [list, host, port] of [
      ['*', 'h'], ['h', 'h'], ['h', 'H'], ['H', 'h'], ['h:80', 'h'], ['h:81', 'h', 81], ['h:81', 'h'], ['.b.c', 'a.b.c'], ['.b.c', 'b.c'], ['.b.c', 'ab.c'],
      ['*.b.c', 'a.b.c'], ['*.b.c', 'b.c'], ['*.b.c', '.b.c'], ['b.c', 'a.b.c'], ['1.2.3.1-1.2.3.9', '1.2.3.5'], ['1.2.3.1 - 1.2.3.9', '1.2.3.9'],
      ['1.2.3.1-1.2.3.9', '1.2.3.10'], ['1.2.3.9-1.2.3.1', '1.2.3.5'], ['a, b ,c', 'b'], ['', 'h'], [' ', 'h'], ['::1', '::1'], ['[::1]', '::1'],
      ['1.2.3.1-1.2.3.9-x', '1.2.3.5'], ['-', 'h'], ['255.0.0.0-255.255.255.255', '255.1.1.1'], ['.', 'h'], ['*.', 'h.'], ['h,', 'h2'], ['localhost', ''],
    ]) {
      const req = http.request({ host, port, lookup, agent: proxied({ NO_PROXY: list }) });
      req.on('error', () => {});
      t(`${list} ${host} ${port ?? 80}`, req.path !== '/');
      req.destroy();
    }
    form(t, 'small letters first', {}, proxied({ NO_PROXY: 'x', no_proxy: 'h' }));
  },
  which_proxy_of_an_agent(t) {
    for (const env of [
      {}, { HTTP_PROXY: '' }, { HTTPS_PROXY: PROXY }, { http_proxy: PROXY }, { http_proxy: '', HTTP_PROXY: PROXY }, { HTTP_PROXY: 'h:1' }, { HTTP_PROXY: 'ftp://h' },
      { HTTP_PROXY: 'HTTP://h' }, { HTTP_PROXY: 'http://[' }, { HTTP_PROXY: 'http://a\r\nb' }, { HTTP_PROXY: 'http://' }, null, 1, [],
    ]) {
      t.call(JSON.stringify(env), () => {
        const req = http.request({ host: 'h', lookup, agent: new http.Agent({ proxyEnv: env }) });
        req.on('error', () => {});
        req.destroy();
        return req.path;
      });
    }
  },
  user_and_password(t) {
    for (const auth of ['u:p', 'u', ':p', 'u:', 'u%40:p%3A%C3%A4', 'a@b:c:d', ':', '\u00e4:\u00f6']) form(t, auth, {}, proxied({ HTTP_PROXY: `http://${auth}@127.0.0.1:1` }));
  },
  the_global_agent(t) {
    const before = http.globalAgent;
    for (const env of [1, 'x', [], {}, { HTTP_PROXY: 'x' }, { HTTP_PROXY: 'http://[' }, { http_proxy: 'http://a\nb' }, { https_proxy: 'x' }, { HTTP_PROXY: 'ftp://h' }, { HTTP_PROXY: 'h:1' }, { HTTPS_PROXY: 'ftp://h' }]) {
      try {
        http.setGlobalProxyFromEnv(env)();
        t(JSON.stringify(env), http.globalAgent === before);
      } catch (error) {
        t(JSON.stringify(env), error.code, error.message, http.globalAgent === before);
      }
    }
    const restore = http.setGlobalProxyFromEnv({ HTTP_PROXY: PROXY });
    const agent = http.globalAgent;
    t('set', agent === before, agent.keepAlive, agent.scheduling, agent.options.timeout, agent.maxSockets, agent.options.proxyEnv);
    form(t, 'request', { agent: undefined });
    const again = http.setGlobalProxyFromEnv({ HTTP_PROXY: PROXY, NO_PROXY: 'h' });
    form(t, 'excepted', { agent: undefined });
    again();
    t('restored', http.globalAgent === agent);
    t('result', restore());
    t('restored', http.globalAgent === before);
    restore();
    const only = http.setGlobalProxyFromEnv({ HTTPS_PROXY: PROXY });
    t('of https', http.globalAgent === before);
    only();
  },
  async a_request(t) { await asked(t, { requests: [{ path: '/a?b' }] }); },
  async a_request_with_a_body(t) { await asked(t, { requests: [{ path: '/', method: 'POST', body: 'x', headers: { 'X-A': '1' } }] }); },
  async a_request_with_a_list_of_headers(t) { await asked(t, { requests: [{ headers: ['Host', 'h.test', 'X-A', '1'] }] }); },
  async requests_on_a_kept_socket(t) { await asked(t, { options: { keepAlive: true }, requests: [{ path: '/1' }, { path: '/2' }, { path: '/3', headers: { connection: 'close' } }] }); },
  async a_user_and_a_password(t) { await asked(t, { auth: 'u:p%40@', requests: [{ auth: 'a:b' }] }); },
  async a_host_header_is_written_as_the_url_has_it(t) { await asked(t, { requests: [{ headers: { HOST: 'H.TEST:80' } }] }); },
  async a_request_that_expects(t) { await asked(t, { requests: [{ method: 'POST', headers: { Expect: '100-continue', 'Content-Length': 0 } }] }); },
  async a_request_to_connect(t) { await asked(t, { requests: [{ method: 'CONNECT', path: 'x:1' }], answers: ['HTTP/1.1 405 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'] }); },
  async options_of_the_agent_are_not_for_the_socket_to_the_proxy(t) {
    const agent = proxied({}, { keepAlive: true, keepAliveMsecs: 5000, timeout: 4000, localPort: 1 });
    const create = agent.createConnection;
    agent.createConnection = function(options, callback) {
      const socket = create.call(this, options, callback);
      t('socket', socket.timeout, socket.connecting);
      socket.on('connectionAttempt', (address, port) => t('attempt', address, port));
      return socket;
    };
    const req = http.get({ host: 'h', agent });
    req.on('error', (error) => t('error', error.code));
    await closed(req);
  },
  async a_proxy_that_is_not_there(t) {
    const server = net.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address();
    await new Promise((resolve) => server.close(resolve));
    const req = http.get({ host: 'h', agent: proxied({ HTTP_PROXY: `http://127.0.0.1:${port}` }) });
    req.on('error', (error) => t('error', error.code, error.message.replace(port, 'PORT')));
    await closed(req);
  },
};
