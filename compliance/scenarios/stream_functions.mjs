import {
  Duplex, PassThrough, Readable, Transform, Writable, destroy, duplexPair, getDefaultHighWaterMark, isDestroyed,
  isDisturbed, isErrored, isReadable, isWritable, setDefaultHighWaterMark, finished,
} from 'node:stream';

const source = (options = {}) => new Readable({ read() {}, ...options });
const sink = (options = {}) => new Writable({ write(chunk, encoding, callback) { callback(); }, ...options });
const ask = (t, label, stream) => t(
  label, isDestroyed(stream), isDisturbed(stream), isErrored(stream), isReadable(stream), isWritable(stream),
);

const BOTH = ['objectMode', 'highWaterMark', 'length', 'defaultEncoding', 'constructed', 'sync', 'destroyed', 'closed',
  'closeEmitted', 'errored', 'errorEmitted', 'autoDestroy', 'emitClose', 'ended'];
const READABLE = [...BOTH, 'endEmitted', 'reading', 'needReadable', 'emittedReadable', 'readableListening',
  'resumeScheduled', 'multiAwaitDrain', 'readingMore', 'dataEmitted', 'encoding', 'flowing', 'paused', 'pipesCount'];
const WRITABLE = [...BOTH, 'finalCalled', 'needDrain', 'ending', 'finished', 'decodeStrings', 'writing',
  'bufferProcessing', 'prefinished', 'corked', 'writelen', 'pendingcb', 'bufferedRequestCount', 'allBuffers', 'allNoop'];

const inside = (t, label, stream) => {
  const r = stream._readableState;
  const w = stream._writableState;
  if (r) for (const name of READABLE) t(`${label} r.${name}`, r[name]);
  if (w) for (const name of WRITABLE) t(`${label} w.${name}`, w[name]);
  if (r) t(`${label} r.buffer`, r.buffer.length - r.bufferIndex);
  if (w) t(`${label} w.buffer`, w.getBuffer().length);
};

export const scenarios = {
  questions(t) {
    const r = source();
    ask(t, 'new', r);
    r.push('a');
    r.read();
    ask(t, 'read', r);
    r.on('error', () => ask(t, 'at error', r));
    r.on('close', () => ask(t, 'at close', r));
    r.destroy(new Error('x'));
    ask(t, 'destroyed', r);
    const w = sink();
    ask(t, 'writable', w);
    w.on('finish', () => ask(t, 'finished', w));
    w.end();
    ask(t, 'ended', w);
    const d = new Duplex({ readable: false, write() {} });
    ask(t, 'half', d);
  },
  questions_about_anything(t) {
    for (const it of [null, undefined, 5, 'x', {}, { readable: true }, { writable: true, write() {}, on() {} },
      { readable: true, pipe() {}, on() {} }, { readable: true, pipe() {}, on() {}, destroyed: true }]) ask(t, 'it', it);
  },
  destroy_of_each_kind(t) {
    for (const [name, stream] of [['r', source()], ['w', sink()], ['d', new PassThrough()]]) {
      t.events(stream, `${name} `);
      destroy(stream);
      t.state(stream, name);
      destroy(stream, new Error('again'));
    }
    const failing = t.events(source(), 'failing ');
    destroy(failing, new Error('x'));
    const done = sink({ autoDestroy: false });
    done.end();
    done.on('finish', () => { t.events(done, 'done '); destroy(done); });
    destroy(null);
    destroy(undefined);
  },
  default_marks(t) {
    t('are', getDefaultHighWaterMark(), getDefaultHighWaterMark(false), getDefaultHighWaterMark(true));
    try {
      setDefaultHighWaterMark(false, 32);
      setDefaultHighWaterMark(true, 3);
      t('are', getDefaultHighWaterMark(false), getDefaultHighWaterMark(true));
      t('streams', source().readableHighWaterMark, source({ objectMode: true }).readableHighWaterMark);
      t('streams', sink().writableHighWaterMark, sink({ objectMode: true }).writableHighWaterMark);
      const transform = new Transform();
      t('transform', transform.readableHighWaterMark, transform.writableHighWaterMark);
    } finally {
      setDefaultHighWaterMark(false, 65536);
      setDefaultHighWaterMark(true, 16);
    }
    for (const bad of ['5', true, -1, 1.5, NaN, Infinity, 2 ** 53]) t.call('set', () => setDefaultHighWaterMark(false, bad));
  },
  setting_destroyed(t) {
    for (const stream of [source(), sink(), new PassThrough()]) {
      t.events(stream, `${stream.constructor.name} `);
      stream.destroyed = true;
      stream.destroy(new Error('not emitted'));
      t.state(stream);
      stream.destroyed = false;
      t.state(stream);
    }
  },
  setting_readable_and_writable(t) {
    const r = source();
    r.readable = false;
    finished(r, t.callback('finished'));
    t.state(r);
    r.destroy();
    const w = sink();
    w.writable = false;
    finished(w, t.callback('finished'));
    t.state(w);
    w.destroy();
    const d = new PassThrough();
    d.readable = d.writable = false;
    t.state(d);
    d.readable = d.writable = true;
    t.state(d);
  },
  undestroy(t) {
    const w = t.events(sink());
    w.end('a');
    w.on('close', () => {
      if (w.destroyed === false) return;
      w._undestroy();
      t.state(w);
      w.removeAllListeners('close');
      w.end('b', t.callback('end'));
    });
    const r = t.events(source(), 'r ');
    r.destroy(new Error('x'));
    r.on('close', () => { r._undestroy(); t.state(r); });
  },
  revived_at_the_end(t) {
    const revivals = {
      'none': () => {},
      'undestroy': (r) => r._undestroy(),
      'destroy': (r) => r.destroy(),
      'destroy, undestroy': (r) => { r.destroy(); r._undestroy(); },
      'undestroy, destroy': (r) => { r._undestroy(); r.destroy(); },
      'undestroy, unshift': (r) => { r._undestroy(); r.unshift('x'); },
      'unshift': (r) => r.unshift('x'),
    };
    for (const [how, change] of Object.entries(revivals)) {
      for (const reads of [1, 2, 3]) {
        const name = `${how}, ${reads} reads: `;
        const r = new Readable({ read() {} });
        let left = 5;
        t.events(r, name);
        r.on('end', () => {
          if (--left > 0) { change(r); process.nextTick(t.callback(`${name}tick`)); }
        });
        r.push(null);
        for (let i = 0; i < reads; i++) r.read();
      }
    }
  },
  pair(t) {
    const [a, b] = duplexPair();
    t.events(a, 'a ', 'data');
    t.events(b, 'b ', 'data');
    t('write', a.write('to b', t.callback('written')));
    b.write(Buffer.from('to a'));
    t('empty', a.write('', t.callback('empty')));
    setImmediate(() => { a.end(); b.end('bye'); });
  },
  a_full_pair(t) {
    const [a, b] = duplexPair({ highWaterMark: 4 });
    t.events(a, 'a ');
    t('write', a.write('abcdef', t.callback('first')), a.write('gh', t.callback('second')));
    setImmediate(() => {
      t('length', b.readableLength, a.writableLength);
      t('read', b.read());
      setImmediate(() => t('length', b.readableLength, a.writableLength));
    });
  },
  a_pair_of_objects(t) {
    const [a, b] = duplexPair({ objectMode: true, readableHighWaterMark: 2 });
    t('marks', a.readableHighWaterMark, b.readableHighWaterMark, a.writableHighWaterMark);
    b.on('data', t.callback('data'));
    a.write({ x: 1 });
    a.write(5);
    a.end();
  },
  destroying_one_of_a_pair(t) {
    for (const [label, error] of [['plain', null], ['error', new Error('x')]]) {
      const [a, b] = duplexPair();
      t.events(a, `${label} a `);
      t.events(b, `${label} b `);
      b.resume();
      a.destroy(error);
    }
  },
  inside_a_readable(t) {
    const r = source({ highWaterMark: 3 });
    inside(t, 'new', r);
    r.push('ab');
    r.push('cd');
    inside(t, 'pushed', r);
    r.on('readable', () => {});
    inside(t, 'listening', r);
    setImmediate(() => {
      inside(t, 'later', r);
      r.setEncoding('hex');
      r.removeAllListeners('readable');
      r.pause();
      inside(t, 'paused', r);
      r.on('error', () => inside(t, 'at error', r));
      r.on('close', () => inside(t, 'at close', r));
      r.destroy(new Error('x'));
      inside(t, 'destroyed', r);
    });
  },
  inside_a_readable_that_ends(t) {
    const r = source({ emitClose: false, autoDestroy: false });
    r.push('a');
    r.push(null);
    inside(t, 'ended', r);
    r.on('data', () => inside(t, 'at data', r));
    inside(t, 'flowing', r);
    r.on('end', () => { inside(t, 'at end', r); setImmediate(() => inside(t, 'after', r)); });
  },
  inside_a_writable(t) {
    let go;
    const w = new Writable({ highWaterMark: 3, write(chunk, encoding, callback) { go = callback; }, final(callback) { inside(t, 'final', w); callback(); } });
    inside(t, 'new', w);
    w.write('ab', () => {});
    inside(t, 'writing', w);
    w.cork();
    w.write('cd');
    w.write(Buffer.from('e'), () => {});
    inside(t, 'corked', w);
    go();
    w.uncork();
    inside(t, 'uncorked', w);
    w.on('finish', () => inside(t, 'at finish', w));
    w.on('close', () => inside(t, 'at close', w));
    w.on('prefinish', () => inside(t, 'at prefinish', w));
    setImmediate(() => { go(); go(); w.end(); inside(t, 'ending', w); });
  },
  inside_a_writable_of_strings(t) {
    const w = new Writable({ decodeStrings: false, write(chunk, encoding, callback) {} });
    w.write('a');
    w.write('b');
    inside(t, 'strings', w);
    w.on('error', () => inside(t, 'at error', w));
    w.destroy(new Error('x'));
    inside(t, 'destroyed', w);
  },
  inside_before_construction(t) {
    const d = new Duplex({ construct(callback) { setImmediate(callback); }, read() {}, write(chunk, encoding, callback) { callback(); } });
    d.write('a');
    inside(t, 'new', d);
    setImmediate(() => setImmediate(() => inside(t, 'constructed', d)));
  },
  writers_that_are_waited_for(t) {
    const waited = (r) => {
      const found = r._readableState.awaitDrainWriters;
      return found?.size ?? found?.constructor.name;
    };
    const slow = () => new Writable({ highWaterMark: 1, write(chunk, encoding, callback) { setImmediate(callback); } });
    const r = source();
    const a = slow();
    r.pipe(a);
    t('pipes', r._readableState.pipes.length, r._readableState.pipes[0] === a, waited(r));
    r.push('ab');
    process.nextTick(() => {
      t('full', waited(r));
      r.pipe(slow());
      t('two', waited(r), r._readableState.multiAwaitDrain);
      setImmediate(() => setImmediate(() => {
        t('drained', waited(r));
        r.unpipe();
        t('none', r._readableState.pipes.length);
      }));
    });
  },
};
