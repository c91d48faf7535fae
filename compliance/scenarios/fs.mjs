import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';

const EVENTS = ['open', 'ready', 'data'];
const closed = (stream) => new Promise((resolve) => stream.once('close', resolve));

// Something done in a folder of its own, with a file "ten" of ten bytes in it.
const inFolder = (body) => async (t) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'fs-'));
  const file = (name) => path.join(folder, name);
  fs.writeFileSync(file('ten'), '0123456789');
  const watch = (stream, prefix = '') => {
    stream.on('open', (fd) => t(`${prefix}open`, typeof fd === 'number'));
    stream.on('error', (error) => t(`${prefix}error`, error.code ?? null, error.syscall ?? null, error.errno ?? null, error.message.replaceAll(folder, '.')));
    return t.on(stream, prefix, 'ready', 'end', 'drain', 'prefinish', 'finish', 'close');
  };
  try { await body(t, file, watch); } finally { fs.rmSync(folder, { recursive: true }); }
};

const text = (name) => fs.readFileSync(name, 'latin1');

function reading(options) {
  return inFolder(async (t, file, watch) => {
    const r = watch(fs.createReadStream(file('ten'), options));
    r.on('data', t.callback('data'));
    await closed(r);
    t('read', r.bytesRead);
  });
}

export const scenarios = {
  read_all: reading({}),
  read_in_small_pieces: reading({ highWaterMark: 4 }),
  read_a_range: reading({ start: 2, end: 5 }),
  read_from: reading({ start: 7 }),
  read_to: reading({ end: 0 }),
  read_beyond: reading({ start: 20 }),
  read_as_text: reading('utf8'),
  read_with_an_encoding: reading({ encoding: 'hex', highWaterMark: 3 }),
  states_of_a_read_stream: inFolder(async (t, file, watch) => {
    const r = watch(fs.createReadStream(file('ten')));
    t('new', r.pending, r.fd, r.path === file('ten'), r.flags, r.mode, r.start ?? null, r.end, r.bytesRead, r.readableHighWaterMark);
    r.on('ready', () => t('ready', r.pending, typeof r.fd));
    r.resume();
    await closed(r);
    t.state(r);
    t('closed', r.fd, r.bytesRead);
  }),
  nothing_there: inFolder(async (t, file, watch) => { await closed(watch(fs.createReadStream(file('none')))); }),
  a_folder: inFolder(async (t, file, watch) => { await closed(watch(fs.createReadStream(path.dirname(file('x')))).resume()); }),
  destroyed_before_it_is_open: inFolder(async (t, file, watch) => {
    const r = watch(fs.createReadStream(file('ten')));
    r.destroy();
    await closed(r);
  }),
  destroyed_in_the_middle: inFolder(async (t, file, watch) => {
    const r = watch(fs.createReadStream(file('ten'), { highWaterMark: 2 }));
    r.once('data', (chunk) => { t('data', chunk); r.destroy(new Error('boom')); });
    await closed(r);
  }),
  write_all: inFolder(async (t, file, watch) => {
    const w = watch(fs.createWriteStream(file('new')));
    t('new', w.pending, w.fd, w.flags, w.mode, w.bytesWritten, w.writableHighWaterMark);
    t('write', w.write('a', t.callback('a')), w.write(Buffer.from('b'), t.callback('b')));
    w.end('\u00e9', t.callback('end'));
    await closed(w);
    t('written', w.bytesWritten, text(file('new')));
    t.state(w);
  }),
  write_encodings: inFolder(async (t, file, watch) => {
    const w = watch(fs.createWriteStream(file('new'), 'latin1'));
    w.write('\u00e9');
    w.end('6162', 'hex');
    await closed(w);
    t('written', text(file('new')));
  }),
  write_over: inFolder(async (t, file, watch) => {
    const w = watch(fs.createWriteStream(file('ten')));
    w.end('new');
    await closed(w);
    t('written', text(file('ten')));
  }),
  append: inFolder(async (t, file, watch) => {
    const w = watch(fs.createWriteStream(file('ten'), { flags: 'a' }));
    w.end('new');
    await closed(w);
    t('written', text(file('ten')));
  }),
  write_in_the_middle: inFolder(async (t, file, watch) => {
    const w = watch(fs.createWriteStream(file('ten'), { flags: 'r+', start: 3 }));
    w.write('ab');
    w.end('c');
    await closed(w);
    t('written', text(file('ten')));
  }),
  only_a_new_file: inFolder(async (t, file, watch) => {
    const w = watch(fs.createWriteStream(file('ten'), { flags: 'wx' }));
    w.write('x', (error) => t('cb', error.code));
    await closed(w);
  }),
  nowhere: inFolder(async (t, file, watch) => {
    const w = watch(fs.createWriteStream(file('no/where')));
    w.end('x', (error) => t('end', error.code));
    await closed(w);
  }),
  backpressure: inFolder(async (t, file, watch) => {
    const w = watch(fs.createWriteStream(file('new'), { highWaterMark: 2 }));
    t('write', w.write('abc'), w.write('def'));
    w.on('drain', () => w.end());
    await closed(w);
    t('written', text(file('new')));
  }),
  copy: inFolder(async (t, file) => {
    await pipeline(fs.createReadStream(file('ten'), { highWaterMark: 3 }), fs.createWriteStream(file('copy'), { highWaterMark: 2 }));
    t('copied', text(file('copy')));
  }),
  iterate: inFolder(async (t, file) => {
    for await (const chunk of fs.createReadStream(file('ten'), { highWaterMark: 6 })) t('chunk', chunk);
  }),
  close_with_a_callback: inFolder(async (t, file, watch) => {
    const r = watch(fs.createReadStream(file('ten')));
    const done = closed(r);
    r.on('ready', () => r.close((error) => t('closed', error ?? null)));
    await done;
    const w = watch(fs.createWriteStream(file('new')), 'w ');
    w.write('x');
    const over = closed(w);
    w.close((error) => t('w closed', error ?? null));
    await over;
    t('written', text(file('new')));
  }),
  bad_options(t) {
    t.call('start', () => { fs.createReadStream('x', { start: 'a' }); });
    t.call('end', () => { fs.createReadStream('x', { end: 'a' }); });
    t.call('order', () => { fs.createReadStream('x', { start: 2, end: 1 }); });
    t.call('negative', () => { fs.createReadStream('x', { start: -1 }); });
    t.call('path', () => { fs.createReadStream(5); });
    t.call('write start', () => { fs.createWriteStream('x', { start: 'a' }); });
    t.call('flags', () => { fs.createReadStream('x', { flags: 'bogus' }); });
  },
};
