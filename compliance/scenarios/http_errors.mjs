import http from 'node:http';
import net from 'node:net';
import { once } from 'node:events';
import { exchange, GET } from '../peers.mjs';

// Something done inside a request listener; then the response is ended.
const within = (body, more = {}) => (t) => exchange(t, {
  handler: (req, res) => { body(t, res, req); if (!res.writableEnded && !res.destroyed) res.end(); }, ...more,
});
const sent = (body) => within((t, res, req) => { res.writeHead(200, { A: '1' }); res.write('x'); body(t, res, req); });

export const scenarios = {
  headers_after_they_were_sent: sent((t, res) => {
    t.call('set', () => { res.setHeader('A', '1'); });
    t.call('append', () => { res.appendHeader('A', '1'); });
    t.call('remove', () => { res.removeHeader('A'); });
    t.call('writeHead', () => { res.writeHead(200); });
    t.call('setHeaders', () => { res.setHeaders(new Map([['a', 'b']])); });
    t.call('writeContinue', () => { res.writeContinue(); });
    t.call('writeEarlyHints', () => { res.writeEarlyHints({ link: '</s>; rel=preload' }); });
    t.call('writeInformation', () => { res.writeInformation(110); });
    t('get', res.getHeader('A') ?? null, res.hasHeader('a'), res.headersSent);
    t.call('flushHeaders', () => { res.flushHeaders(); });
    t.call('addTrailers', () => { res.addTrailers({ T: 'v' }); });
  }),
  status_codes: within((t, res) => {
    for (const code of [99, 1000, 'abc', undefined, -1]) t.call('writeHead', () => { res.writeHead(code); });
    for (const code of [99, 200, 101]) t.call('writeInformation', () => { res.writeInformation(code); });
    res.statusCode = 99;
    t.call('end', () => { res.end(); });
    res.statusCode = 200;
  }),
  status_messages: within((t, res) => {
    for (const text of ['a\r\nb', '\u20ac', 'a\x00', 'fine \u00e9']) t.call('writeHead', () => { res.writeHead(200, text); });
  }),
  header_names: within((t, res) => {
    for (const name of ['', 'a b', 'a:', '\u00e9', 'a\r\n', 5, undefined, '(']) {
      t.call('setHeader', () => { res.setHeader(name, 'x'); });
      t.call('appendHeader', () => { res.appendHeader(name, 'x'); });
    }
    for (const name of [5, undefined]) {
      t.call('getHeader', () => res.getHeader(name));
      t.call('hasHeader', () => res.hasHeader(name));
      t.call('removeHeader', () => { res.removeHeader(name); });
    }
  }),
  header_values: within((t, res) => {
    t.call('undefined', () => { res.setHeader('a', undefined); });
    t.call('append undefined', () => { res.appendHeader('a', undefined); });
    for (const value of ['a\r\nb', 'a\nb', '\x00', '\u20ac', '\x7f', '\x01']) t.call('setHeader', () => { res.setHeader('a', value); });
    t.call('array', () => { res.setHeader('a', ['fine', 'a\nb']); });
    for (const value of ['tab\t', '\u00e9', '', ' a ', 5, true, 1.5, ['x', 5]]) t.call('setHeader', () => { res.setHeader('a', value); t('get', res.getHeader('a')); });
  }),
  header_values_in_write_head: within((t, res) => {
    t.call('value', () => { res.writeHead(200, { a: 'a\nb' }); });
  }),
  odd_arrays_of_headers: within((t, res) => {
    t.call('odd', () => { res.writeHead(200, ['a']); });
  }),
  trailers: within((t, res) => {
    t.call('name', () => { res.addTrailers({ 'a b': 'x' }); });
    t.call('value', () => { res.addTrailers({ a: 'a\nb' }); });
  }),
  trailer_header_without_chunks: within((t, res) => {
    res.setHeader('Trailer', 'X');
    res.setHeader('Content-Length', '1');
    t.call('end', () => { res.end('x'); });
    res.removeHeader('Trailer');
  }),
  chunks: within((t, res) => {
    for (const chunk of [null, 5, {}, true]) t.call('write', () => res.write(chunk));
    for (const chunk of [5, {}, true]) t.call('end', () => { res.end(chunk); });
  }),
  write_after_end: within((t, res) => {
    res.on('error', t.callback('error'));
    res.end('x');
    t('write', res.write('y', t.callback('cb')));
    res.end(t.callback('end cb'));
    res.end('z', t.callback('end z cb'));
  }),
  pipe_from_a_response: within((t, res) => {
    res.on('error', t.callback('error'));
    t.call('pipe', () => { res.pipe(res); });
  }),
  strict_content_length: within((t, res) => {
    res.strictContentLength = true;
    res.setHeader('Content-Length', 2);
    t.call('end', () => { res.end('x'); });
    res.destroy();
  }),
  strict_content_length_of_writes: within((t, res) => {
    res.strictContentLength = true;
    res.setHeader('Content-Length', 3);
    t.call('write', () => res.write('ab'));
    t.call('write', () => res.write('cd'));
    t.call('end', () => { res.end('c'); });
    res.destroy();
  }),
  body_not_allowed: within((t, res) => {
    res.statusCode = 304;
    t.call('write', () => res.write('x'));
    t.call('end', () => { res.end('x'); });
  }, { options: { rejectNonStandardBodyWrites: true } }),
  early_hints: within((t, res) => {
    for (const link of ['bad', 5, ['bad'], '</s>; rel=preload']) t.call('link', () => { res.writeEarlyHints({ link }); });
    t.call('no object', () => { res.writeEarlyHints('x'); });
  }),
  set_headers: within((t, res) => {
    t.call('map', () => { res.setHeaders(new Map([['A', '1'], ['b', ['2', '3']]])); });
    t('headers', res.getHeaders(), res.getHeaderNames(), res.getRawHeaderNames());
    t.call('array', () => { res.setHeaders(['a', 'b']); });
    t.call('number', () => { res.setHeaders(5); });
  }),
  request_socket_encoding: within((t, res, req) => {
    t.call('setEncoding', () => { req.socket.setEncoding('utf8'); });
  }),
  request_options(t) {
    const bad = (label, options) => t.call(label, () => { http.request(options).on('error', () => {}).destroy(); });
    bad('method', { method: 5 });
    bad('method token', { method: 'A B' });
    bad('path', { path: '/a b' });
    bad('path euro', { path: '/\u20ac' });
    bad('protocol', { protocol: 'https:' });
    bad('host', { host: 5 });
    bad('hostname', { hostname: 5 });
    bad('agent', { agent: 5 });
    bad('timeout', { timeout: 'x' });
    bad('header name', { headers: { 'a b': 'c' } });
    bad('header value', { headers: { a: 'a\nb' } });
    bad('header undefined', { headers: { a: undefined } });
    bad('odd headers', { headers: ['a'] });
    bad('insecureHTTPParser', { insecureHTTPParser: 5 });
    bad('joinDuplicateHeaders', { joinDuplicateHeaders: 5 });
    bad('httpValidation', { httpValidation: 'x' });
    bad('both validations', { httpValidation: 'strict', insecureHTTPParser: true });
    bad('maxHeaderSize', { maxHeaderSize: 'x' });
    bad('maxHeaderSize negative', { maxHeaderSize: -1 });
    t.call('url', () => { http.request('nonsense'); });
    t.call('https url', () => { http.request('https://a/'); });
  },
  server_options(t) {
    const bad = (label, options) => t.call(label, () => { http.createServer(options); });
    bad('not an object', 5);
    bad('requestTimeout', { requestTimeout: -1 });
    bad('requestTimeout text', { requestTimeout: 'x' });
    bad('headersTimeout', { headersTimeout: 2, requestTimeout: 1 });
    bad('headersTimeout text', { headersTimeout: 'x' });
    bad('keepAliveTimeout', { keepAliveTimeout: -1 });
    bad('keepAliveTimeoutBuffer', { keepAliveTimeoutBuffer: -1 });
    bad('connectionsCheckingInterval', { connectionsCheckingInterval: -1 });
    bad('maxHeaderSize', { maxHeaderSize: -1 });
    bad('insecureHTTPParser', { insecureHTTPParser: 1 });
    bad('requireHostHeader', { requireHostHeader: 1 });
    bad('joinDuplicateHeaders', { joinDuplicateHeaders: 1 });
    bad('rejectNonStandardBodyWrites', { rejectNonStandardBodyWrites: 1 });
    bad('shouldUpgradeCallback', { shouldUpgradeCallback: 1 });
    bad('httpValidation', { httpValidation: 'x' });
    bad('highWaterMark', { highWaterMark: -1 });
  },
  agent_options(t) {
    const bad = (label, options) => t.call(label, () => { new http.Agent(options); });
    bad('scheduling', { scheduling: 'x' });
    bad('maxTotalSockets', { maxTotalSockets: 0 });
    bad('maxTotalSockets text', { maxTotalSockets: 'x' });
    t('name', new http.Agent().getName(), new http.Agent().getName({ host: 'h', port: 1, localAddress: 'l', family: 4, socketPath: '/s' }));
  },
  async servers_that_cannot_listen(t) {
    for (const server of [http.createServer(), net.createServer()]) {
      server.on('error', (error) => t('error', error.code, error.syscall, error.address, error.message.replace(/:\d+$/, ':<PORT>')));
      t.call('listen', () => { server.listen(0); });
      t.call('again', () => { server.listen(0); });
      await once(server, 'listening');
      t.call('listening', () => { server.listen(0); });
      const other = http.createServer().on('error', (error) => t('other', error.code, error.message.replace(/:\d+$/, ':<PORT>')));
      other.listen(server.address().port, '::');
      await new Promise((resolve) => other.once('error', resolve));
      t('not listening', other.listening, other.address());
      other.listen(0, '203.0.113.7');
      await new Promise((resolve) => other.once('error', resolve));
      await new Promise((resolve) => server.close((error) => { t('closed', error ?? null); resolve(); }));
      await new Promise((resolve) => server.close((error) => { t('closed again', error); resolve(); }));
    }
  },
  validation_functions(t) {
    for (const name of ['fine', '', 'a b', 5]) t.call('name', () => http.validateHeaderName(name));
    t.call('label', () => http.validateHeaderName('a b', 'Label'));
    for (const value of ['fine', 'a\nb', undefined, '\u20ac']) t.call('value', () => http.validateHeaderValue('x', value));
  },
};
