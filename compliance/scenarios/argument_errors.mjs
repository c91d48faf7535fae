import events, { EventEmitter, EventEmitterAsyncResource } from 'node:events';
import stream, { Duplex, PassThrough, Readable, Transform, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { rounds } from '../peers.mjs';
import { LABELS, VALUES } from '../wrong_values.mjs';

const nothing = () => {};
const e = () => new EventEmitter();
const c = () => new AbortController();
const r = (options) => new Readable({ read() {}, ...options });
const w = (options) => new Writable({ write(chunk, encoding, callback) { callback(); }, ...options });
const some = () => Readable.from([1, 2]);

// What JavaScript itself makes of a value: a text in a message, a number, false.
const AS_TEXT = 'bytes, a function, an emitter';
const AS_NUMBER = 'an array, a symbol';
const FALSE = 'NaN, an empty string, an object, an array';

// Call with each of the values but those named in `but`, and write down how each error is delivered.
async function tryEach(t, name, call, but = '') {
  for (const key of LABELS) {
    if (but.split(', ').includes(key)) continue;
    const label = `${name} ${key}`;
    try {
      const result = call(VALUES[key]);
      if (typeof result?.then === 'function') result.then(() => t(`${label} fulfilled`), (error) => t(`${label} rejected`, error));
      else if (result instanceof stream) result.on('error', (error) => t(`${label} error`, error));
      else t(label);
    } catch (error) {
      t(`${label} throws`, error);
    }
    await rounds();
  }
}

const table = (cases) => async (t) => {
  for (const [name, call, but] of cases) await tryEach(t, name, call, but);
};

const option = (make, name) => [
  `option ${name}`, (v) => make({ [name]: v }), `${AS_TEXT}, ${name === 'highWaterMark' ? '' : FALSE}`,
];
const failing = (s, call) => { call(s); return s; };

export const scenarios = {
  emitters: table([
    ...['on', 'once', 'off', 'prependListener', 'prependOnceListener', 'removeListener'].map((name) => [
      name, (v) => { e()[name]('x', v); }, 'nothing',
    ]),
    ['setMaxListeners', (v) => { e().setMaxListeners(v); }],
    ['captureRejections', (v) => { new EventEmitter({ captureRejections: v }); }, FALSE],
    ['async resource', (v) => { new EventEmitterAsyncResource({ name: v }); }],
    ['async resource trigger', (v) => { new EventEmitterAsyncResource({ name: 'x', triggerAsyncId: v }); }, '2 ** 53, a symbol, an object, an array, an array of x, bytes, a function, an emitter'],
  ]),
  functions_of_events: table([
    ['getEventListeners', (v) => { events.getEventListeners(v, 'x'); }, 'nothing'],
    ['getMaxListeners', (v) => { events.getMaxListeners(v); }],
    ['setMaxListeners', (v) => { if (v !== 5 && v !== 1.5 && v !== 2 ** 53 && v !== undefined) events.setMaxListeners(v); }],
    ['setMaxListeners of', (v) => { events.setMaxListeners(1, v); }, 'nothing'],
    ['addAbortListener', (v) => { events.addAbortListener(v, nothing); }],
    ['addAbortListener listener', (v) => { events.addAbortListener(c().signal, v); }],
    ['captureRejections', (v) => { events.captureRejections = v; events.captureRejections = false; }, 'nothing'],
    ['defaultMaxListeners', (v) => { events.defaultMaxListeners = v; events.defaultMaxListeners = 10; }, 'nothing'],
    ['once', (v) => events.once(v, 'x'), 'nothing, an emitter'],
    ['once signal', (v) => { events.once(e(), 'x', { signal: v }).catch(nothing); return v === undefined ? undefined : events.once(e(), 'x', { signal: v }); }],
    ['on', (v) => { events.on(v, 'x'); }, 'nothing'],
    ['on signal', (v) => { events.on(e(), 'x', { signal: v }); }],
    ['on highWaterMark', (v) => { events.on(e(), 'x', { highWaterMark: v }); }],
    ['on lowWaterMark', (v) => { events.on(e(), 'x', { lowWaterMark: v }); }],
  ]),
  options_of_readables: table([
    ...['highWaterMark', 'encoding', 'defaultEncoding', 'signal', 'objectMode', 'emitClose', 'autoDestroy']
      .map((name) => option((options) => { r(options); }, name)),
  ]),
  options_of_writables: table([
    ...['highWaterMark', 'defaultEncoding', 'signal', 'decodeStrings'].map((name) => option((options) => { w(options); }, name)),
  ]),
  options_of_transforms: table([
    ...['highWaterMark', 'readableHighWaterMark', 'writableHighWaterMark', 'readable',
      'writable', 'allowHalfOpen', 'encoding', 'decodeStrings'].map((name) => option((options) => { new Transform(options); }, name)),
  ]),
  methods_of_readables: table([
    ['push', (v) => failing(r(), (s) => s.push(v))],
    ['push encoding', (v) => failing(r(), (s) => s.push('a', v)), AS_TEXT],
    ['unshift', (v) => failing(r(), (s) => s.unshift(v))],
    ['setEncoding', (v) => { r().setEncoding(v); }, AS_TEXT],
    ['read', (v) => { r().read(v); }, 'a symbol'],
    ['iterator', (v) => { r().iterator(v); }, 'bytes, an emitter'],
    ['from', (v) => { Readable.from(v); }, 'an object'],
    ['set default', (v) => { stream.setDefaultHighWaterMark(false, v); stream.setDefaultHighWaterMark(false, 65536); }],
  ]),
  methods_of_writables: table([
    ['write', (v) => failing(w(), (s) => s.write(v)), 'nothing'],
    ['write encoding', (v) => failing(w(), (s) => s.write('a', v)), `${AS_TEXT}, ${FALSE}`],
    ['write callback', (v) => failing(w(), (s) => s.write('a', 'utf8', v)), 'a function'],
    ['end', (v) => failing(w(), (s) => s.end(v)), 'nothing'],
    ['setDefaultEncoding', (v) => { w().setDefaultEncoding(v); }, AS_TEXT],
  ]),
  operators: table([
    ...['map', 'filter', 'flatMap', 'forEach', 'some', 'every', 'find', 'reduce'].map((name) => [
      name, (v) => some()[name](v), 'a function',
    ]),
    ...['map', 'filter', 'forEach'].flatMap((name) => [
      [`${name} options`, (v) => some()[name](nothing, v), 'bytes, an emitter'],
      [`${name} concurrency`, (v) => some()[name](nothing, { concurrency: v }), AS_NUMBER],
      [`${name} signal`, (v) => some()[name](nothing, { signal: v })],
    ]),
    ['map highWaterMark', (v) => some().map(nothing, { highWaterMark: v }), AS_NUMBER],
    ['take', (v) => some().take(v), 'a symbol'],
    ['drop', (v) => some().drop(v), 'a symbol'],
    ['take signal', (v) => some().take(1, { signal: v })],
    ['toArray', (v) => some().toArray(v), 'bytes, an emitter'],
    ['toArray signal', (v) => some().toArray({ signal: v })],
    ['reduce signal', (v) => some().reduce(nothing, 1, { signal: v })],
  ]),
  functions_of_streams: table([
    ['finished', (v) => { stream.finished(v, nothing); }],
    ['finished callback', (v) => { stream.finished(r(), {}, v); }, 'nothing'],
    ['finished signal', (v) => { stream.finished(r(), { signal: v }, nothing); }],
    ['addAbortSignal', (v) => { stream.addAbortSignal(v, r()); }],
    ['addAbortSignal to', (v) => { stream.addAbortSignal(c().signal, v); }],
    ['pipeline', (v) => { stream.pipeline(v); }],
    ['pipeline callback', (v) => { stream.pipeline(r(), w(), v); }, 'a function'],
    ['pipeline first', (v) => { stream.pipeline(v, w(), nothing).on?.('error', nothing); }, 'an array, an array of x, a string, x, bytes, an empty string'],
    ['compose', (v) => { stream.compose(v); }, 'an array of x, an array, a string, x, an empty string, bytes'],
    ['Duplex.from', (v) => { Duplex.from(v).on('error', nothing); }, 'an array of x, an array, a string, x, an empty string, bytes'],
    ['promises.finished', (v) => stream.promises.finished(v)],
    ['promises.pipeline', (v) => stream.promises.pipeline(v), 'an array of x, an array'],
    ['text', (v) => text(v), 'nothing, an object'],
  ]),
};
