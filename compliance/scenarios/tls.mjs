import net from 'node:net';
import tls from 'node:tls';
import { once } from 'node:events';
import { Duplex, duplexPair } from 'node:stream';
import { CA, identity } from '../certificates.mjs';
import { rounds } from '../peers.mjs';

const EVENTS = ['connect', 'ready', 'secureConnect', 'secure', 'end', 'finish', 'error', 'close'];

function follow(t, name, socket, events = EVENTS) {
  for (const event of events) socket.on(event, (arg) => t(`${name} ${event}`, ...(arg instanceof Error ? [arg.code] : arg === undefined ? [] : [arg])));
}

async function listening(server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server.address().port;
}

const gone = (socket) => new Promise((resolve) => socket.once('close', resolve));
const closed = (server) => new Promise((resolve) => server.close(resolve));

// A server that does something with each connection, and a client of it.
async function connected(t, { serverOptions = {}, options = {}, onServer, onClient }) {
  const server = tls.createServer({ ...identity('server'), ...serverOptions }, onServer);
  server.on('tlsClientError', (error) => t('tlsClientError', error.code));
  const port = await listening(server);
  const client = tls.connect({ port, host: '127.0.0.1', ...CA, ...options });
  onClient(client);
  await gone(client);
  await closed(server);
  await rounds();
}

const AES = 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256';

// How much of what is written is in each record that is received, which AES-GCM makes longer by 24 bytes.
function noteRecords(socket, sizes) {
  let rest = Buffer.alloc(0);
  socket.on('data', (data) => {
    rest = Buffer.concat([rest, data]);
    while (rest.length >= 5 && rest.length >= 5 + rest.readUInt16BE(3)) {
      const length = rest.readUInt16BE(3);
      if (rest[0] === 23) sizes.push(length - 24);
      rest = rest.subarray(5 + length);
    }
  });
}

function state(socket) {
  return [socket.encrypted, socket.authorized, socket.authorizationError, socket.alpnProtocol, socket.servername, socket.secureConnecting, socket.connecting, socket.readyState];
}

export const scenarios = {
  async client_events(t) {
    await connected(t, {
      onServer: (socket) => { socket.resume(); socket.end('bye'); },
      onClient: (client) => {
        t('before', state(client));
        follow(t, 'client', client);
        client.on('secureConnect', () => t('state', state(client)));
        client.on('data', (data) => t('data', data));
        client.on('close', () => t('after', state(client).slice(0, 4), client.getProtocol(), client.bytesRead, client.bytesWritten));
      },
    });
  },
  async server_events(t) {
    await connected(t, {
      onServer: (socket) => {
        t('state', state(socket), socket.server instanceof tls.Server);
        follow(t, 'server', socket);
        socket.on('data', (data) => { t('data', data); socket.end(); });
      },
      onClient: (client) => { client.resume(); client.write('hello'); },
    });
  },
  async writes_before_the_handshake(t) {
    let [peer, text, left] = [null, '', 2];
    // Which of the two comes first is the network's business.
    const over = () => { if (--left === 0) { t('got', text); peer.end(); } };
    await connected(t, {
      onServer: (socket) => { peer = socket; socket.on('data', (data) => { text += data; }).on('end', over); },
      onClient: (client) => {
        client.resume();
        t('write', client.write('a', () => t('written a')), client.write('b', () => t('written b')), client.writableLength);
        client.on('secureConnect', () => t('secureConnect', client.writableLength));
        client.on('finish', () => { t('finish'); over(); });
        client.on('secureConnect', () => setImmediate(() => client.end('c')));
      },
    });
  },
  async echo_of_a_million(t) {
    await connected(t, {
      onServer: (socket) => socket.pipe(socket),
      onClient: (client) => {
        let size = 0;
        client.on('data', (data) => { size += data.length; });
        client.on('end', () => t('end', size, client.bytesRead, client.bytesWritten));
        for (let i = 0; i < 16; i += 1) client.write(Buffer.alloc(65536, i));
        client.end();
      },
    });
  },
  async records(t) {
    await connected(t, {
      onServer: (socket) => { const sizes = []; socket.on('data', (data) => sizes.push(data.length)).on('end', () => { t('sizes', sizes); socket.end(); }); },
      onClient: (client) => { client.resume(); client.on('secureConnect', () => client.end(Buffer.alloc(40000))); },
    });
  },
  async what_was_agreed(t) {
    await connected(t, {
      serverOptions: { minVersion: 'TLSv1.3' },
      onServer: (socket) => {
        t('server', socket.getProtocol(), Object.keys(socket.getCipher()), socket.isSessionReused(), socket.getPeerCertificate());
        socket.resume().end();
      },
      onClient: (client) => client.resume().on('secureConnect', () => {
        const cert = client.getPeerCertificate();
        t('client', client.getProtocol(), client.getCipher().version, client.isSessionReused(), cert.subjectaltname, cert.ca, typeof cert.fingerprint256);
        t('issuer', client.getPeerCertificate(true).issuerCertificate !== undefined);
      }),
    });
  },
  async half_open(t) {
    for (const allowHalfOpen of [false, true]) {
      await connected(t, {
        serverOptions: { allowHalfOpen },
        onServer: (socket) => {
          socket.resume().on('end', () => {
            t('server end', socket.writable);
            if (allowHalfOpen) socket.end('late');
          });
        },
        onClient: (client) => {
          client.on('data', (data) => t('data', data)).on('end', () => t('client end'));
          client.on('secureConnect', () => client.end('x'));
        },
      });
    }
  },
  async destroyed_by_the_server(t) {
    await connected(t, {
      onServer: (socket) => { socket.destroy(); },
      onClient: (client) => { client.resume(); follow(t, 'client', client, ['end', 'error', 'close']); },
    });
  },
  async destroyed_before_the_handshake(t) {
    await connected(t, {
      onServer: () => t('server'),
      onClient: (client) => { follow(t, 'client', client, ['error', 'close']); client.on('connect', () => client.destroy(new Error('mine'))); },
    });
  },
  async over_a_socket_that_is_connected(t) {
    const server = tls.createServer(identity('server'), (socket) => { socket.pipe(socket); });
    const socket = net.connect(await listening(server), '127.0.0.1');
    await once(socket, 'connect');
    const client = tls.connect({ socket, ...CA, servername: 'localhost' });
    follow(t, 'client', client, ['secureConnect', 'secure', 'end', 'error', 'close']);
    client.on('data', (data) => t('data', data));
    socket.on('close', () => t('socket close'));
    client.end('hello');
    await gone(client);
    t('socket', socket.destroyed);
    await closed(server);
  },
  async over_a_socket_that_connects(t) {
    const server = tls.createServer(identity('server'), (socket) => { socket.pipe(socket); });
    const socket = net.connect(await listening(server), '127.0.0.1');
    const client = tls.connect({ socket, ...CA, servername: 'localhost' });
    t('state', client.connecting, client.secureConnecting);
    follow(t, 'client', client, ['secureConnect', 'end', 'error', 'close']);
    client.on('data', (data) => t('data', data));
    client.end('hello');
    await gone(client);
    await closed(server);
  },
  async over_a_socket_that_fails(t) {
    const server = net.createServer();
    const port = await listening(server);
    await closed(server);
    const socket = net.connect(port, '127.0.0.1');
    socket.on('error', (error) => t('socket error', error.code));
    const client = tls.connect({ socket, ...CA });
    client.on('error', (error) => t('client error', error.code));
    await gone(client);
    t('destroyed', client.destroyed);
  },
  async over_a_pair_of_streams(t) {
    const [ours, theirs] = duplexPair();
    const server = new tls.TLSSocket(theirs, { isServer: true, ...identity('server') });
    const client = tls.connect({ socket: ours, ...CA, servername: 'localhost' });
    server.on('secure', () => t('server secure', server.getProtocol()));
    server.on('data', (data) => { t('server data', data); server.end('answer'); });
    client.on('secureConnect', () => t('client secureConnect', client.authorized));
    client.on('data', (data) => t('client data', data));
    client.write('question');
    await once(client, 'data');
    client.destroy();
    server.destroy();
    await rounds();
    t('destroyed', ours.destroyed, theirs.destroyed);
  },
  async a_server_given_a_stream(t) {
    const [ours, theirs] = duplexPair();
    const server = tls.createServer(identity('server'), (socket) => { t('secureConnection'); socket.end('x'); });
    server.emit('connection', theirs);
    const client = tls.connect({ socket: ours, ...CA, servername: 'localhost' });
    client.on('data', (data) => t('data', data));
    await once(client, 'data');
    client.destroy();
  },
  async garbage_after_the_handshake(t) {
    const server = tls.createServer(identity('server'), (socket) => { socket.on('error', (error) => t('server error', error.code)); });
    server.on('tlsClientError', (error) => t('tlsClientError', error.code));
    const port = await listening(server);
    const socket = net.connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(Buffer.from('16030100050100000100', 'hex'));
    socket.on('error', () => {});
    await gone(socket.resume());
    await closed(server);
  },
  async own_certificate(t) {
    const shown = (certificate) => certificate && [Object.keys(certificate).length];
    t('lone', Object.keys(new tls.TLSSocket().getCertificate()));
    t('a server alone', shown(new tls.TLSSocket(undefined, { isServer: true, ...identity('server') }).getCertificate()));
    await connected(t, {
      serverOptions: {
        requestCert: true, ...CA,
        SNICallback: (name, callback) => callback(null, tls.createSecureContext({ ...identity('other'), ...CA })),
      },
      options: { ...identity('client'), servername: 'other.test' },
      onServer: (socket) => {
        t('server', socket.getCertificate().subjectaltname, shown(socket.getCertificate()));
        socket.on('close', () => t('server after', socket.getCertificate()));
        socket.resume().end();
      },
      onClient: (client) => {
        t('client', client.getCertificate().subjectaltname, shown(client.getCertificate()));
        client.on('secureConnect', () => t('client secure', client.getCertificate().subjectaltname));
        client.on('close', () => t('client after', client.getCertificate()));
        client.resume();
      },
    });
  },
  async max_send_fragment(t) {
    for (const size of [512, 1000, 16384]) {
      const sizes = [];
      const server = tls.createServer({ ...identity('server'), maxVersion: 'TLSv1.2', ciphers: AES }, (socket) => {
        t('set', size, socket.setMaxSendFragment(size));
        socket.write('a'.repeat(1700), () => { t('again', socket.setMaxSendFragment(600)); socket.end('b'.repeat(1300)); });
        socket.on('close', () => t('sizes', sizes));
        socket.resume();
      });
      const port = await listening(server);
      const raw = net.connect(port, '127.0.0.1');
      noteRecords(raw, sizes);
      const client = tls.connect({ socket: raw, ...CA, servername: 'localhost' });
      t('before', client.setMaxSendFragment(size));
      let got = 0;
      client.on('data', (data) => { got += data.length; });
      await gone(client);
      t('got', got);
      await closed(server);
    }
  },
  async max_send_fragment_arguments(t) {
    const socket = new tls.TLSSocket();
    for (const size of [0, -1, 511, 512, 1000, 16384, 16385, 512.5, '512', NaN, 2 ** 32 + 512, true]) {
      t.call('size', () => socket.setMaxSendFragment(size));
    }
    t('disable', socket.disableRenegotiation());
    socket.destroy();
    await rounds();
  },
  async renegotiation(t) {
    const renegotiate = (socket, name) => {
      for (const [options, callback] of [[null, undefined], [5, () => {}], [[], () => {}], [{}, 5]]) {
        t.call(`${name} wrong`, () => socket.renegotiate(options, callback));
      }
      t.call(name, () => socket.renegotiate({}, (error) => t(`${name} answer`, error)));
      t.call(`${name} without a callback`, () => socket.renegotiate({}));
    };
    await connected(t, {
      onServer: (socket) => {
        socket.disableRenegotiation();
        renegotiate(socket, 'server');
        socket.resume();
      },
      onClient: (client) => {
        client.on('secureConnect', () => { renegotiate(client, 'client'); client.disableRenegotiation(); client.end(); });
        client.on('close', () => t.call('closed', () => client.renegotiate({}, () => t('called'))));
        client.resume();
      },
    });
  },
  async timeout(t) {
    await connected(t, {
      onServer: (socket) => { socket.resume(); },
      onClient: (client) => {
        const onTimeout = () => { t('timeout'); client.destroy(); };
        client.on('secureConnect', () => client.setTimeout(20, onTimeout));
      },
    });
  },
  async wrong_arguments(t) {
    const attempt = (what, make) => { try { const made = make(); t(what, 'nothing'); made?.destroy?.(); } catch (error) { t(what, error); } };
    attempt('connect', () => tls.connect());
    attempt('session', () => tls.connect({ port: 1, session: 5 }));
    attempt('context', () => tls.connect({ port: 1, secureContext: {} }));
    attempt('servername', () => new tls.TLSSocket().setServername(5));
    attempt('of a server', () => new tls.TLSSocket(undefined, { isServer: true }).setServername('a'));
    attempt('ALPN', () => tls.createServer({ ALPNProtocols: ['x'.repeat(256)] }));
  },
  async names(t) {
    t('constants', tls.DEFAULT_MIN_VERSION, tls.DEFAULT_MAX_VERSION, tls.DEFAULT_ECDH_CURVE, tls.CLIENT_RENEG_LIMIT, tls.CLIENT_RENEG_WINDOW);
    t('classes', new tls.TLSSocket() instanceof net.Socket, tls.createServer() instanceof net.Server, new tls.TLSSocket() instanceof Duplex);
  },
};
