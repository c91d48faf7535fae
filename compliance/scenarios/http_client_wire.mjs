import http from 'node:http';
import net from 'node:net';
import { ask } from '../peers.mjs';

const host = '127.0.0.1';
const make = (options, body = (req) => req.end()) => (port) => {
  const req = http.request({ host, port, ...options });
  body(req);
  return req;
};
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
  get_with_a_body: [make({}, (req) => req.end('x'))],
  delete_chunked: [make({ method: 'DELETE', headers: { 'Transfer-Encoding': 'chunked' } }, (req) => { req.write('a'); req.end(); })],
  own_content_length: [post({ headers: { 'Content-Length': 2 } }, (req) => { req.write('a'); req.end('b'); })],
  flush_headers: [post({}, (req) => { req.flushHeaders(); req.end('x'); })],
  without_content_length: [post({}, (req) => { req.removeHeader('content-length'); req.end('x'); })],
  auth_in_the_url: [(port) => http.get(new URL(`http://u:p%40@${host}:${port}/p`))],
  auth_option: [make({ auth: 'u:p' })],
  headers_keep_case_and_order: [make({ headers: { 'X-Foo': '1', 'content-TYPE': 't/p', accept: '*/*' } })],
  header_arrays: [make({ headers: { 'X-A': ['1', '2'], Cookie: ['a=1', 'b=2'], 'Set-Cookie': ['c', 'd'] } })],
  flat_array_of_headers: [make({ headers: ['Host', 'h', 'X-A', '1', 'x-a', '2'] })],
  flat_array_post: [post({ headers: ['Host', 'h'] }, (req) => req.end('body'))],
  no_host: [make({ setHost: false })],
  no_default_headers: [make({ setDefaultHeaders: false })],
  no_default_headers_post: [post({ setDefaultHeaders: false }, (req) => req.end('x'))],
  own_host: [make({ headers: { HOST: 'other' } })],
  remove_connection: [make({}, (req) => { req.removeHeader('connection'); req.end(); })],
  remove_transfer_encoding: [post({}, (req) => { req.removeHeader('transfer-encoding'); req.write('x'); req.end(); })],
  connection_close: [make({ headers: { Connection: 'close' } }), { reply: closing }],
  agent_false: [make({ agent: false })],
  new_agent: [make({ agent: new http.Agent() })],
  agent_with_max_sockets: [make({ agent: new http.Agent({ maxSockets: 1 }) })],
  agent_keep_alive: [make({ agent: new http.Agent({ keepAlive: true }) })],
  create_connection: [make({ createConnection: (options) => net.connect(options) })],
  expect_continue: [post({ headers: { Expect: '100-continue', 'Content-Length': 2 } }, (req) => req.on('continue', () => req.end('hi'))),
    { interim: 'HTTP/1.1 100 Continue\r\n\r\n' }],
  trailers: [post({ headers: { Trailer: 'X-T' } }, (req) => { req.write('a'); req.addTrailers({ 'X-T': 'v' }); req.end(); })],
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

export const scenarios = Object.fromEntries(
  Object.entries(cases).map(([name, [makes, more = {}]]) => [name, (t) => ask(t, { make: makes, ...more })]));
