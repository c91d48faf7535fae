import fs from 'node:fs';
import zlib from 'node:zlib';

const table = JSON.parse(fs.readFileSync(new URL('./zlib.json', import.meta.url)));
const bytes = (hex) => Buffer.from(hex, 'hex');
const gzip = bytes(table.samples.gzip);

// JSON has neither bytes nor all numbers.
function value(shown) {
  if (shown === null || typeof shown !== 'object' || Array.isArray(shown)) return shown;
  if ('hex' in shown) return bytes(shown.hex);
  if ('number' in shown) return Number(shown.number);
  return Object.fromEntries(Object.entries(shown).map(([name, item]) => [name, value(item)]));
}

function watch(t, s) {
  t.events(s, '', 'data');
  s.on('error', (error) => t('errno', error.errno ?? null));
  s.on('close', () => t('closed', s.bytesWritten, s._closed, s.destroyed));
  return s;
}

const after = (s, event, then) => s.once(event, () => setImmediate(then));

const running = ({ kind, options, chunks, end, gap }) => (t) => {
  const s = watch(t, new zlib[kind](value(options)));
  const rest = chunks.map(bytes);
  const next = () => {
    if (rest.length) s.write(rest.shift(), (error) => { t('cb', error); if (gap && !error) next(); });
    else if (end) s.end(t.callback('end cb'));
    else return false;
    return true;
  };
  if (gap) next();
  else for (let i = 0; i <= chunks.length; i++) next();
};

export const scenarios = {
  ...Object.fromEntries(Object.entries(table.runs).map(([name, run]) => [name, running(run)])),

  options(t) {
    for (const [kind, options] of table.options) t.call(kind + ' ' + JSON.stringify(options).replaceAll('"', ''), () => new zlib[kind](value(options)).readableHighWaterMark);
  },
  constants(t) {
    t('constants', Object.entries(zlib.constants).map(([name, number]) => `${name}=${number}`).sort());
    t('codes', Object.entries(zlib.codes).map(([name, number]) => `${name}=${number}`).sort());
    t('module', zlib.Z_BEST_SPEED, zlib.Z_DATA_ERROR);
  },
  crc32(t) {
    for (const args of [['abc'], ['abc', 7], [''], ['\u00e9'], [bytes('616263')], [bytes('0000'), 0], ['abc', 2 ** 32 - 1]]) t('crc32', zlib.crc32(...args));
    for (const args of [[5], [[1]], ['abc', 'x'], ['abc', -1], ['abc', 2 ** 32], ['abc', 1.5]]) t.call('crc32', zlib.crc32, ...args);
  },
  properties(t) {
    const s = zlib.createGzip({ encoding: 'utf8', objectMode: true, info: true });
    t('modes', s.readableObjectMode, s.writableObjectMode, s.readableEncoding);
    t('marks', s.readableHighWaterMark, s.writableHighWaterMark);
    t('own', s._closed, s.bytesWritten, s._level, s._strategy);
    t('readable object mode', zlib.createGzip({ readableObjectMode: true }).readableObjectMode);
  },
  flush_calls_back(t) {
    const s = watch(t, zlib.createGzip());
    s.flush(t.callback('flushed'));
    t('sync');
  },
  flush_twice(t) {
    const s = watch(t, zlib.createDeflate());
    s.write('abc');
    s.flush(() => { t('flushed'); s.flush(() => { t('flushed again'); s.end('def'); }); });
  },
  flush_kinds(t) {
    for (const kind of ['x', -1, 6, null]) t.call('zlib', () => zlib.createDeflate().flush(kind === null ? Infinity : kind));
    for (const kind of ['x', 4, 3.5]) t.call('brotli', () => zlib.createBrotliCompress().flush(kind));
    for (const kind of ['x', 3, 2.5]) t.call('zstd', () => zlib.createZstdCompress().flush(kind));
  },
  flush_then_write(t) {
    const s = watch(t, zlib.createDeflate());
    s.write('abc', t.callback('written'));
    s.flush(zlib.constants.Z_FINISH, () => { t('flushed'); s.write('def', t.callback('written')); });
  },
  flush_after_end(t) {
    const s = watch(t, zlib.createDeflate());
    s.end('abc');
    s.flush(t.callback('flushed'));
    after(s, 'close', () => { s.flush(t.callback('flushed')); t('sync'); });
  },
  flush_after_close(t) {
    const s = watch(t, zlib.createDeflate());
    s.close();
    s.flush(t.callback('flushed'));
  },
  flush_of_a_decompressor(t) {
    const s = watch(t, zlib.createGunzip());
    s.write(gzip.subarray(0, 15));
    s.flush(zlib.constants.Z_SYNC_FLUSH, t.callback('flushed'));
    s.flush(zlib.constants.Z_FINISH, t.callback('flushed'));
  },
  brotli_flush(t) {
    const s = watch(t, zlib.createBrotliCompress());
    s.write('abc');
    s.flush(() => { t('flushed'); s.flush(zlib.constants.BROTLI_OPERATION_FINISH, () => { t('finished'); s.write('x'); }); });
  },
  zstd_flush(t) {
    const s = watch(t, zlib.createZstdCompress());
    s.write('abc');
    s.flush(() => { t('flushed'); s.flush(zlib.constants.ZSTD_e_end, () => { t('ended'); s.end('def'); }); });
  },
  zstd_ends_twice(t) {
    const s = watch(t, zlib.createZstdCompress());
    s.write('abc');
    s.flush(zlib.constants.ZSTD_e_end, () => s.end());
  },
  params(t) {
    for (const args of [[10, 0], [0, 9], ['x', 0], [1, 'x']]) t.call('params', () => zlib.createDeflate().params(...args, () => {}));
    const s = watch(t, zlib.createDeflate());
    s.params(-1, 0, t.callback('nothing to do'));
    s.params(0, 0, (error) => { t('changed', error, s._level, s._strategy); s.end('abc'); });
    t('sync', s._level);
  },
  params_of_a_decompressor(t) {
    const s = watch(t, zlib.createGunzip());
    s.params(1, 1, t.callback('changed'));
    t('zstd', 'params' in zlib.createZstdCompress());
  },
  params_after_end(t) {
    const s = watch(t, zlib.createGzip());
    s.end();
    s.params(1, 1, t.callback('changed'));
  },
  reset_before_write(t) {
    const s = watch(t, zlib.createDeflate());
    t.call('reset', () => s.reset());
    s.end('abc');
  },
  reset_while_writing(t) {
    const s = watch(t, zlib.createDeflate());
    s.write('');
    t.call('reset', () => s.reset());
    s.end('abc');
  },
  reset_in_the_middle(t) {
    const s = watch(t, zlib.createGunzip());
    s.write(gzip.subarray(0, 15), () => { t.call('reset', () => s.reset()); s.end(gzip); });
  },
  close_calls_back(t) {
    const s = watch(t, zlib.createGzip());
    s.close(t.callback('closed 1'));
    t('sync', s._closed, s.destroyed);
    s.close(t.callback('closed 2'));
    after(s, 'close', () => s.close(t.callback('closed 3')));
  },
  close_after_end(t) {
    const s = watch(t, zlib.createDeflateRaw());
    s.end('abc');
    after(s, 'close', () => s.close(t.callback('closed 1')));
  },
  close_after_write(t) {
    const s = watch(t, zlib.createGzip());
    s.write('abc', t.callback('written 1'));
    s.write('def', t.callback('written 2'));
    s.close(t.callback('closed 1'));
    t('sync');
  },
  close_in_data(t) {
    const s = watch(t, zlib.createGunzip());
    s.on('data', () => s.close());
    s.end(gzip, t.callback('end cb'));
  },
  close_after_an_error(t) {
    const s = watch(t, zlib.createGunzip());
    s.on('error', () => s.close(t.callback('closed 1')));
    s.write('this is not gzip');
  },
  destroy_in_data(t) {
    const s = watch(t, zlib.createGunzip());
    s.on('data', () => s.destroy());
    s.write(gzip, t.callback('written'));
  },
  destroy_after_write(t) {
    const s = watch(t, zlib.createGzip());
    s.write('abc', t.callback('written'));
    s.destroy(new Error('boom'));
  },
  write_after_end(t) {
    const s = watch(t, zlib.createGzip());
    s.end('abc');
    s.write('x', t.callback('written'));
  },
  write_after_close(t) {
    const s = watch(t, zlib.createGzip());
    s.close();
    s.write('x', t.callback('written'));
  },
  write_behind_the_end_of_the_data(t) {
    const s = watch(t, zlib.createGunzip());
    s.write(Buffer.concat([gzip, bytes('0000')]), () => s.write(gzip, t.callback('written')));
  },
  write_what_is_no_bytes(t) {
    for (const chunk of [5, null, {}, []]) t.call('write', (given) => zlib.createGzip().write(given), chunk);
    const s = watch(t, zlib.createDeflateRaw({ level: 0 }));
    s.end('00ff', 'hex');
  },
  corked_writes(t) {
    const s = watch(t, zlib.createDeflateRaw({ level: 0 }));
    s.cork();
    s.write('ab', t.callback('written 1'));
    s.write('cd', t.callback('written 2'));
    s.uncork();
    s.flush(() => s.end());
  },
  backpressure(t) {
    const s = zlib.createGunzip({ highWaterMark: 2000, chunkSize: 1000 });
    t.on(s, '', 'end', 'finish', 'drain', 'close');
    t('write', s.write(zlib.gzipSync(Buffer.alloc(10000)), t.callback('written')));
    s.end();
    s.once('readable', () => setTimeout(() => {
      t('held', s.readableLength, s.writableLength);
      t('read', s.read(500).length);
      setTimeout(() => {
        t('held', s.readableLength, s.writableLength);
        s.on('data', (chunk) => t('data', chunk.length));
      }, 50);
    }, 50));
  },
  an_encoding(t) {
    const s = watch(t, zlib.createGunzip());
    s.setEncoding('utf8');
    s.end(zlib.gzipSync('\u00e4\u00f6\u00fc'));
  },
  auto_destroy_false(t) {
    const s = watch(t, zlib.createGunzip({ autoDestroy: false }));
    s.on('end', () => setImmediate(() => { t('at end', s.destroyed, s._closed); s.destroy(); }));
    s.end(gzip);
  },
  auto_destroy_false_and_an_error(t) {
    const s = watch(t, zlib.createGunzip({ autoDestroy: false, emitClose: false }));
    s.on('error', () => setImmediate(() => t('later', s.destroyed, s._closed)));
    s.end('xxxx');
  },
};
