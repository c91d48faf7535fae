import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import tls from 'node:tls';
import { once } from 'node:events';
import { CA, identity } from '../certificates.mjs';
import { Peer, rounds } from '../peers.mjs';

const closed = (emitter) => (emitter.closed ? null : new Promise((resolve) => emitter.once('close', resolve)));

async function listening(server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server.address().port;
}

function watch(t, req, label, mask = (text) => text) {
  for (const name of ['timeout', 'finish', 'close']) req.on(name, () => t(`${label} ${name}`));
  req.on('error', (error) => t(`${label} error`, error.code, mask(error.message).split(';')[0], error.statusCode, error.proxyTunnelTimeout));
  req.on('response', (res) => {
    t(`${label} response`, res.statusCode, req.reusedSocket);
    res.on('data', (data) => t(`${label} data`, data));
  });
}

// A proxy made of bytes, which answers a request for a tunnel in some way; what it was asked goes into the trace.
async function refused(t, { options = {}, request = {}, answer, auth = '' }) {
  const server = net.createServer({ allowHalfOpen: true });
  const port = await listening(server);
  const mask = (text) => text.replaceAll(`:${port}`, ':PORT');
  const agent = new https.Agent({ proxyEnv: { HTTPS_PROXY: `http://${auth}127.0.0.1:${port}` }, ...options });
  const accepted = once(server, 'connection');
  const req = https.request({ host: 'h.test', agent, ...request });
  watch(t, req, 'req', mask);
  req.end();
  const [connection] = await accepted;
  const peer = new Peer(connection);
  await peer.until(() => peer.text.includes('\r\n\r\n'));
  if (answer === 'end') peer.finish();
  else if (answer === 'reset') peer.reset();
  else if (answer) peer.send(answer);
  await closed(req);
  await rounds(8);
  t('bytes', mask(peer.text));
  t('sockets', Object.keys(agent.freeSockets).length, agent.totalSocketCount);
  agent.destroy();
  peer.destroy();
  server.close();
}

// A proxy that opens tunnels to a server of TLS, wherever it is asked to. Requests go through it, one after the other.
async function tunneled(t, { options = {}, requests = [{}], name = 'server', proxy: make = (listener) => net.createServer(listener), schema = 'http', serverOptions = {} }) {
  const server = https.createServer({ ...identity(name), ...serverOptions }, (req, res) => { t('request', req.url, Object.keys(req.headers), req.socket.encrypted); req.resume(); res.end('hi'); });
  server.on('tlsClientError', () => t('tlsClientError'));
  const port = await listening(server);
  const proxy = make((socket) => {
    socket.on('error', () => {});
    socket.once('data', (data) => {
      t('asked', String(data));
      const onward = net.connect(port, '127.0.0.1', () => { socket.write('HTTP/1.1 200 Here you are\r\n\r\n'); socket.pipe(onward).pipe(socket); });
      onward.on('error', () => {});
      onward.on('close', () => socket.destroy());
    });
  });
  const proxyPort = await listening(proxy);
  const agent = new https.Agent({ ...CA, proxyEnv: { https_proxy: `${schema}://127.0.0.1:${proxyPort}` }, ...options });
  for (const [index, request] of requests.entries()) {
    const req = https.request({ host: 'localhost', port: 443, agent, path: `/${index}`, ...request });
    watch(t, req, String(index));
    req.on('socket', (socket) => t(`${index} socket`, socket.encrypted, socket instanceof tls.TLSSocket));
    req.end(request.body);
    await closed(req);
    await rounds(8);
    t('sockets', Object.values(agent.freeSockets).map((list) => list.length), agent.totalSocketCount);
  }
  agent.destroy();
  proxy.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

export const scenarios = {
  async a_tunnel_that_is_refused(t) { await refused(t, { answer: 'HTTP/1.1 502 Bad Gateway\r\nX: y\r\n\r\n' }); },
  async a_tunnel_that_is_refused_to_somebody(t) { await refused(t, { auth: 'u:p@', request: { port: 8443, host: '::1' }, answer: 'HTTP/1.1 407 Who are you\r\n\r\n' }); },
  async a_tunnel_of_a_keeping_agent(t) { await refused(t, { options: { keepAlive: true }, answer: 'HTTP/1.1 201 Almost\r\n\r\n' }); },
  async a_tunnel_of_a_bounded_agent(t) { await refused(t, { options: { maxSockets: 2 }, answer: 'nonsense\r\n\r\n' }); },
  async a_tunnel_without_a_status(t) { await refused(t, { answer: '\r\n\r\n' }); },
  async a_tunnel_that_ends(t) { await refused(t, { answer: 'end' }); },
  async a_tunnel_that_is_reset(t) { await refused(t, { answer: 'reset' }); },
  async a_tunnel_that_is_slow(t) { await refused(t, { request: { timeout: 30 } }); },
  async a_tunnel_of_an_agent_that_is_slow(t) { await refused(t, { options: { timeout: 30 } }); },
  async a_proxy_that_is_not_there(t) {
    const bound = new net.BoundSocket({ host: '127.0.0.1' });
    const { port } = bound.address();
    bound.close();
    const req = https.get({ host: 'h', agent: new https.Agent({ proxyEnv: { HTTPS_PROXY: `http://127.0.0.1:${port}` } }) });
    watch(t, req, 'req', (text) => text.replace(port, 'PORT'));
    await closed(req);
  },
  async a_request(t) { await tunneled(t, {}); },
  async a_request_with_a_body(t) { await tunneled(t, { requests: [{ method: 'POST', body: 'x' }] }); },
  async requests_on_a_kept_socket(t) { await tunneled(t, { options: { keepAlive: true }, requests: [{}, {}, { headers: { connection: 'close' } }] }); },
  async requests_on_sockets_of_their_own(t) { await tunneled(t, { requests: [{}, {}] }); },
  async a_certificate_for_somebody_else(t) { await tunneled(t, { requests: [{ host: 'other.test' }] }); },
  async a_certificate_that_nobody_knows(t) { await tunneled(t, { name: 'alone' }); },
  async a_certificate_that_nobody_knows_does_not_matter(t) { await tunneled(t, { name: 'alone', options: { rejectUnauthorized: false } }); },
  async an_address(t) { await tunneled(t, { requests: [{ host: '127.0.0.1' }] }); },
  async a_proxy_that_speaks_tls(t) { await tunneled(t, { schema: 'https', proxy: (listener) => tls.createServer(identity('server'), listener), options: { rejectUnauthorized: false } }); },
  async a_host_that_is_excepted(t) {
    const server = https.createServer(identity('server'), (req, res) => res.end('hi'));
    const port = await listening(server);
    const agent = new https.Agent({ ...CA, proxyEnv: { HTTPS_PROXY: 'http://127.0.0.1:9', NO_PROXY: `127.0.0.1:${port}` } });
    const req = https.get({ host: '127.0.0.1', port, agent });
    watch(t, req, 'req');
    await closed(req);
    await new Promise((resolve) => server.close(resolve));
  },
  the_global_agents(t) {
    const before = [http.globalAgent, https.globalAgent];
    for (const env of [{ HTTPS_PROXY: 'http://127.0.0.1:9' }, { HTTP_PROXY: 'http://127.0.0.1:9' }, { http_proxy: 'http://127.0.0.1:9', https_proxy: 'http://127.0.0.1:9' }]) {
      const restore = http.setGlobalProxyFromEnv(env);
      t(JSON.stringify(env), http.globalAgent === before[0], https.globalAgent === before[1]);
      const { globalAgent } = https;
      t('agent', globalAgent.keepAlive, globalAgent.scheduling, globalAgent.options.timeout, globalAgent.protocol, globalAgent.defaultPort, globalAgent instanceof https.Agent);
      restore();
      t('restored', http.globalAgent === before[0], https.globalAgent === before[1]);
    }
  },
};
