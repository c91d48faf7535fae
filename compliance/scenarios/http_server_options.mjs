import http from 'node:http';
import net from 'node:net';
import { once } from 'node:events';
import { Peer, mask, rounds, GET } from '../peers.mjs';

const request = (line, ...fields) => `${line} HTTP/1.1\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`;
const LAST = request('GET /last', 'Host: a', 'Connection: close');
const UPGRADE = request('GET /up', 'Host: a', 'Connection: upgrade', 'Upgrade: x');

// A server that gets some pieces, each after the one before was dealt with; what it sends goes into the trace.
async function served(t, { options = {}, setup = () => {}, listener, pieces = [GET], end = true }) {
  listener ??= (req, res) => { t('request', req.method, req.url); req.resume(); res.end('x'); };
  const server = http.createServer(options, listener);
  server.on('clientError', (error, socket) => {
    t('clientError', error.code, error.message);
    if (socket.writable) socket.end('HTTP/1.1 400 Mine\r\n\r\n');
    else socket.destroy();
  });
  setup(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const peer = await Peer.connect(server.address().port);
  for (const piece of pieces) { peer.send(piece); await rounds(8); }
  if (end) peer.finish();
  await peer.end();
  t('bytes', mask(peer.text));
  peer.destroy();
  await new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); });
}

const ODD = {
  'control character in a value': request('GET /', 'Host: a', 'X: a\x01b'),
  'high character in a value': request('GET /', 'Host: a', 'X: a\xffb'),
  'space before the colon': request('GET /', 'Host: a', 'X : b'),
  'folded line': request('GET /', 'Host: a', 'X: b', ' c'),
  'length and chunked': `${request('POST /', 'Host: a', 'Content-Length: 5', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
  'chunked not last': request('POST /', 'Host: a', 'Transfer-Encoding: chunked, gzip'),
  'two lengths': `${request('POST /', 'Host: a', 'Content-Length: 1', 'Content-Length: 1')}a`,
  'bare line feeds': 'GET / HTTP/1.1\nHost: a\n\n',
  'space behind a chunk size': `${request('POST /', 'Host: a', 'Transfer-Encoding: chunked')}1 \r\na\r\n0\r\n\r\n`,
  'chunk without its end': `${request('POST /', 'Host: a', 'Transfer-Encoding: chunked')}1\r\na0\r\n\r\n`,
  'other version': 'GET / HTTP/1.2\r\nHost: a\r\n\r\n',
  'data after close': LAST + GET,
};

// A request that is not as it should be, with each degree of strictness.
const tolerance = (name) => async (t) => {
  for (const options of [{}, { httpValidation: 'strict' }, { httpValidation: 'relaxed' }, { httpValidation: 'insecure' }, { insecureHTTPParser: true }, { insecureHTTPParser: false }]) {
    t(JSON.stringify(options));
    await served(t, { options, pieces: [ODD[name]], listener: (req, res) => {
      t('request', req.method, req.url, req.headers);
      req.on('data', (data) => t('data', data)).on('end', () => t('end'));
      res.setHeader('Connection', 'close');
      res.end('x');
    } });
  }
};

export const scenarios = {
  async headers_timeout(t) {
    await served(t, { options: { headersTimeout: 30, requestTimeout: 0, connectionsCheckingInterval: 10 }, pieces: ['GET / HTTP/1.1\r\nHost'], end: false });
  },
  async headers_timeout_of_the_second_request(t) {
    await served(t, { options: { headersTimeout: 30, requestTimeout: 0, connectionsCheckingInterval: 10, keepAliveTimeout: 0 }, pieces: [GET, 'GET /2'], end: false });
  },
  async headers_timeout_before_anything_was_sent(t) {
    await served(t, { options: { headersTimeout: 30, requestTimeout: 0, connectionsCheckingInterval: 10 }, pieces: [], end: false });
  },
  async request_timeout(t) {
    await served(t, { options: { requestTimeout: 30, connectionsCheckingInterval: 10 }, pieces: [`${request('POST /', 'Host: a', 'Content-Length: 3')}a`], end: false,
      listener: (req) => { t('request'); req.on('error', (error) => t('req error', error)); req.resume(); } });
  },
  async no_timeouts(t) {
    const times = { headersTimeout: 0, requestTimeout: 0, connectionsCheckingInterval: 10 };
    await served(t, { options: times, pieces: ['GET / HTTP/1.1\r\nHost'], end: false, setup: (server) => {
      server.on('connection', (socket) => setTimeout(() => { t('still', socket.destroyed); socket.destroy(); }, 60));
    } });
  },
  times_that_a_server_has(t) {
    for (const options of [{}, { requestTimeout: 5000 }, { requestTimeout: 0 }, { requestTimeout: 100000 }, { headersTimeout: 10 }, { headersTimeout: 0 }, { headersTimeout: 10, requestTimeout: 20 }, { headersTimeout: 20, requestTimeout: 10 }, { headersTimeout: 20, requestTimeout: 0 }, { keepAliveTimeout: 0 }, { keepAliveTimeoutBuffer: 0 }, { connectionsCheckingInterval: 0 }]) {
      t.call(JSON.stringify(options), () => {
        const server = http.createServer(options);
        return [server.headersTimeout, server.requestTimeout, server.keepAliveTimeout, server.keepAliveTimeoutBuffer, server.connectionsCheckingInterval, server.timeout];
      });
    }
  },
  async keep_alive_timeout(t) {
    for (const options of [{ keepAliveTimeout: 30, keepAliveTimeoutBuffer: 0 }, { keepAliveTimeout: 1500, keepAliveTimeoutBuffer: 0 }]) {
      await served(t, { options, end: options.keepAliveTimeout > 1000 });
    }
  },
  async keep_alive_timeout_buffer(t) {
    await served(t, { options: { keepAliveTimeout: 1, keepAliveTimeoutBuffer: 120 }, end: false, listener: (req, res) => {
      res.end('x');
      res.on('close', () => setTimeout(() => t('still', req.socket.destroyed), 50));
      req.socket.on('close', () => t('closed'));
    } });
  },
  async without_keep_alive_timeout(t) {
    await served(t, { options: { keepAliveTimeout: 0 } });
  },
  async require_host_header(t) {
    for (const options of [{}, { requireHostHeader: false }, { requireHostHeader: true }]) {
      for (const text of [request('GET /'), 'GET / HTTP/1.0\r\n\r\n', request('GET /', 'Host:'), request('GET /', 'Host: a', 'Host: b')]) await served(t, { options, pieces: [text] });
    }
  },
  async join_duplicate_headers(t) {
    const fields = ['Host: a', 'Age: 1', 'Age: 2', 'Cookie: a=1', 'Cookie: b=2', 'X: 1', 'X: 2', 'Authorization: 3', 'Authorization: 4', 'Set-Cookie: 5', 'Set-Cookie: 6'];
    for (const joinDuplicateHeaders of [undefined, false, true]) {
      await served(t, { options: { joinDuplicateHeaders }, pieces: [request('GET /', ...fields)], listener: (req, res) => { t('headers', req.headers, Boolean(req.joinDuplicateHeaders)); res.end(); } });
    }
  },
  async max_header_size(t) {
    const long = (length) => request('GET /', 'Host: a', `X: ${'x'.repeat(length)}`);
    for (const [maxHeaderSize, length] of [[100, 50], [100, 100], [undefined, 16000], [undefined, 16400], [20000, 16400], [0, 16000]]) {
      await served(t, { options: { maxHeaderSize }, pieces: [long(length)] });
    }
  },
  async max_headers_count(t) {
    const many = (count) => request('GET /', 'Host: a', ...Array.from({ length: count }, (_, index) => `X${index}: 1`));
    for (const [limit, count] of [[5, 4], [5, 5], [0, 1100], [null, 999], [null, 1000]]) {
      await served(t, { setup: (server) => { server.maxHeadersCount = limit; }, pieces: [many(count)], listener: (req, res) => { t('count', req.rawHeaders.length); res.end(); } });
    }
  },
  async max_requests_per_socket(t) {
    for (const limit of [0, 1, 2]) {
      await served(t, { setup: (server) => { server.maxRequestsPerSocket = limit; server.on('dropRequest', (req, socket) => t('dropRequest', req.url, socket.destroyed)); },
        pieces: [GET, request('GET /2', 'Host: a'), request('GET /3', 'Host: a')] });
    }
  },
  async max_requests_per_socket_in_one_packet(t) {
    await served(t, { setup: (server) => { server.maxRequestsPerSocket = 2; server.on('dropRequest', (req, socket) => t('dropRequest', req.url, socket.destroyed)); },
      pieces: [GET + request('GET /2', 'Host: a') + request('GET /3', 'Host: a') + request('GET /4', 'Host: a')] });
  },
  async should_upgrade_callback(t) {
    const callbacks = { true: () => true, false: () => false, 'by url': (req) => req.url !== '/up', something: () => 'yes', nothing: () => undefined };
    for (const [label, callback] of Object.entries(callbacks)) {
      for (const listens of [true, false]) {
        t(label, listens);
        await served(t, { options: { shouldUpgradeCallback: callback }, pieces: [UPGRADE], setup: (server) => {
          if (listens) server.on('upgrade', (req, socket, head) => { t('upgrade', req.url, req.upgrade, head); socket.end('up'); });
        }, listener: (req, res) => { t('request', req.url, req.upgrade); res.end('x'); } });
      }
    }
  },
  async should_upgrade_callback_that_throws(t) {
    await served(t, { options: { shouldUpgradeCallback: () => { throw new Error('mine'); } }, pieces: [UPGRADE] });
  },
  async should_upgrade_callback_is_not_asked_about_connect(t) {
    await served(t, { options: { shouldUpgradeCallback: () => { t('asked'); return true; } }, pieces: [request('CONNECT a:1', 'Host: a')], setup: (server) => {
      server.on('connect', (req, socket) => { t('connect', req.url); socket.end('ok'); });
    } });
  },
  async unique_headers(t) {
    for (const uniqueHeaders of [undefined, ['X-A'], ['x-a', 'x-b'], []]) {
      await served(t, { options: { uniqueHeaders }, listener: (req, res) => { res.setHeader('X-A', ['1', '2']); res.setHeader('x-b', ['3', '4']); res.end(); } });
      await served(t, { options: { uniqueHeaders }, listener: (req, res) => { res.writeHead(200, { 'X-A': ['1', '2'], Cookie: ['a', 'b'] }); res.end(); } });
    }
  },
  async reject_non_standard_body_writes(t) {
    for (const rejectNonStandardBodyWrites of [undefined, true]) {
      for (const [status, line] of [[204, 'GET /'], [304, 'GET /'], [200, 'HEAD /'], [200, 'GET /']]) {
        await served(t, { options: { rejectNonStandardBodyWrites }, pieces: [request(line, 'Host: a')], listener: (req, res) => {
          res.statusCode = status;
          t.call(`${status} ${line} write`, () => res.write('x'));
          t.call(`${status} ${line} end`, () => { res.end('y'); });
          if (!res.writableEnded) res.end();
        } });
      }
    }
  },
  async optimize_empty_requests(t) {
    for (const optimizeEmptyRequests of [undefined, true]) {
      for (const text of [GET, `${request('POST /', 'Host: a', 'Content-Length: 1')}x`, request('POST /', 'Host: a', 'Content-Length: 0'), `${request('POST /', 'Host: a', 'Transfer-Encoding: chunked')}0\r\n\r\n`, request('DELETE /', 'Host: a')]) {
        await served(t, { options: { optimizeEmptyRequests }, pieces: [text], listener: (req, res) => {
          t('request', req.method, req.readableEnded, req.destroyed, req.complete, req._dumped);
          req.on('end', () => t('end'));
          req.resume();
          setImmediate(() => res.end('x'));
        } });
      }
    }
  },
  async classes_of_messages(t) {
    class Request extends http.IncomingMessage { get mine() { return `mine ${this.url}`; } }
    class Response extends http.ServerResponse { say(text) { this.setHeader('X-Mine', '1'); this.end(text); } }
    await served(t, { options: { IncomingMessage: Request, ServerResponse: Response }, listener: (req, res) => { t('request', req.mine, req instanceof Request, res.req === req); res.say('hi'); } });
  },
  async high_water_mark(t) {
    for (const highWaterMark of [undefined, 5, 100000]) {
      await served(t, { options: { highWaterMark }, listener: (req, res) => {
        t('marks', req.readableHighWaterMark, res.writableHighWaterMark, req.socket.readableHighWaterMark, req.socket.writableHighWaterMark);
        t('write', res.write('0123456789'));
        res.end();
      } });
    }
  },
  async half_open(t) {
    for (const httpAllowHalfOpen of [false, true]) {
      await served(t, { setup: (server) => { server.httpAllowHalfOpen = httpAllowHalfOpen; t('options', server.allowHalfOpen); }, listener: (req, res) => {
        res.on('close', () => t('close'));
        req.socket.on('end', () => setImmediate(() => { if (!res.destroyed) res.end('late'); }));
      } });
    }
  },
  async set_timeout_of_a_server(t) {
    for (const form of ['property', 'method', 'callback', 'listener']) {
      await served(t, { end: false, setup: (server) => {
        if (form === 'property') server.timeout = 30;
        if (form === 'method') t('returns', server.setTimeout(30) === server, server.timeout);
        if (form === 'callback') server.setTimeout(30, (socket) => { t('callback', socket.destroyed); socket.destroy(); });
        if (form === 'listener') { server.timeout = 30; server.on('timeout', (socket) => { t('timeout'); socket.end('bye'); }); }
      }, listener: (req) => { t('request'); req.on('aborted', () => t('aborted')); } });
    }
  },
  async set_timeout_of_messages(t) {
    await served(t, { end: false, listener: (req, res) => {
      t('req', req.setTimeout(30, (socket) => { t('req timeout', socket === req.socket); }) === req);
      t('res', res.setTimeout(40, (socket) => { t('res timeout', socket === req.socket); socket.destroy(); }) === res, req.socket.timeout);
    } });
  },
  async set_timeout_forms_of_a_server(t) {
    const server = http.createServer();
    t('default', server.timeout);
    for (const args of [[5], [0], [], [7, () => {}]]) {
      server.setTimeout(...args);
      t('timeout', server.timeout ?? null, server.listenerCount('timeout'));
    }
  },
  async no_delay_and_keep_alive(t) {
    for (const options of [{}, { noDelay: false }, { keepAlive: true, keepAliveInitialDelay: 2500 }, { keepAlive: true, keepAliveInitialDelay: -1 }]) {
      const server = http.createServer(options);
      t(JSON.stringify(options), server.noDelay, server.keepAlive, server.keepAliveInitialDelay, server.highWaterMark, server.pauseOnConnect, server.allowHalfOpen);
    }
  },
  async limits_of_connections(t) {
    await served(t, { setup: (server) => { server.maxConnections = 0; server.on('drop', (info) => t('drop', info.localAddress)); }, pieces: [], end: false });
  },
  async block_list(t) {
    const blockList = new net.BlockList();
    blockList.addAddress('127.0.0.1');
    await served(t, { options: { blockList }, setup: (server) => server.on('connection', () => t('connection')) });
  },
  async pause_on_connect(t) {
    await served(t, { options: { pauseOnConnect: true }, setup: (server) => server.on('connection', (socket) => {
      t('connection', socket.isPaused());
      setTimeout(() => { t('resume', socket.isPaused(), socket.bytesRead); socket.resume(); }, 30);
    }) });
  },
  async two_listeners_of_request(t) {
    await served(t, { setup: (server) => server.on('request', (req, res) => t('second', res.writableEnded)) });
  },
  ...Object.fromEntries(Object.keys(ODD).map((name) => [`tolerates ${name}`, tolerance(name)])),
};
