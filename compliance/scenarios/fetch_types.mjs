// Headers, Request, Response and their bodies.

import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { CompressionStream, DecompressionStream, ReadableStream, TransformStream, WritableStream } from 'node:stream/web';
import { inspect } from 'node:util';

const TABLES = JSON.parse(readFileSync(new URL('fetch_types.json', import.meta.url), 'utf8'));

const PROPERTIES = [
  'method', 'url', 'destination', 'referrer', 'referrerPolicy', 'mode', 'credentials', 'cache', 'redirect', 'integrity', 'keepalive',
  'isReloadNavigation', 'isHistoryNavigation', 'duplex', 'type', 'status', 'ok', 'statusText', 'redirected', 'bodyUsed',
];

const shown = (value) => inspect(value, { breakLength: Infinity });

const octets = (text) => new TextEncoder().encode(text);

// What an action throws, and because of what.
function attempt(t, label, action) {
  try {
    return action();
  } catch (error) {
    t(`${label} throws`, error);
    if (error.cause?.code) t('because of', error.cause);
  }
}

async function outcome(t, label, promise) {
  try {
    t(label, await promise);
  } catch (error) {
    t(`${label} rejects`, error);
    if (error?.cause?.message) t('because of', error.cause);
  }
}

function describe(t, label, message) {
  for (const name of PROPERTIES) if (name in message) t(`${label} ${name}`, message[name]);
  t(`${label} headers`, [...message.headers]);
  t(`${label} has a body`, message.body !== null);
}

const round = () => new Promise((resolve) => setImmediate(resolve));

async function rounds(count) {
  for (let i = 0; i < count; i++) await round();
}

const post = (body, more) => new Request('http://a/', { method: 'POST', body, duplex: 'half', ...more });

const streamOf = (...chunks) => new ReadableStream({
  start(controller) {
    for (const chunk of chunks) controller.enqueue(chunk);
    controller.close();
  },
});

async function* items(...values) { yield* values; }

async function* failing(error, ...values) {
  yield* values;
  throw error;
}

async function* watched(t, ...values) {
  try {
    yield* values;
  } finally {
    t('the generator is closed');
  }
}

// What a body can be made of, by what it is called.
const BODIES = {
  string: () => 'h\u00e9',
  nothing: () => '',
  surrogates: () => '\ud83d\ude00\ud800',
  bytes: () => octets('ab'),
  no_bytes: () => octets(''),
  buffer: () => Buffer.from('ab'),
  number: () => 5,
  boolean: () => false,
  object: () => ({ a: 1 }),
  blob: () => new Blob(['xy']),
  typed_blob: () => new Blob(['xy', 'z'], { type: 'A/B;c=D' }),
  empty_blob: () => new Blob([]),
  file: () => new File(['xy'], 'name', { type: 'text/x' }),
  params: () => new URLSearchParams([['a', '1 2'], ['\u00e9', '&']]),
  web: () => streamOf(octets('ab'), octets('c')),
  empty_web: () => streamOf(),
  readable: () => Readable.from(['ab', Buffer.from('c')]),
  encoded_readable: () => Readable.from([Buffer.from([0xc3]), Buffer.from([0xa9])], { objectMode: false }).setEncoding('utf8'),
  async: () => items('ab', octets('c'), '', octets(''), Buffer.from('d')),
  empty_async: () => items(),
};

const each = (table, row) => async (t) => {
  for (const [index, value] of TABLES[table].entries()) {
    t('row', index);
    await row(t, value);
  }
};

export const scenarios = {
  headers_of: each('headers_of', (t, init) => {
    const headers = attempt(t, 'Headers', () => new Headers(init));
    if (headers) {
      t('entries', [...headers]);
      t('repr', shown(headers));
      t('again', [...new Headers(headers)], shown(new Headers([...headers])));
    }
  }),
  headers_calls: each('headers_calls', (t, calls) => {
    const headers = new Headers([['A', '1'], ['Set-Cookie', 'x'], ['cookie', 'c=1'], ['Cookie', 'c=2'], ['set-cookie', 'y'], ['empty', '']]);
    for (const [name, ...args] of calls) t.call(name, () => headers[name](...args));
    t('entries', [...headers]);
    t('repr', shown(headers));
  }),
  headers_iteration(t) {
    const headers = new Headers([['b', '1'], ['a', '2'], ['set-cookie', 'x'], ['Set-Cookie', 'y'], ['B', '3']]);
    t('keys', [...headers.keys()]);
    t('values', [...headers.values()]);
    t('entries', [...headers.entries()]);
    headers.forEach((value, name, all) => t('each', value, name, all === headers));
    t('undefined', [...new Headers(undefined)]);
    t('a map', [...new Headers(new Map([['a', '1']]))]);
    t('a generator', [...new Headers((function* () { yield ['x', 'y']; })())]);
    const cookies = headers.getSetCookie();
    cookies.push('z');
    t('a copy', headers.getSetCookie());
    const iterator = headers.keys();
    t('itself', iterator[Symbol.iterator]() === iterator);
  },
  headers_changed_meanwhile(t) {
    const grows = new Headers({ b: '1', d: '2' });
    for (const [name, value] of grows) {
      t('grows', name, value);
      if (name === 'b') grows.set('c', '5');
      if (name === 'c') grows.append('e', '6');
    }
    const shrinks = new Headers({ a: '1', b: '2', c: '3' });
    for (const name of shrinks.keys()) {
      t('shrinks', name);
      shrinks.delete(name);
    }
    const before = new Headers({ b: '1' });
    let left = 3;
    for (const [name] of before) {
      t('before', name);
      if (left-- > 0) before.set(`a${left}`, '1');
    }
    const cookies = new Headers([['set-cookie', '1']]);
    for (const value of cookies.values()) {
      t('cookie', value);
      if (value < 3) cookies.append('set-cookie', String(Number(value) + 1));
    }
  },
  immutable_headers(t) {
    for (const [label, make] of [
      ['error', () => Response.error()], ['redirect', () => Response.redirect('http://a/')], ['clone', () => Response.error().clone()],
    ]) {
      const { headers } = make();
      t.call(`${label} set`, () => headers.set('a', '1'));
      t.call(`${label} append`, () => headers.append('a', '1'));
      t.call(`${label} delete`, () => headers.delete('a'));
      t.call(`${label} bad name`, () => headers.append('a b', '1'));
      t.call(`${label} bad value`, () => headers.set('a', '1\n2'));
      t.call(`${label} get`, () => headers.get('location'));
      t(`${label} copy`, [...new Headers(headers)]);
      t.call(`${label} set of a copy`, () => new Headers(headers).set('a', '1'));
    }
  },
  urls: each('urls', (t, url) => {
    const request = attempt(t, 'Request', () => new Request(url));
    if (request) t('url', request.url);
  }),
  url_objects(t) {
    t('URL', new Request(new URL('http://a/b?c#d')).url, Response.redirect(new URL('http://a/b')).headers.get('location'));
    t('object', new Request({ toString: () => 'http://q' }).url);
  },
  methods: each('methods', (t, method) => {
    const request = attempt(t, 'Request', () => new Request('http://a/', { method }));
    if (request) t('method', request.method);
  }),
  request_inits: each('request_inits', (t, init) => {
    const request = attempt(t, 'Request', () => new Request('http://a/', init));
    if (request) {
      describe(t, 'request', request);
      t('repr', shown(request));
    }
  }),
  requests_of_requests: each('requests_of_requests', async (t, [first, second]) => {
    const input = new Request('http://a/#f', first);
    const request = attempt(t, 'Request', () => new Request(input, second));
    t('input used', input.bodyUsed);
    if (!request) return;
    describe(t, 'request', request);
    await outcome(t, 'text', request.text());
    await outcome(t, 'text of the input', input.text());
  }),
  async requests_from_other_options(t) {
    const other = new Request('http://b/', { method: 'POST', body: 'x', headers: { a: '1' }, redirect: 'error', credentials: 'omit' });
    const request = new Request('http://a/', other);
    describe(t, 'request', request);
    t('other used', other.bodyUsed, other.body.locked);
    await outcome(t, 'text', request.text());
    const response = new Response('x', new Response('y', { status: 201, statusText: 'hey', headers: { a: 'b' } }));
    describe(t, 'response', response);
  },
  async request_headers_are_its_own(t) {
    const first = new Request('http://a/', { headers: { a: '1' } });
    const second = new Request(first);
    const third = first.clone();
    second.headers.set('a', '2');
    third.headers.set('a', '3');
    t('headers', first.headers.get('a'), second.headers.get('a'), third.headers.get('a'), first.headers === first.headers);
    const headers = new Headers({ a: '1' });
    const request = new Request('http://a/', { headers });
    headers.set('a', '2');
    t('copied', request.headers.get('a'));
  },
  async request_bodies_move(t) {
    const input = post('x');
    const { body } = input;
    const request = new Request(input);
    t('input', input.body === body, input.bodyUsed, body.locked);
    t('request', request.body === body, request.bodyUsed, request.body.locked);
    await outcome(t, 'text of the input', input.text());
    t.call('clone of the input', () => { input.clone(); });
    t.call('request of the input', () => { new Request(input); });
    t('with a body', await new Request(input, { body: 'y' }).text());
    await outcome(t, 'text', request.text());
    t.call('request of a read one', () => { new Request(request); });
    const moved = new Request(post(streamOf(octets('ab'), octets('c'))));
    await outcome(t, 'a stream', moved.text());
    const failed = new Request(post(failing(new Error('boom'), 'a')));
    await outcome(t, 'a failure', failed.text());
    const locked = post('x');
    locked.body.getReader();
    t.call('request of a locked one', () => { new Request(locked); });
    t('not taken', post('x').bodyUsed);
    const refused = post('x');
    t.call('a refusal', () => { new Request(refused, { method: 'GET' }); });
    t('is not used', refused.bodyUsed);
  },
  request_streams(t) {
    for (const [label, make] of [['web', BODIES.web], ['readable', BODIES.readable], ['async', BODIES.async]]) {
      t.call(`${label} without duplex`, () => { new Request('http://a/', { method: 'POST', body: make() }); });
      t.call(`${label} with duplex`, () => new Request('http://a/', { method: 'POST', body: make(), duplex: 'half' }).duplex);
      t.call(`${label} with keepalive`, () => { post(make(), { keepalive: true }); });
      t.call(`${label} without cors`, () => { post(make(), { mode: 'no-cors' }); });
      t.call(`${label} with get`, () => { post(make(), { method: 'GET' }); });
      t.call(`${label} of a request`, () => new Request(post(make())).duplex);
    }
    const locked = streamOf();
    locked.getReader();
    t.call('locked', () => { post(locked); });
    t.call('locked, with get', () => { post(locked, { method: 'GET' }); });
  },
  async request_clones(t) {
    const request = post('x', { headers: { A: '1' }, redirect: 'error', referrer: 'http://r/', referrerPolicy: 'origin', integrity: 'i' });
    const clone = request.clone();
    describe(t, 'clone', clone);
    t('repr', shown(clone));
    t('same', clone.signal === request.signal, clone.headers === request.headers, clone.body === request.body);
    await outcome(t, 'text', request.text());
    await outcome(t, 'text of the clone', clone.text());
    t.call('used', () => { request.clone(); });
    const locked = post('x');
    locked.body.getReader();
    t.call('locked', () => { locked.clone(); });
    t('without a body', new Request('http://a/').clone().body);
  },
  async signals(t) {
    const controller = new AbortController();
    const request = new Request('http://a/', { signal: controller.signal });
    const others = { request, clone: request.clone(), of: new Request(request), clone_of_clone: request.clone().clone() };
    for (const [label, each] of Object.entries(others)) t(label, each.signal.aborted, each.signal === each.signal);
    t('its own', request.signal === controller.signal);
    let told = 0;
    for (const each of Object.values(others)) each.signal.addEventListener('abort', () => { told += 1; });
    controller.abort('why');
    t('told', told);
    for (const [label, each] of Object.entries(others)) t(label, each.signal.aborted, each.signal.reason);
    t('later', request.clone().signal.reason, new Request(request).signal.reason);
    t('repr', shown(request));
    const aborted = new Request('http://a/', { signal: AbortSignal.abort('before') });
    t('aborted', aborted.signal.aborted, aborted.signal.reason, aborted.clone().signal.aborted);
    const first = new AbortController();
    const second = new AbortController();
    const replaced = new Request(new Request('http://a/', { signal: first.signal }), { signal: second.signal });
    first.abort();
    t('not of the first', replaced.signal.aborted);
    second.abort();
    t('of the second', replaced.signal.aborted, replaced.signal.reason.name);
    t('none', new Request('http://a/').signal.aborted);
    await outcome(t, 'a body can be read all the same', post('x', { signal: AbortSignal.abort() }).text());
  },
  responses: each('responses', async (t, args) => {
    const response = attempt(t, 'Response', () => new Response(...args));
    if (!response) return;
    describe(t, 'response', response);
    t('repr', shown(response));
    await outcome(t, 'text', response.text());
  }),
  responses_without_body: each('responses_without_body', async (t, init) => {
    const response = attempt(t, 'Response', () => new Response(null, init));
    if (!response) return;
    describe(t, 'response', response);
    t('repr', shown(response));
    for (const name of ['text', 'bytes', 'text']) await outcome(t, name, response[name]());
    t('blob', shown(await response.blob()));
    t('used', response.bodyUsed);
    describe(t, 'clone', response.clone());
  }),
  json_of: each('json_of', async (t, args) => {
    const response = attempt(t, 'json', () => Response.json(...args));
    if (!response) return;
    describe(t, 'response', response);
    await outcome(t, 'text', response.text());
  }),
  json_that_is_none(t) {
    t.call('a function', () => { Response.json(() => 5); });
    t('nothing', Response.json(null).headers.get('content-type'));
  },
  redirects: each('redirects', (t, args) => {
    const response = attempt(t, 'redirect', () => Response.redirect(...args));
    if (!response) return;
    describe(t, 'response', response);
    t('repr', shown(response));
  }),
  error_responses(t) {
    const response = Response.error();
    describe(t, 'response', response);
    t('repr', shown(response));
    describe(t, 'clone', response.clone());
  },
  async response_clones(t) {
    const response = new Response('x', { status: 201, statusText: 'hey', headers: { a: 'b' } });
    const { body } = response;
    const clone = response.clone();
    describe(t, 'clone', clone);
    t('body', response.body === body, body.locked, response.bodyUsed, clone.bodyUsed);
    clone.headers.set('a', 'c');
    t('headers', response.headers.get('a'));
    await outcome(t, 'text of the clone', clone.text());
    t('used', response.bodyUsed, clone.bodyUsed);
    await outcome(t, 'text', response.text());
    t.call('used', () => { response.clone(); });
    const locked = new Response('x');
    locked.body.getReader();
    t.call('locked', () => { locked.clone(); });
    const released = new Response('x');
    released.body.getReader().releaseLock();
    await outcome(t, 'released', released.clone().text());
    const cancelled = new Response('x');
    await cancelled.body.cancel();
    t.call('cancelled', () => { cancelled.clone(); });
  },
  async clones_of_each_kind(t) {
    for (const [label, make] of Object.entries(BODIES)) {
      const response = new Response(make());
      const clone = response.clone();
      await outcome(t, `${label} of the clone`, clone.text());
      await outcome(t, label, response.text());
      t('used', response.bodyUsed, clone.bodyUsed);
      await outcome(t, 'twice', clone.text());
    }
  },
  async clones_of_what_fails(t) {
    for (const [label, make] of [
      ['async', () => failing(new Error('boom'), 'a')], ['web', () => streamOf('text')], ['number', () => items(5)],
    ]) {
      const response = new Response(make());
      const clone = response.clone();
      await outcome(t, `${label} of the clone`, clone.text());
      await outcome(t, label, response.text());
    }
  },
  async clones_and_moves(t) {
    for (const [label, make] of [['string', BODIES.string], ['async', BODIES.async], ['web', BODIES.web]]) {
      const texts = async (...messages) => {
        const found = [];
        for (const message of messages) found.push(await message.text());
        return found;
      };
      const used = new Response(make());
      const unused = used.clone();
      await used.text();
      await outcome(t, `${label}, a clone of a clone`, texts(unused.clone(), unused));
      const response = new Response(make());
      await outcome(t, `${label}, two clones`, texts(response.clone(), response.clone(), response));
      const { body } = response;
      t('locked', body.locked);
      const request = post(make());
      await outcome(t, `${label}, a clone and a move`, texts(request.clone(), new Request(request)));
      t('used', request.bodyUsed);
      const moved = new Request(post(make()));
      await outcome(t, `${label}, a clone of what moved`, texts(moved.clone(), moved));
      await outcome(t, `${label}, moved twice`, texts(new Request(new Request(post(make())))));
      const seen = post(make());
      t('seen', seen.body.locked);
      const other = new Response(seen.body);
      t('the same', seen.body === other.body);
      await outcome(t, `${label}, of another body`, texts(other));
      t('used', seen.bodyUsed);
      const source = new Response(make());
      const doubled = new TransformStream({ transform(chunk, controller) { controller.enqueue(chunk); controller.enqueue(chunk); } });
      await outcome(t, `${label}, through a transformation`, texts(new Response(source.body.pipeThrough(doubled))));
      t('used', source.bodyUsed);
      const packed = new Response(new Response(make()).body.pipeThrough(new CompressionStream('gzip')));
      const unpacked = new Blob([await packed.bytes()]).stream().pipeThrough(new DecompressionStream('gzip'));
      await outcome(t, `${label}, packed`, texts(new Response(unpacked)));
    }
  },
  async clones_share_their_source(t) {
    const response = new Response(watched(t, 'a', 'b'));
    const clone = response.clone();
    const first = clone.body.cancel('one');
    await rounds(3);
    t('one is left');
    await outcome(t, 'text', response.text());
    await outcome(t, 'cancelled', first);
    const other = new Response(watched(t, 'a', 'b'));
    const otherClone = other.clone();
    const reader = otherClone.body.getReader();
    t('read', (await reader.read()).done);
    const both = [other.body.cancel('one'), reader.cancel('two')];
    await outcome(t, 'both are left', Promise.all(both).then(() => 'yes'));
  },
  async each_kind(t) {
    for (const [label, make] of Object.entries(BODIES)) {
      const response = new Response(make());
      t(label, response.headers.get('content-type'), response.bodyUsed, response.body === response.body, response.body.locked);
      await outcome(t, 'text', response.text());
      t('used', response.bodyUsed, response.body.locked);
      const request = post(make());
      t('request', request.headers.get('content-type'));
      await outcome(t, 'bytes', request.bytes());
    }
  },
  async each_kind_without_the_stream(t) {
    for (const [label, make] of Object.entries(BODIES)) {
      const response = new Response(make());
      const text = response.text();
      t(label, response.bodyUsed, response.body.locked);
      await outcome(t, 'text', text);
      await outcome(t, 'again', response.bytes());
    }
  },
  async each_kind_as_a_stream(t) {
    for (const [label, make] of Object.entries(BODIES)) {
      const response = new Response(make());
      const chunks = [];
      for await (const chunk of response.body) chunks.push(Buffer.from(chunk).toString('latin1'));
      t(label, chunks, response.bodyUsed, response.body.locked);
    }
  },
  async each_way_to_read(t) {
    for (const [label, make] of [['string', BODIES.string], ['blob', BODIES.typed_blob], ['async', BODIES.async], ['web', BODIES.web]]) {
      const type = { headers: { 'content-type': 'A/B;x=1' } };
      await outcome(t, `${label} bytes`, new Response(make()).bytes());
      await outcome(t, `${label} arrayBuffer`, new Response(make()).arrayBuffer().then((data) => new Uint8Array(data)));
      await outcome(t, `${label} blob`, new Response(make(), type).blob().then(shown));
      await outcome(t, `${label} text`, new Response(make()).text());
    }
    await outcome(t, 'json', new Response('{"a": [1]}').json());
    await outcome(t, 'json of an iterable', new Response(items('{"a"', ': [1', ']}')).json());
  },
  async forms(t) {
    const form = new FormData();
    form.append('a', '1');
    form.append('\u00e9"', 'x\ny');
    form.append('f', new File(['zz'], 'f.txt', { type: 'text/plain' }));
    const entries = async (message) => {
      const found = [];
      for (const [name, value] of await message.formData()) {
        found.push(typeof value === 'string' ? [name, value] : [name, value.name, value.type, await value.text()]);
      }
      return found;
    };
    for (const [label, make] of [['response', (body) => new Response(body)], ['request', (body) => post(body)]]) {
      const message = make(form);
      const clone = message.clone();
      const type = message.headers.get('content-type');
      const boundary = type.slice(type.indexOf('=') + 1);
      t(`${label} type`, type.replace(boundary, 'BOUNDARY'), clone.headers.get('content-type') === type);
      t(`${label} text`, (await clone.text()).replaceAll(boundary, 'BOUNDARY'));
      await outcome(t, `${label} form`, entries(message));
      t(`${label} used`, message.bodyUsed);
      await outcome(t, `${label} again`, entries(message));
      await outcome(t, `${label} of params`, entries(make(new URLSearchParams('a=1&b=%20+\u00e9&a=2'))));
    }
    const type = (value) => ({ headers: { 'content-type': value } });
    await outcome(t, 'a text', entries(new Response('a=1&b', type('application/x-www-form-urlencoded; charset=x'))));
    await outcome(t, 'nothing', entries(new Response(null, type('application/x-www-form-urlencoded'))));
    await outcome(t, 'an empty form', entries(new Response(new FormData())));
    const moved = new Request(post(form));
    await outcome(t, 'moved', entries(moved));
  },
  content_types: each('content_types', async (t, type) => {
    await outcome(t, 'type', new Response('x', { headers: { 'content-type': type } }).blob().then((blob) => blob.type));
  }),
  async types_of_blobs(t) {
    await outcome(t, 'none', new Response(octets('x')).blob().then((blob) => blob.type));
    const two = new Headers([['content-type', 'a/b;x=1'], ['content-type', 'c/d']]);
    await outcome(t, 'two', new Response('x', { headers: two }).blob().then((blob) => blob.type));
    const changed = new Response('x');
    const blob = changed.blob();
    changed.headers.set('content-type', 'q/q');
    await outcome(t, 'changed', blob.then(({ type }) => type));
    await outcome(t, 'of a request', post(new Blob(['x'], { type: 'A/b' })).blob().then(shown));
  },
  json_texts: each('json_texts', async (t, text) => {
    try {
      t('json', await new Response(text).json());
    } catch {
      t('json is refused');
    }
  }),
  octets: each('octets', async (t, values) => {
    const data = new Uint8Array(values);
    await outcome(t, 'text', new Response(data).text());
    await outcome(t, 'in two', new Response(items(data.slice(0, 1), data.slice(1))).text());
  }),
  async used_twice(t) {
    for (const first of ['text', 'bytes', 'blob', 'arrayBuffer']) {
      const response = new Response('"x"');
      const promise = response[first]();
      t(first, response.bodyUsed, response.body.locked);
      for (const second of ['text', 'json', 'blob', 'formData']) await outcome(t, second, response[second]());
      await promise;
    }
    const locked = new Response('x');
    const reader = locked.body.getReader();
    t('locked', locked.bodyUsed);
    await outcome(t, 'locked', locked.text());
    reader.releaseLock();
    t('released', locked.bodyUsed);
    await outcome(t, 'released', locked.text());
    const cancelled = new Response('x');
    await cancelled.body.cancel('why');
    t('cancelled', cancelled.bodyUsed);
    await outcome(t, 'cancelled', cancelled.text());
    const part = new Response(items('a', 'b'));
    const partReader = part.body.getReader();
    await partReader.read();
    partReader.releaseLock();
    t('a part', part.bodyUsed);
    await outcome(t, 'a part', part.text());
    const piped = new Response('x');
    const pipe = piped.body.pipeTo(new WritableStream());
    t('piped', piped.bodyUsed);
    await pipe;
    await outcome(t, 'piped', piped.text());
    const teed = new Response('x');
    teed.body.tee();
    t('teed', teed.bodyUsed);
    await outcome(t, 'teed', teed.text());
    const failed = new Response('nope');
    try {
      await failed.json();
    } catch {
      t('json is refused', failed.bodyUsed);
    }
    await outcome(t, 'after that', failed.text());
  },
  async wrong_pieces(t) {
    for (const [label, piece] of [['number', 5], ['object', {}], ['boolean', true]]) {
      await outcome(t, `${label} of an iterable`, new Response(items('a', piece)).text());
      await outcome(t, `${label} of a Readable`, new Response(Readable.from(['a', piece])).text());
      await outcome(t, `${label} of a web stream`, new Response(streamOf(octets('a'), piece)).text());
    }
    await outcome(t, 'string of a web stream', new Response(streamOf('a')).text());
    await outcome(t, 'in a stream', (async () => { for await (const chunk of new Response(items(5)).body) t('chunk', chunk); })());
    const response = new Response(items(5));
    await outcome(t, 'bytes', response.bytes());
    t('used', response.bodyUsed);
  },
  async failures(t) {
    const error = new Error('boom');
    await outcome(t, 'an iterable', new Response(failing(error, 'a')).text());
    await outcome(t, 'a web stream', new Response(new ReadableStream({ start(controller) { controller.error(error); } })).text());
    await outcome(t, 'a Readable', new Response(new Readable({ read() { this.destroy(error); } })).text());
    let controller;
    const meanwhile = new Response(new ReadableStream({ start(each) { controller = each; } }));
    const text = meanwhile.text();
    controller.enqueue(octets('a'));
    await round();
    controller.error(error);
    await outcome(t, 'meanwhile', text);
    const readable = new Readable({ read() {} });
    const broken = new Response(readable).text();
    readable.push('a');
    await round();
    readable.destroy();
    await outcome(t, 'destroyed', broken);
    const failed = new Response(failing(error));
    const reader = failed.body.getReader();
    await outcome(t, 'read', reader.read());
    await outcome(t, 'closed', reader.closed);
    await outcome(t, 'text', failed.text());
  },
  async disturbed(t) {
    const locked = streamOf();
    locked.getReader();
    t.call('locked', () => { new Response(locked); });
    const cancelled = streamOf();
    await cancelled.cancel();
    t.call('cancelled', () => { new Response(cancelled); });
    const read = streamOf(octets('a'));
    const reader = read.getReader();
    await reader.read();
    reader.releaseLock();
    t.call('read', () => { new Response(read); });
    const destroyed = Readable.from(['a']);
    destroyed.destroy();
    t.call('destroyed', () => { new Response(destroyed); });
    const left = Readable.from(['a', 'b']);
    for await (const chunk of left) { t('chunk', chunk); break; }
    t.call('left', () => { new Response(left); });
    const failed = new ReadableStream({ start(controller) { controller.error(new Error('boom')); } });
    t.call('failed', () => new Response(failed).bodyUsed);
    t.call('a request', () => { post(read); });
    t.call('order', () => { new Response(locked, { status: 1 }); });
    t.call('order of headers', () => { new Response(locked, { headers: 5 }); });
    const web = streamOf(octets('a'));
    t('the same', new Response(web).body === web, post(web).body === web);
  },
  async reading_by_hand(t) {
    const response = new Response('abc');
    const reader = response.body.getReader();
    t('first', await reader.read());
    t('then', await reader.read());
    const views = new Response(items('abc', 'de')).body.getReader({ mode: 'byob' });
    for (let i = 0; i < 4; i++) t('view', await views.read(new Uint8Array(2)));
    const empty = new Response('').body.getReader();
    t('empty', await empty.read());
  },
  async leaving(t) {
    const response = new Response(watched(t, 'a', 'b'));
    for await (const chunk of response.body) { t('chunk', Buffer.from(chunk).toString()); break; }
    await rounds(3);
    t('left', response.bodyUsed, response.body.locked);
    const cancelled = new Response(watched(t, 'a', 'b'));
    const reader = cancelled.body.getReader();
    await reader.read();
    await reader.cancel('why');
    t('cancelled');
    const untouched = new Response(watched(t, 'a'));
    await untouched.body.cancel();
    t('not begun');
    const readable = new Readable({ read() { this.push('a'); } });
    const readableReader = new Response(readable).body.getReader();
    await readableReader.read();
    await readableReader.cancel();
    t('a Readable', readable.destroyed);
  },
  async pulling(t) {
    const response = new Response((async function* pieces() {
      t('begun');
      yield 'a';
      t('went on');
      yield 'b';
    })());
    await rounds(2);
    t('made', response.body.locked);
    await rounds(2);
    const reader = response.body.getReader();
    await reader.read();
    await rounds(2);
    t('read');
    await reader.read();
  },
};
