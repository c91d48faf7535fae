import https from 'node:https';
import http from 'node:http';
import net from 'node:net';
import tls from 'node:tls';
import { once } from 'node:events';
import { CA, identity, pem } from '../certificates.mjs';
import { rounds } from '../peers.mjs';


async function listening(server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server.address().port;
}

const closed = (server) => new Promise((resolve) => server.close(resolve));

function follow(t, name, emitter, events) {
  for (const event of events) emitter.on(event, (...args) => t(`${name} ${event}`, ...args.filter((arg) => arg instanceof Error).map((error) => error.code)));
}

// One request; resolves with the body, or with the code of the error.
function ask(options, body) {
  return new Promise((resolve) => {
    const req = https.request({ host: '127.0.0.1', agent: false, ...CA, ...options }, (res) => {
      let text = '';
      res.setEncoding('utf8').on('data', (piece) => { text += piece; }).on('end', () => resolve([text, res, req]));
    });
    req.on('error', (error) => resolve([error.code, null, req]));
    req.end(body);
  });
}

async function refused(t, name, options = {}) {
  const server = https.createServer(identity(name), (req, res) => res.end('x'));
  server.on('clientError', (error, socket) => socket.destroy());
  const port = await listening(server);
  const [answer] = await ask({ port, ...options });
  t('answer', answer);
  await closed(server);
}

export const scenarios = {
  async names(t) {
    const agent = new https.Agent();
    t('agent', agent.defaultPort, agent.protocol, agent.maxCachedSessions, agent.keepAlive, agent.maxSockets);
    t('agent options', agent.options);
    t('name', agent.getName());
    t('name', agent.getName({ host: 'h', port: 1, localAddress: 'l', family: 6, ca: 'CA', cert: 'C', ciphers: 'ci', key: Buffer.from('k'), pfx: 'p', rejectUnauthorized: false, servername: 's', minVersion: 'mi', maxVersion: 'ma', secureProtocol: 'sp', crl: 'crl', honorCipherOrder: true, ecdhCurve: 'ec', dhparam: 'dh', secureOptions: 5, sessionIdContext: 'sic', sigalgs: 'sg' }));
    t('name', agent.getName({ host: 'h', servername: 'h', rejectUnauthorized: true }));
    const server = https.createServer();
    t('server', server.timeout, server.keepAliveTimeout, server.headersTimeout, server.requestTimeout, server.httpAllowHalfOpen);
    t('global', https.globalAgent.keepAlive, https.globalAgent.options.timeout, https.globalAgent.defaultPort);
  },
  async one_request(t) {
    const server = https.createServer(identity('server'));
    follow(t, 'server', server, ['connection', 'secureConnection', 'request', 'clientError', 'tlsClientError']);
    server.on('request', (req, res) => {
      t('req', req.method, req.url, req.socket.encrypted, req.socket.authorized, req.socket.alpnProtocol, req.socket.servername);
      follow(t, 'server req', req, ['end', 'close', 'error', 'aborted']);
      follow(t, 'server res', res, ['prefinish', 'finish', 'close']);
      req.resume().on('end', () => res.end('hello'));
    });
    const port = await listening(server);
    const req = https.request({ port, host: '127.0.0.1', method: 'POST', headers: { host: 'localhost' }, agent: false, ...CA });
    follow(t, 'client req', req, ['socket', 'finish', 'response', 'close', 'error']);
    req.on('socket', (socket) => follow(t, 'client socket', socket, ['connect', 'ready', 'secureConnect', 'end', 'close']));
    req.end('body');
    const done = Promise.all([once(req, 'close'), once(req, 'socket').then(([socket]) => once(socket, 'close'))]);
    req.on('response', (res) => {
    t('res', res.statusCode, res.rawHeaders.filter((_, at) => at % 2 === 0), res.socket.encrypted, res.socket.authorized, res.socket.authorizationError, res.socket.alpnProtocol, res.socket.servername, res.socket.getProtocol(), res.socket.isSessionReused());
    follow(t, 'client res', res, ['end', 'close', 'aborted', 'error']);
    res.setEncoding('utf8').on('data', (text) => t('data', text));
    });
    await done;
    await closed(server);
    await rounds();
  },
  async host_header_leaves_out_port_443(t) {
    const server = https.createServer(identity('server'), (req, res) => res.end(req.headers.host));
    const port = await listening(server);
    const createConnection = (options) => tls.connect({ ...options, port });
    t('host', (await ask({ port: 443, agent: undefined, createConnection }))[0]);
    t('host', (await ask({ port: 444, agent: undefined, createConnection }))[0]);
    await closed(server);
  },
  async unknown_authority(t) { await refused(t, 'alone'); },
  async expired(t) { await refused(t, 'expired'); },
  async wrong_name(t) { await refused(t, 'other'); },
  async wrong_name_by_servername(t) { await refused(t, 'server', { servername: 'elsewhere.test' }); },
  async right_name_by_servername(t) { await refused(t, 'other', { servername: 'any.wild.test' }); },
  async own_check(t) {
    await refused(t, 'other', { checkServerIdentity: (host, cert) => { t('check', host, cert.subjectaltname); } });
    await refused(t, 'server', { checkServerIdentity: () => Object.assign(new Error('no'), { code: 'MINE' }) });
  },
  async authority_of_another(t) { await refused(t, 'alone', { ca: pem('strange.pem') }); },
  async unauthorized_but_let_pass(t) {
    for (const [name, options] of [['alone', {}], ['expired', {}], ['other', {}], ['server', {}], ['alone', { servername: 'elsewhere.test' }]]) {
      const server = https.createServer(identity(name), (req, res) => res.end('x'));
      const port = await listening(server);
      const [answer, res] = await ask({ port, rejectUnauthorized: false, ...options });
      t('answer', name, answer, res.socket.authorized, res.socket.authorizationError);
      await closed(server);
    }
  },
  async client_certificate(t) {
    const server = https.createServer({ ...identity('server'), ...CA, requestCert: true }, (req, res) => {
      t('client', req.socket.authorized, req.socket.authorizationError, req.socket.getPeerCertificate().subject.CN);
      res.end('x');
    });
    const port = await listening(server);
    t('answer', (await ask({ port, ...identity('client') }))[0]);
    await closed(server);
  },
  async client_certificate_is_optional(t) {
    const server = https.createServer({ ...identity('server'), ...CA, requestCert: true, rejectUnauthorized: false }, (req, res) => {
      t('client', req.socket.authorized, req.socket.authorizationError, Object.keys(req.socket.getPeerCertificate()).length > 0);
      res.end('x');
    });
    const port = await listening(server);
    t('answer', (await ask({ port }))[0]);
    t('answer', (await ask({ port, ...identity('client') }))[0]);
    t('answer', (await ask({ port, ...identity('alone') }))[0]);
    await closed(server);
  },
  async server_name_indication(t) {
    const server = https.createServer(identity('server'), (req, res) => res.end(String(req.socket.servername)));
    server.addContext('*.wild.test', identity('other'));
    const port = await listening(server);
    t('answer', (await ask({ port, servername: 'a.wild.test' }))[0]);
    t('answer', (await ask({ port, servername: 'a.b.wild.test' }))[0]);
    t('answer', (await ask({ port, servername: 'localhost' }))[0]);
    t('answer', (await ask({ port }))[0]);
    await closed(server);
  },
  async sni_callback(t) {
    const chosen = tls.createSecureContext(identity('other'));
    const SNICallback = (name, done) => {
      t('asked', name);
      setImmediate(() => (name === 'bad.test' ? done(new Error('no such name')) : done(null, name === 'other.test' ? chosen : undefined)));
    };
    const server = https.createServer({ ...identity('server'), SNICallback }, (req, res) => res.end('x'));
    server.on('tlsClientError', (error) => t('tlsClientError', error.message));
    server.on('clientError', (error, socket) => socket.destroy());
    const port = await listening(server);
    t('answer', (await ask({ port, servername: 'other.test' }))[0]);
    t('answer', (await ask({ port, servername: 'localhost' }))[0]);
    t('answer', (await ask({ port, servername: 'bad.test' }))[0]);
    await closed(server);
  },
  async protocols(t) {
    const server = https.createServer(identity('server'), (req, res) => res.end(String(req.socket.alpnProtocol)));
    server.on('tlsClientError', (error) => t('tlsClientError', error.code));
    server.on('clientError', (error, socket) => socket.destroy());
    const port = await listening(server);
    for (const ALPNProtocols of [undefined, ['http/1.1'], ['h2', 'http/1.1'], ['h2']]) {
      const [answer, res] = await ask({ port, ALPNProtocols });
      t('answer', answer, res && res.socket.alpnProtocol);
    }
    await closed(server);
  },
  async protocol_callback(t) {
    const ALPNCallback = ({ servername, protocols }) => { t('asked', servername, protocols); return protocols.includes('b') ? 'b' : protocols.includes('strange') ? 'other' : undefined; };
    const server = https.createServer({ ...identity('server'), ALPNCallback }, (req, res) => res.end(String(req.socket.alpnProtocol)));
    server.on('tlsClientError', (error) => t('tlsClientError', error.code));
    server.on('clientError', (error, socket) => socket.destroy());
    const port = await listening(server);
    t('answer', (await ask({ port, ALPNProtocols: ['a', 'b'] }))[0]);
    t('answer', (await ask({ port, ALPNProtocols: ['a'] }))[0]);
    t('answer', (await ask({ port, ALPNProtocols: ['strange'] }))[0] !== 'x');
    await closed(server);
  },
  async plain_http_to_a_server_of_https(t) {
    const server = https.createServer(identity('server'), () => t('request'));
    server.on('tlsClientError', (error, socket) => t('tlsClientError', error.code, socket.encrypted));
    server.on('clientError', (error, socket) => { t('clientError', error.code); socket.destroy(); });
    const port = await listening(server);
    const socket = net.connect(port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    socket.on('error', () => {});
    await once(socket, 'close');
    await closed(server);
  },
  async https_to_a_server_of_plain_http(t) {
    const server = http.createServer(() => t('request'));
    server.on('clientError', (error, socket) => { t('clientError', error.code); socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'); });
    const port = await listening(server);
    t('answer', (await ask({ port }))[0]);
    await closed(server);
  },
  async cut_within_the_handshake(t) {
    const server = https.createServer(identity('server'), () => t('request'));
    server.on('clientError', (error, socket) => { t('clientError', error.code, error.message); socket.destroy(); });
    const port = await listening(server);
    const socket = net.connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.end();
    await once(socket.resume(), 'close');
    await closed(server);
    const raw = net.createServer((socket) => socket.once('data', () => socket.end()));
    t('answer', (await ask({ port: await listening(raw) }))[0]);
    await closed(raw);
  },
  async handshake_timeout(t) {
    const server = https.createServer({ ...identity('server'), handshakeTimeout: 30 }, () => t('request'));
    server.on('clientError', (error, socket) => { t('clientError', error.code, error.message); socket.destroy(); });
    const socket = net.connect(await listening(server), '127.0.0.1');
    await once(socket.resume(), 'close');
    await closed(server);
  },
  async agent_keeps_sockets(t) {
    const server = https.createServer(identity('server'), (req, res) => res.end('x'));
    const port = await listening(server);
    const agent = new https.Agent({ keepAlive: true, ...CA });
    for (let i = 0; i < 3; i += 1) {
      const [answer, , req] = await ask({ port, agent });
      t('answer', answer, req.reusedSocket);
      await rounds();
    }
    t('free', Object.values(agent.freeSockets).map((list) => list.length));
    agent.destroy();
    await closed(server);
  },
  async agent_resumes_sessions(t) {
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3']) {
      const server = https.createServer({ ...identity('server'), maxVersion }, (req, res) => { t('resumed', req.socket.isSessionReused()); res.end('x'); });
      const port = await listening(server);
      const agent = new https.Agent({ ...CA });
      for (let i = 0; i < 2; i += 1) {
        const [answer, res] = await ask({ port, agent });
        t('answer', answer, res.socket.getProtocol());
        await rounds(8);
      }
      const without = new https.Agent({ maxCachedSessions: 0, ...CA });
      await ask({ port, agent: without });
      await rounds(8);
      await ask({ port, agent: without });
      await closed(server);
    }
  },
  async upgrade(t) {
    const server = https.createServer(identity('server'));
    server.on('upgrade', (req, socket, head) => {
      t('upgrade', req.headers.upgrade, socket.encrypted, head);
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n');
      socket.pipe(socket);
    });
    const port = await listening(server);
    const req = https.get({ port, host: '127.0.0.1', agent: false, ...CA, headers: { connection: 'upgrade', upgrade: 'echo' } });
    const [res, socket, head] = await once(req, 'upgrade');
    t('upgraded', res.statusCode, socket.encrypted, head);
    socket.end('hello');
    socket.setEncoding('utf8');
    let text = '';
    for await (const piece of socket) text += piece;
    t('echo', text);
    await closed(server);
  },
  async truncated_answer(t) {
    const server = https.createServer(identity('server'), (req, res) => { res.writeHead(200, { 'Content-Length': 10 }); res.write('12345'); req.socket.destroySoon(); });
    const port = await listening(server);
    const req = https.get({ port, host: '127.0.0.1', agent: false, ...CA });
    const [res] = await once(req, 'response');
    follow(t, 'res', res, ['aborted', 'end', 'error', 'close']);
    res.on('data', (data) => t('data', data));
    await new Promise((resolve) => res.on('close', resolve));
    await closed(server);
  },
  async close_all_connections(t) {
    const server = https.createServer(identity('server'), () => { t('request'); server.closeAllConnections(); });
    const port = await listening(server);
    t('answer', (await ask({ port }))[0]);
    await closed(server);
  },
  async wrong_arguments(t) {
    const attempt = (what, make) => { try { make(); t(what, 'nothing'); } catch (error) { t(what, error); } };
    attempt('options', () => https.createServer(5));
    attempt('key', () => https.createServer({ key: 5 }));
    attempt('cert', () => https.createServer({ cert: true }));
    attempt('ca', () => https.createServer({ ca: 5 }));
    attempt('ALPN', () => https.createServer({ ALPNProtocols: ['a'], ALPNCallback() {} }));
    attempt('ALPNCallback', () => https.createServer({ ALPNCallback: 5 }));
    attempt('SNICallback', () => https.createServer({ SNICallback: 5 }));
    attempt('handshakeTimeout', () => https.createServer({ handshakeTimeout: 'x' }));
    attempt('minVersion', () => https.createServer({ minVersion: 'x' }));
    attempt('headersTimeout', () => https.createServer({ headersTimeout: 'x' }));
    attempt('addContext', () => https.createServer().addContext('', {}));
    attempt('setSecureContext', () => https.createServer().setSecureContext(5));
    attempt('protocol', () => https.get({ protocol: 'http:' }));
    attempt('url', () => https.get('http://localhost/'));
  },
};
