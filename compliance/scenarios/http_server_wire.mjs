import events from 'node:events';
import { exchange, GET } from '../peers.mjs';

const request = (line, ...fields) => [line, 'Host: a', ...fields, '', ''].join('\r\n');
const HEAD = request('HEAD / HTTP/1.1');
const CLOSE = request('GET / HTTP/1.1', 'Connection: close');
const OLD = 'GET / HTTP/1.0\r\n\r\n';
const OLD_ALIVE = 'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n';

// name: [handler, what else is particular]
const cases = {
  end_with_text: [(req, res) => res.end('x')],
  end_alone: [(req, res) => res.end()],
  write_and_end: [(req, res) => { res.write('a'); res.end('b'); }],
  request_asks_to_close: [(req, res) => res.end('x'), { requests: CLOSE }],
  request_asks_to_close_chunked: [(req, res) => { res.write('a'); res.end('b'); }, { requests: CLOSE }],
  chunk_size_in_hex: [(req, res) => { res.write('a'.repeat(26)); res.end(); }],
  corked_chunks: [(req, res) => { res.write('0'); res.cork(); res.write('a'); res.write('b'); res.uncork(); res.end(); }],
  own_content_length: [(req, res) => { res.setHeader('Content-Length', 2); res.write('a'); res.end('b'); }],
  own_transfer_encoding: [(req, res) => { res.setHeader('Transfer-Encoding', 'chunked'); res.end('x'); }],
  own_headers_keep_case_and_order: [(req, res) => { res.setHeader('X-Foo', '1'); res.setHeader('content-TYPE', 'text/plain'); res.end('x'); }],
  header_arrays: [(req, res) => {
    res.setHeader('Set-Cookie', ['a=1', 'b=2']); res.setHeader('X-A', ['1', '2']); res.setHeader('Cookie', ['a=1', 'b=2']); res.end('x');
  }],
  unique_headers: [(req, res) => { res.setHeader('X-A', ['1', '2']); res.end('x'); }, { options: { uniqueHeaders: ['x-a'] } }],
  append_header: [(req, res) => { res.setHeader('X-A', '1'); res.appendHeader('x-a', '2'); res.appendHeader('X-B', ['3', '4']); res.end('x'); }],
  write_head_alone: [(req, res) => { res.writeHead(200); res.end(); }],
  write_head_with_a_flat_array: [(req, res) => { res.writeHead(200, ['X-A', '1', 'x-a', '2', 'Content-Type', 't/p']); res.end('x'); }],
  write_head_with_pairs: [(req, res) => { res.writeHead(200, [['X-A', '1'], ['x-a', '2'], ['Content-Type', 't/p']]); res.end('x'); }],
  write_head_array_after_set_header: [(req, res) => {
    res.setHeader('X-A', '0'); res.setHeader('X-Z', 'z'); res.writeHead(200, ['X-A', '1', 'x-a', '2']); res.end('x');
  }],
  write_head_mapping_after_set_header: [(req, res) => {
    res.setHeader('X-A', '0'); res.setHeader('X-Z', 'z'); res.writeHead(200, { 'x-a': '1', b: '2' }); res.end('x');
  }],
  write_head_with_a_reason: [(req, res) => { res.writeHead(201, 'Yo', { A: '1' }); res.end('x'); }],
  status_code_alone: [(req, res) => { res.statusCode = 404; res.end('x'); }],
  status_message: [(req, res) => { res.statusCode = 404; res.statusMessage = 'Gone fishing'; res.end('x'); }],
  unknown_status: [(req, res) => { res.statusCode = 599; res.end('x'); }],
  flush_headers: [(req, res) => { res.flushHeaders(); res.end('x'); }],
  write_head_then_end: [(req, res) => { res.writeHead(200); res.end('x'); }],
  without_content_length: [(req, res) => { res.removeHeader('Content-Length'); res.end('x'); }],
  head_end: [(req, res) => res.end('x'), { requests: HEAD, bodiless: true }],
  head_end_alone: [(req, res) => res.end(), { requests: HEAD, bodiless: true }],
  head_write: [(req, res) => { res.write('a'); res.end('b'); }, { requests: HEAD, bodiless: true }],
  head_own_content_length: [(req, res) => { res.writeHead(200, { 'Content-Length': 5 }); res.end(); }, { requests: HEAD, bodiless: true }],
  status_204: [(req, res) => { res.statusCode = 204; res.end('x'); }],
  status_304: [(req, res) => { res.statusCode = 304; res.end('x'); }],
  status_304_chunked: [(req, res) => { res.statusCode = 304; res.setHeader('Transfer-Encoding', 'chunked'); res.end('x'); }],
  http_1_0: [(req, res) => res.end('x'), { requests: OLD }],
  http_1_0_keep_alive: [(req, res) => res.end('x'), { requests: OLD_ALIVE }],
  http_1_0_keep_alive_with_length: [(req, res) => { res.setHeader('Content-Length', 1); res.end('x'); }, { requests: OLD_ALIVE }],
  http_1_0_write: [(req, res) => { res.write('a'); res.end('b'); }, { requests: OLD }],
  http_1_0_te_chunked: [(req, res) => { res.write('a'); res.end('b'); }, { requests: 'GET / HTTP/1.0\r\nTE: chunked\r\n\r\n' }],
  http_0_9: [(req, res) => res.end('x'), { requests: 'GET /\r\n\r\n' }],
  http_2_0: [(req, res) => res.end('x'), { requests: request('GET / HTTP/2.0') }],
  response_closes: [(req, res) => { res.setHeader('Connection', 'close'); res.end('x'); }],
  own_keep_alive: [(req, res) => { res.setHeader('Keep-Alive', 'timeout=9'); res.end('x'); }],
  keep_alive_timeout_of_zero: [(req, res) => res.end('x'), { options: { keepAliveTimeout: 0 } }],
  keep_alive_timeout_in_whole_seconds: [(req, res) => res.end('x'), { options: { keepAliveTimeout: 1500 } }],
  no_date: [(req, res) => { res.sendDate = false; res.end('x'); }],
  remove_date: [(req, res) => { res.removeHeader('Date'); res.end('x'); }],
  remove_connection: [(req, res) => { res.removeHeader('Connection'); res.end('x'); }],
  remove_transfer_encoding: [(req, res) => { res.removeHeader('Transfer-Encoding'); res.write('a'); res.end('x'); }],
  remove_both: [(req, res) => { res.removeHeader('Transfer-Encoding'); res.removeHeader('Content-Length'); res.end('x'); }],
  trailers: [(req, res) => { res.writeHead(200, { Trailer: 'X-T' }); res.write('a'); res.addTrailers({ 'X-T': 'v' }); res.end(); }],
  trailers_as_pairs: [(req, res) => { res.write('a'); res.addTrailers([['X-T', 'v'], ['X-U', ['1', '2']]]); res.end('b'); }],
  trailers_without_chunks: [(req, res) => { res.addTrailers({ 'X-T': 'v' }); res.end('x'); }],
  trailer_header_makes_chunks: [(req, res) => { res.setHeader('Trailer', 'X-T'); res.addTrailers({ 'X-T': 'v' }); res.end('x'); }],
  write_continue: [(req, res) => { res.writeContinue(); res.end('x'); }],
  expect_continue: [(req, res) => res.end('x'), { requests: request('POST / HTTP/1.1', 'Expect: 100-continue', 'Content-Length: 0') }],
  early_hints: [(req, res) => {
    res.writeEarlyHints({ link: ['</s.css>; rel=preload; as=style', '</j.js>; rel=preload; as=script'], 'x-trace-id': 'id' });
    res.writeEarlyHints({ link: [] });
    res.end('x');
  }],
  information_and_processing: [(req, res) => { res.writeInformation(110, { 'X-P': '1' }); res.writeProcessing(); res.end('x'); }],
  check_continue_refused: [null, {
    requests: request('POST / HTTP/1.1', 'Expect: 100-continue', 'Content-Length: 2'),
    setup: (server) => server.on('checkContinue', (req, res) => { res.writeHead(401); res.end(); }),
  }],
  unknown_expectation: [(req, res) => res.end('x'), { requests: request('GET / HTTP/1.1', 'Expect: foo') }],
  check_expectation: [null, {
    requests: request('GET / HTTP/1.1', 'Expect: foo'),
    setup: (server) => server.on('checkExpectation', (req, res) => res.end('mine')),
  }],
  no_host: [(req, res) => res.end('x'), { requests: 'GET / HTTP/1.1\r\n\r\n' }],
  no_host_required: [(req, res) => res.end('x'), { requests: 'GET / HTTP/1.1\r\n\r\n', options: { requireHostHeader: false } }],
  two_pipelined_of_one_allowed: [(req, res) => res.end('x'), { requests: GET + GET, responses: 2, setup: (server) => { server.maxRequestsPerSocket = 1; } }],
  two_pipelined_of_two_allowed: [(req, res) => res.end('x'), { requests: GET + GET, responses: 2, setup: (server) => { server.maxRequestsPerSocket = 2; } }],
  pipelined_responses_stay_in_order: [(req, res) => {
    if (req.url === '/slow') setImmediate(() => res.end('slow')); else res.end('fast');
  }, { requests: request('GET /slow HTTP/1.1') + GET, responses: 2 }],
  pipelined_after_close: [(req, res) => res.end('x'), { requests: CLOSE + GET }],
  an_unread_body_is_skipped: [(req, res) => res.end(req.method), {
    requests: request('POST / HTTP/1.1', 'Content-Length: 5') + 'hello' + GET, responses: 2,
  }],
  destroyed_after_write: [(req, res) => { res.write('a'); setImmediate(() => setImmediate(() => res.destroy())); }],
  text_of_two_bytes: [(req, res) => res.end('\u00e9')],
  latin1_header_with_text: [(req, res) => { res.setHeader('X-E', '\u00e9'); res.end('x'); }],
  latin1_header_with_bytes: [(req, res) => { res.setHeader('X-E', '\u00e9'); res.end(Buffer.from('x')); }],
  latin1_header_with_write: [(req, res) => { res.setHeader('X-E', '\u00e9'); res.write('x'); res.end(); }],
  latin1_header_alone: [(req, res) => { res.setHeader('X-E', '\u00e9'); res.end(); }],
  content_disposition: [(req, res) => { res.setHeader('Content-Disposition', 'attachment; filename="\u00e9"'); res.end('x'); }],
  encodings_of_write: [(req, res) => { res.write('6162', 'hex'); res.write('\u00e9', 'latin1'); res.end('YQ==', 'base64'); }],
  empty_writes: [(req, res) => { res.write(''); res.write('a'); res.write(Buffer.alloc(0)); res.end(''); }],
  header_values_become_text: [(req, res) => { res.setHeader('A', 5); res.setHeader('B', true); res.setHeader('C', null ?? 'c'); res.end('x'); }],
  an_echo: [(req, res) => { req.pipe(res); }, { requests: request('POST / HTTP/1.1', 'Content-Length: 5') + 'hello' }],
  a_chunked_echo: [(req, res) => { req.pipe(res); }, {
    requests: request('POST / HTTP/1.1', 'Transfer-Encoding: chunked') + '3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n',
  }],
  an_upgrade_nobody_takes: [(req, res) => res.end('x'), { requests: request('GET / HTTP/1.1', 'Connection: Upgrade', 'Upgrade: foo') }],
  a_connect_nobody_takes: [(req, res) => res.end('x'), { requests: 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n' }],
  an_upgrade: [null, {
    requests: request('GET / HTTP/1.1', 'Connection: Upgrade', 'Upgrade: foo') + 'first',
    setup: (server) => server.on('upgrade', (req, socket, head) => {
      socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: foo\r\n\r\n' + head);
    }),
  }],
  a_connect: [null, {
    requests: 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\nfirst',
    setup: (server) => server.on('connect', (req, socket, head) => socket.end(`HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n${req.url}${head}`)),
  }],
  malformed: [(req, res) => res.end('x'), { requests: 'BLAH\r\n\r\n' }],
  malformed_behind_another: [(req, res) => res.end('x'), { requests: GET + 'BLAH\r\n\r\n', responses: 2 }],
  early_end: [(req, res) => res.end('x'), { requests: 'GET / HTTP/1.1\r\nHost', fin: true }],
  early_end_in_a_body: [null, { requests: request('POST / HTTP/1.1', 'Content-Length: 5') + 'ab', fin: true }],
  head_too_long: [(req, res) => res.end('x'), { requests: request('GET / HTTP/1.1', `A: ${'a'.repeat(17000)}`) }],
  head_too_long_for_an_option: [
    (req, res) => res.end('x'), { requests: request('GET / HTTP/1.1', `A: ${'a'.repeat(100)}`), options: { maxHeaderSize: 64 } },
  ],
  too_many_headers: [
    (req, res) => res.end('x'),
    { requests: request('GET / HTTP/1.1', 'A: 1', 'B: 2', 'C: 3'), setup: (server) => { server.maxHeadersCount = 2; } },
  ],
  chunk_extensions_too_long: [
    null, { requests: request('POST / HTTP/1.1', 'Transfer-Encoding: chunked') + `1;${'a'.repeat(17000)}\r\nx\r\n0\r\n\r\n` },
  ],
  headers_timeout: [null, { requests: 'GET / HTTP/1.1\r\n', options: { headersTimeout: 30, connectionsCheckingInterval: 10 } }],
  request_timeout: [
    null,
    {
      requests: request('POST / HTTP/1.1', 'Content-Length: 5') + 'ab',
      options: { headersTimeout: 30, requestTimeout: 30, connectionsCheckingInterval: 10 },
    },
  ],
};

async function captured(t) {
  events.captureRejections = true;
  try {
    await exchange(t, { handler: async () => { throw new Error('mine'); } });
  } finally {
    events.captureRejections = false;
  }
}

export const scenarios = {
  ...Object.fromEntries(Object.entries(cases).map(([name, [handler, more = {}]]) => [name, (t) => exchange(t, { handler, ...more })])),
  a_rejection_that_is_captured: captured,
};
