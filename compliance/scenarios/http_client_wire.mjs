import http from 'node:http';
import net from 'node:net';
import { once } from 'node:events';
import { OK, Peer, ask, mask, rounds } from '../peers.mjs';

const host = '127.0.0.1';
const make = (options, body = (req) => req.end()) => (port) => {
  const req = http.request({ host, port, ...options });
  body(req);
  return req;
};
const endX = (req) => { req.end('x'); };
// A request to another host and port, over a connection to the scenario's server.
const elsewhere = (options) => (port) => http.get({ ...options, createConnection: () => net.connect(port, host) });
const post = (options, body) => make({ method: 'POST', ...options }, body);
const upgraded = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const closing = 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';

// name: [what makes the request, what else is particular]
const cases = {
  get: [make({})],
  get_function: [(port) => http.get({ host, port, path: '/p?q' })],
  url_as_text: [(port) => http.get(`http://${host}:${port}/a/b?c=d#e`)],
  url_and_options: [(port) => http.request(`http://${host}:${port}/a`, { method: 'put', headers: { A: '1' } }).end('x')],
  post_in_pieces: [post({}, (req) => { req.write('a'); req.write('b'); req.end(); })],
  post_at_once: [post({}, (req) => req.end('hello'))],
  post_nothing: [post({})],
  put_nothing: [make({ method: 'PUT' })],
  patch_nothing: [make({ method: 'PATCH' })],
  head: [make({ method: 'HEAD' })],
  delete: [make({ method: 'DELETE' })],
  options: [make({ method: 'OPTIONS' })],
  trace: [make({ method: 'TRACE' })],
  delete_with_a_body: [make({ method: 'DELETE' }, (req) => req.end('x'))],
  get_with_a_body: [make({}, endX)],
  head_with_a_body: [make({ method: 'HEAD' }, endX)],
  options_with_a_body: [make({ method: 'OPTIONS' }, endX)],
  trace_with_a_body: [make({ method: 'TRACE' }, endX)],
  get_in_pieces: [make({}, (req) => { req.write('a'); req.write('b'); req.end(); })],
  get_with_content_length: [make({ headers: { 'Content-Length': '1' } }, endX)],
  delete_with_content_length_0: [make({ method: 'DELETE', headers: { 'Content-Length': 0 } })],
  query: [make({ method: 'QUERY' }, endX)],
  method_of_no_name: [make({ method: '' })],
  delete_chunked: [make({ method: 'DELETE', headers: { 'Transfer-Encoding': 'chunked' } }, (req) => { req.write('a'); req.end(); })],
  own_content_length: [post({ headers: { 'Content-Length': 2 } }, (req) => { req.write('a'); req.end('b'); })],
  flush_headers: [post({}, (req) => { req.flushHeaders(); req.end('x'); })],
  without_content_length: [post({}, (req) => { req.removeHeader('content-length'); req.end('x'); })],
  auth_in_the_url: [(port) => http.get(new URL(`http://u:p%40@${host}:${port}/p`))],
  auth_option: [make({ auth: 'u:p' })],
  auth_that_is_not_ascii: [make({ auth: '\u00fc:\u20ac' })],
  auth_without_a_password: [make({ auth: 'u' })],
  auth_beside_an_own_header: [make({ auth: 'u:p', headers: { authorization: 'own' } })],
  auth_without_default_headers: [make({ auth: 'u:p', setDefaultHeaders: false })],
  headers_keep_case_and_order: [make({ headers: { 'X-Foo': '1', 'content-TYPE': 't/p', accept: '*/*' } })],
  header_arrays: [make({ headers: { 'X-A': ['1', '2'], Cookie: ['a=1', 'b=2'], 'Set-Cookie': ['c', 'd'] } })],
  flat_array_of_headers: [make({ headers: ['Host', 'h', 'X-A', '1', 'x-a', '2'] })],
  flat_array_post: [post({ headers: ['Host', 'h'] }, (req) => req.end('body'))],
  pairs_of_headers: [make({ headers: [['Host', 'h'], ['X-A', '1'], ['x-a', '2'], ['X-B', ['3', '4']]] })],
  pairs_of_headers_post: [post({ headers: [['Host', 'h'], ['Content-Length', '1']] }, endX)],
  flat_array_that_is_empty: [make({ headers: [] })],
  flat_array_that_closes: [make({ headers: ['Host', 'h', 'Connection', 'close'] }), { reply: closing }],
  flat_array_and_auth: [make({ headers: ['Host', 'h'], auth: 'u:p' })],
  flat_array_chunked: [post({ headers: ['Transfer-Encoding', 'chunked'] }, endX)],
  header_values_of_other_types: [make({ headers: { 'X-N': 5, 'X-T': true, 'X-Z': 0, 'X-F': 1.5 } })],
  header_value_that_is_empty: [make({ headers: { 'X-Empty': '' } })],
  cookie_of_one: [make({ headers: { Cookie: ['a=1'] } })],
  cookies_sent_as_lines: [make({ headers: ['Cookie', 'a=1', 'Cookie', 'b=2'] })],
  unique_headers: [make({ uniqueHeaders: ['x-a', 'X-B'], headers: { 'X-A': ['1', '2'], 'x-b': ['3', '4'] } })],
  no_host: [make({ setHost: false })],
  no_host_but_an_own_one: [make({ setHost: false, headers: { Host: 'own' } })],
  no_default_headers_but_host: [make({ setDefaultHeaders: false, setHost: true })],
  no_default_headers_and_own_ones: [make({ setDefaultHeaders: false, headers: { 'X-A': '1', Connection: 'x' } })],
  no_default_headers_chunked: [post({ setDefaultHeaders: false, headers: { 'Transfer-Encoding': 'chunked' } }, endX)],
  no_default_headers_with_a_length: [post({ setDefaultHeaders: false, headers: { 'Content-Length': 1 } }, endX)],
  no_default_headers: [make({ setDefaultHeaders: false })],
  no_default_headers_post: [post({ setDefaultHeaders: false }, (req) => req.end('x'))],
  own_host: [make({ headers: { HOST: 'other' } })],
  own_host_that_is_empty: [make({ headers: { Host: '' } })],
  hostname_comes_before_host: [make({ hostname: host, host: 'nowhere.invalid' })],
  port_as_text: [(port) => http.get({ host, port: String(port) })],
  port_of_the_agent: [(port) => http.get({ host, port, agent: new http.Agent({ keepAlive: true, defaultPort: port }) })],
  default_port_that_is_the_port: [(port) => http.get({ host, port, defaultPort: port })],
  another_host: [elsewhere({ host: 'ex.com' })],
  an_ipv6_address: [elsewhere({ host: '::1', port: 8080 })],
  an_ipv6_address_in_brackets: [elsewhere({ host: '[::1]', port: 8080 })],
  an_ipv6_address_and_the_default_port: [elsewhere({ host: '::1', defaultPort: 80 })],
  another_host_and_the_default_port: [elsewhere({ host: 'ex.com', defaultPort: 80 })],
  path_and_query: [make({ path: '/a?b=c&d=%20#e' })],
  path_of_a_proxy_request: [make({ path: 'http://ex.com/' })],
  path_that_is_latin1: [make({ path: '/\u00e9' })],
  path_that_is_a_star: [make({ method: 'OPTIONS', path: '*' })],
  path_set_later: [make({}, (req) => { req.path = '/later'; req.end(); })],
  method_set_later: [make({}, (req) => { req.method = 'PURGE'; req.end(); })],
  relaxed_header_values: [make({ httpValidation: 'relaxed', headers: { 'X-C': 'a\u0001b\u007f' } })],
  insecure_header_values: [make({ httpValidation: 'insecure', headers: { 'X-C': 'a\u0001b' } })],
  insecure_parser_and_header_values: [make({ insecureHTTPParser: true, headers: { 'X-C': 'a\u0001b' } })],
  remove_connection: [make({}, (req) => { req.removeHeader('connection'); req.end(); })],
  remove_transfer_encoding: [post({}, (req) => { req.removeHeader('transfer-encoding'); req.write('x'); req.end(); })],
  remove_host: [make({}, (req) => { req.removeHeader('host'); req.end(); })],
  set_many_headers: [make({}, (req) => {
    req.setHeaders(new Map([['X-A', '1'], ['X-B', ['2', '3']]]));
    req.appendHeader('X-A', '4');
    req.end();
  })],
  without_chunks_by_default: [post({}, (req) => { req.useChunkedEncodingByDefault = false; req.write('a'); req.end(); })],
  not_to_be_kept_alive: [make({}, (req) => { req.shouldKeepAlive = false; req.end(); })],
  with_a_date: [make({}, (req) => { req.sendDate = true; req.end(); })],
  own_transfer_encoding: [post({ headers: { 'Transfer-Encoding': 'chunked' } }, endX)],
  another_transfer_encoding: [post({ headers: { 'Transfer-Encoding': 'gzip' } }, endX)],
  own_transfer_encoding_and_nothing: [post({ headers: { 'Transfer-Encoding': 'chunked' } })],
  own_keep_alive: [make({ headers: { 'Keep-Alive': 'timeout=9', Connection: 'keep-alive' } })],
  connection_close: [make({ headers: { Connection: 'close' } }), { reply: closing }],
  agent_false: [make({ agent: false })],
  new_agent: [make({ agent: new http.Agent() })],
  agent_with_max_sockets: [make({ agent: new http.Agent({ maxSockets: 1 }) })],
  agent_keep_alive: [make({ agent: new http.Agent({ keepAlive: true }) })],
  agent_that_does_not_keep: [make({ agent: new http.Agent({ keepAlive: false }) })],
  create_connection: [make({ createConnection: (options) => net.connect(options) })],
  expect_continue: [post({ headers: { Expect: '100-continue', 'Content-Length': 2 } }, (req) => req.on('continue', () => req.end('hi'))),
    { interim: 'HTTP/1.1 100 Continue\r\n\r\n' }],
  trailers: [post({ headers: { Trailer: 'X-T' } }, (req) => { req.write('a'); req.addTrailers({ 'X-T': 'v' }); req.end(); })],
  several_trailers: [post({ headers: { Trailer: 'X-T, X-U' } }, (req) => {
    req.write('a');
    req.addTrailers([['X-T', 'v'], ['X-U', 'w']]);
    req.end('b');
  })],
  expect_without_a_body: [post({ headers: { Expect: '100-continue' } })],
  flushed_before_the_body: [post({}, (req) => { req.flushHeaders(); req.flushHeaders(); req.write('a'); req.end(); })],
  flushed_get: [make({}, (req) => { req.flushHeaders(); req.end(); })],
  upgrade: [make({ headers: { Connection: 'Upgrade', Upgrade: 'websocket' } },
    (req) => { req.on('upgrade', (res, socket) => socket.destroy()); req.end(); }), { reply: upgraded }],
  connect: [make({ method: 'CONNECT', path: 'ex:1' },
    (req) => { req.on('connect', (res, socket) => socket.destroy()); req.end(); })],
  default_port_of_another_agent: [make({ defaultPort: 81 })],
  latin1_header: [make({ headers: { 'X-E': '\u00e9' } })],
  latin1_header_with_text: [post({ headers: { 'X-E': '\u00e9' } }, (req) => req.end('x'))],
  text_of_two_bytes: [post({}, (req) => req.end('\u00e9'))],
  encodings: [post({}, (req) => { req.write('6162', 'hex'); req.end('YQ==', 'base64'); })],
  corked: [post({}, (req) => { req.cork(); req.write('a'); req.write('b'); req.uncork(); req.end(); })],
  lower_case_method: [make({ method: 'put' })],
  set_header_later: [make({}, (req) => { req.setHeader('X-A', '1'); req.setHeader('Host', 'other'); req.end(); })],
  own_connection_and_length: [post({ headers: { connection: 'keep-alive', 'content-length': '1' } }, (req) => req.end('x'))],
  a_response_that_closes: [make({}), { reply: closing }],
  an_interim_response: [make({}, (req) => req.end()), { reply: 'HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n' }],
};

// Two requests; what each connection got, and whether the second request came over the first one's.
const oneAfterTheOther = (options) => async (t) => {
  const agent = new http.Agent(options);
  const server = net.createServer({ allowHalfOpen: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  const peers = [];
  for (let number = 0; number < 2; number++) {
    const accepted = once(server, 'connection');
    const req = http.get({ host, port, agent, path: `/${number}` });
    req.on('response', (res) => res.resume());
    req.on('socket', () => t('socket', req.reusedSocket));
    if (number === 0 || !options.keepAlive) peers.push(new Peer((await accepted)[0]));
    const peer = peers.at(-1);
    await peer.until(() => peer.text.includes(`/${number} `) && peer.text.endsWith('\r\n\r\n'));
    peer.send(OK);
    await once(req, 'close');
    await rounds();
  }
  agent.destroy();
  for (const peer of peers) {
    await peer.end();
    peer.destroy();
    t('bytes', mask(peer.text, port));
  }
  server.close();
};

export const scenarios = {
  ...Object.fromEntries(
    Object.entries(cases).map(([name, [makes, more = {}]]) => [name, (t) => ask(t, { make: makes, ...more })])),
  a_kept_socket_serves_the_next_request: oneAfterTheOther({ keepAlive: true }),
  a_socket_that_is_not_kept_serves_one_request: oneAfterTheOther({ keepAlive: false }),
};
