import { exchange } from '../peers.mjs';

const NAMES = ['age', 'authorization', 'content-type', 'etag', 'expires', 'from', 'if-modified-since', 'if-unmodified-since',
  'last-modified', 'location', 'max-forwards', 'proxy-authorization', 'referer', 'retry-after', 'server', 'user-agent',
  'set-cookie', 'cookie', 'connection', 'date', 'upgrade', 'vary', 'origin', 'keep-alive', 'content-disposition',
  'content-encoding', 'range', 'if-range', 'x-own', 'accept', 'via', 'warning', 'link', 'cache-control', 'constructor',
  'if-none-match', 'if-match', 'te', 'trailer', 'dnt', 'sec-websocket-protocol', 'access-control-allow-origin', 'allow'];

const request = (...lines) => ['GET / HTTP/1.1', 'Host: a', ...lines, '', ''].join('\r\n');

const shown = (t, headers) => Object.entries(headers).map(([name, value]) => [name, value]);

function show(t) {
  return (req, res) => {
    t('headers', shown(t, req.headers));
    t('distinct', shown(t, req.headersDistinct));
    t('raw', req.rawHeaders);
    req.resume();
    req.on('end', () => {
      t('trailers', shown(t, req.trailers), shown(t, req.trailersDistinct), req.rawTrailers);
      res.end();
    });
  };
}

const twice = (name) => request(`${name}: 1`, `${name.toUpperCase()}: 2`);
const given = (requests, options = {}) => (t) => exchange(t, { handler: show(t), requests, options });

export const scenarios = {
  ...Object.fromEntries(NAMES.flatMap((name) => [
    [`twice_${name}`, given(twice(name))],
    [`joined_${name}`, given(twice(name), { joinDuplicateHeaders: true })],
  ])),
  two_hosts: given('GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'),
  one_set_cookie: given(request('Set-Cookie: a=1')),
  case_and_space: given(request('X-MiXed:   a b \t ', 'EMPTY:', 'x-latin: \xe9\xff')),
  proto: given(request('__proto__: a', 'x: y')),
  three_times: given(request('x: 1', 'X: 2', 'x: 3', 'set-cookie: 1', 'set-cookie: 2', 'set-cookie: 3', 'cookie: 1', 'cookie: 2', 'cookie: 3')),
  trailers: given(['POST / HTTP/1.1', 'Host: a', 'Transfer-Encoding: chunked', '', '1', 'x', '0', 'X-T: 1', 'x-t: 2', 'ETag: 1', 'etag: 2', 'Set-Cookie: a', '', ''].join('\r\n')),
};
