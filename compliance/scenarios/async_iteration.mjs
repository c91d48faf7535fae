import { Duplex, PassThrough, Readable, Transform } from 'node:stream';

const source = (...chunks) => new Readable({ read() { this.push(chunks.length ? chunks.shift() : null); } });
const open = (options) => new Readable({ read() {}, ...options });

export const scenarios = {
  async all_chunks(t) {
    const r = t.events(source('a', 'b', 'c'));
    for await (const chunk of r) t('chunk', chunk);
    t('after');
    t.state(r);
  },
  async chunks_that_come_later(t) {
    const r = t.events(open());
    setImmediate(() => { r.push('a'); setImmediate(() => { r.push('b'); r.push(null); }); });
    for await (const chunk of r) t('chunk', chunk);
  },
  async leaving_destroys(t) {
    const r = t.events(source('a', 'b', 'c'));
    for await (const chunk of r) { t('chunk', chunk); break; }
    t('after');
    t.state(r);
  },
  async leaving_by_an_exception_destroys(t) {
    const r = t.events(source('a', 'b', 'c'));
    try {
      for await (const chunk of r) throw new Error(`at ${chunk}`);
    } catch (error) { t('caught', error); }
    t.state(r);
  },
  async leaving_does_not_destroy_when_told_so(t) {
    const r = t.events(source('a', 'b'));
    for await (const chunk of r.iterator({ destroyOnReturn: false })) { t('chunk', chunk); break; }
    t('destroyed', r.destroyed);
    for await (const chunk of r) t('chunk', chunk);
  },
  async an_error_is_thrown(t) {
    const r = t.events(open());
    r.push('a');
    setImmediate(() => r.destroy(new Error('boom')));
    try {
      for await (const chunk of r) t('chunk', chunk);
    } catch (error) { t('caught', error); }
  },
  async an_error_before(t) {
    const r = t.events(open());
    r.destroy(new Error('boom'));
    try {
      for await (const chunk of r) t('chunk', chunk);
    } catch (error) { t('caught', error); }
  },
  async closed_too_early(t) {
    const r = t.events(open());
    r.push('a');
    setImmediate(() => r.destroy());
    try {
      for await (const chunk of r) t('chunk', chunk);
    } catch (error) { t('caught', error); }
  },
  async a_stream_that_has_ended(t) {
    const r = source('a');
    for await (const chunk of r) t('chunk', chunk);
    try {
      for await (const chunk of r) t('again', chunk);
    } catch (error) { t('caught', error); }
    t('after');
  },
  async objects(t) {
    const r = Readable.from([1, 'two', { three: 3 }, [4], false, 0, '']);
    for await (const chunk of r) t('chunk', chunk);
  },
  async with_an_encoding(t) {
    const r = source(Buffer.from([0xe2, 0x82]), Buffer.from([0xac]));
    r.setEncoding('utf8');
    for await (const chunk of r) t('chunk', chunk);
  },
  async through_a_transform(t) {
    const up = new Transform({ transform(chunk, encoding, callback) { callback(null, String(chunk).toUpperCase()); } });
    for await (const chunk of source('a', 'b').pipe(up)) t('chunk', chunk);
  },
  async a_pass_through_written_meanwhile(t) {
    const p = t.events(new PassThrough());
    p.write('a');
    for await (const chunk of p) {
      t('chunk', chunk);
      if (String(chunk) === 'a') p.end('b');
    }
  },
  async the_iterator_by_hand(t) {
    const i = source('a', 'b')[Symbol.asyncIterator]();
    t('first', (await i.next()).value);
    t('second', (await i.next()).value);
    t('end', (await i.next()).done);
    t('end', (await i.next()).done);
  },
  async buffered_chunks_come_joined(t) {
    const r = open();
    r.push('a'); r.push('b');
    setImmediate(() => r.push(null));
    for await (const chunk of r) t('chunk', chunk);
  },
  async listeners_are_gone_afterwards(t) {
    const r = source('a');
    for await (const chunk of r) t('chunk', chunk);
    await new Promise(setImmediate);
    t('readable', r.listenerCount('readable'));
  },
  async the_writable_side_outlives_the_loop(t) {
    for (const options of [{}, { allowHalfOpen: false }, { autoDestroy: false }]) {
      const d = new Duplex({
        read() { this.push(null); },
        write(chunk, encoding, callback) { t('_write', chunk); callback(); },
        ...options,
      });
      for await (const chunk of d) t('chunk', chunk);
      t('after', d.destroyed, d.writable, ['readable', 'end', 'error', 'close'].map((name) => d.listenerCount(name)));
      d.on('error', () => {});
      d.end('x');
    }
  },
  it_says_what_it_reads(t) {
    const r = source('a');
    const i = r[Symbol.asyncIterator]();
    t('stream', i.stream === r, r.iterator({ destroyOnReturn: false }).stream === r);
    for (const bad of [42, 'x', true]) t.call('iterator', () => r.iterator(bad));
  },
  async several_that_wait(t) {
    for (const how of ['end', 'destroy', 'fail']) {
      const r = open();
      const i = r[Symbol.asyncIterator]();
      const take = async (label) => {
        try {
          const { done, value } = await i.next();
          if (done) t(`${label} done`);
          else t(label, value);
        } catch (error) {
          t(`${label} throws`, error);
        }
      };
      const waiting = [0, 1, 2].map((number) => take(`${how} ${number}`));
      await new Promise(setImmediate);
      r.push('a');
      if (how === 'end') r.push(null);
      else setImmediate(() => r.destroy(how === 'fail' ? new Error('x') : undefined));
      await Promise.all(waiting);
    }
  },
};
