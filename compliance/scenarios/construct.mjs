import { Duplex, Readable, Writable } from 'node:stream';

const later = (t) => ({ construct(callback) { t('_construct'); setImmediate(() => { t('constructed'); callback(); }); } });
const reading = (t) => ({ read() { t('_read'); this.push('a'); this.push(null); } });
const writing = (t) => ({ write(chunk, encoding, callback) { t('_write', chunk); callback(); } });

export const scenarios = {
  reading_waits_for_it(t) {
    const r = t.events(new Readable({ ...later(t), ...reading(t) }), '', 'data');
    t('read', r.read());
    t.state(r);
  },
  writing_waits_for_it(t) {
    const w = t.events(new Writable({ ...later(t), ...writing(t), highWaterMark: 2 }));
    t('write', w.write('a', t.callback('a')), w.write('b', t.callback('b')));
    w.end(t.callback('end'));
    t.state(w);
  },
  it_is_called_in_a_tick(t) {
    process.nextTick(t.callback('tick before'));
    const w = new Writable({ construct(callback) { t('_construct'); callback(); }, ...writing(t) });
    process.nextTick(t.callback('tick after'));
    t('sync');
    w.write('a');
  },
  an_error(t) {
    const w = t.events(new Writable({ construct: (callback) => setImmediate(callback, new Error('boom')), ...writing(t) }));
    w.write('a', t.callback('a'));
    w.end(t.callback('end'));
    w.on('close', () => t.state(w));
  },
  an_exception(t) {
    const r = t.events(new Readable({ construct() { throw new Error('boom'); }, ...reading(t) }));
    r.resume();
  },
  called_back_twice(t) {
    t.events(new Writable({ construct(callback) { callback(); callback(); }, ...writing(t) }));
  },
  destroyed_meanwhile(t) {
    const w = t.events(new Writable({ ...later(t), ...writing(t), destroy(error, callback) { t('_destroy', error); callback(error); } }));
    w.write('a', t.callback('a'));
    w.destroy(new Error('early'));
    t.state(w);
  },
  destroyed_before_it_began(t) {
    const r = t.events(new Readable({ ...later(t), ...reading(t) }));
    r.destroy();
    t('sync');
  },
  end_waits_for_it(t) {
    const w = t.events(new Writable({ ...later(t), ...writing(t), final(callback) { t('_final'); callback(); } }));
    w.end();
  },
  a_duplex_constructs_once(t) {
    const d = t.events(new Duplex({ ...later(t), ...reading(t), ...writing(t) }), '', 'data');
    d.end('x');
  },
  a_subclass(t) {
    class Own extends Writable {
      _construct(callback) { t('_construct'); callback(); }
      _write(chunk, encoding, callback) { t('_write', chunk); callback(); }
    }
    const w = t.events(new Own());
    t.call('write', () => w.write('a'));
    w.end();
  },
};
