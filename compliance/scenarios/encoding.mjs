import { Readable, Writable } from 'node:stream';

const open = (options) => new Readable({ read() {}, ...options });
const euro = Buffer.from('\u20ac\u{1f600}\u00e9');

function bytewise(t, encoding, bytes) {
  const r = open({ encoding });
  r.on('data', t.callback(encoding));
  r.on('end', t.callback(`${encoding} end`));
  for (const byte of bytes) r.push(Buffer.from([byte]));
  r.push(null);
}

export const scenarios = {
  set_encoding_makes_strings(t) {
    const r = t.events(open(), '', 'data');
    t('returns', r.setEncoding('utf8') === r, r.readableEncoding);
    r.push(Buffer.from('a\u00e9'));
    r.push(null);
  },
  characters_split_over_chunks_come_out_whole(t) {
    for (const encoding of ['utf8', 'utf-8', 'UTF8', 'utf16le', 'ucs2', 'latin1', 'binary', 'ascii', 'hex', 'base64', 'base64url']) {
      bytewise(t, encoding, euro);
    }
  },
  utf16_surrogates_split(t) {
    bytewise(t, 'utf16le', Buffer.from('a\u{1f600}b', 'utf16le'));
  },
  broken_utf8(t) {
    for (const text of ['ff', 'e2', 'e282', 'e28241', 'f09f98', 'c0af', 'eda080', '61e2', 'f8888080', 'e2e282ac']) bytewise(t, 'utf8', Buffer.from(text, 'hex'));
  },
  incomplete_at_the_end(t) {
    bytewise(t, 'utf8', [0x61, 0xe2, 0x82]);
    bytewise(t, 'utf16le', [0x61, 0x00, 0x62]);
    bytewise(t, 'base64', [0x61, 0x62]);
    bytewise(t, 'utf16le', [0x3d, 0xd8]);
  },
  a_byte_order_mark_stays(t) {
    bytewise(t, 'utf8', [0xef, 0xbb, 0xbf, 0x61]);
  },
  what_is_buffered_already_is_decoded(t) {
    const r = t.events(open(), '', 'data');
    r.push(Buffer.from('ab'));
    r.push(Buffer.from([0xe2]));
    r.setEncoding('utf8');
    t('length', r.readableLength, r.readableBuffer);
    r.push(Buffer.from([0x82, 0xac]));
    r.push(null);
  },
  read_counts_characters(t) {
    const r = open();
    r.setEncoding('utf8');
    r.push(Buffer.from('a\u20acb\u{1f600}'));
    t('read', r.readableLength, r.read(2), r.read(2), r.read());
  },
  strings_of_the_same_encoding_stay(t) {
    const r = t.events(open({ encoding: 'utf8' }), '', 'data');
    r.push('\u20ac', 'utf8');
    r.push('6162', 'hex');
    r.push(null);
  },
  hex_and_base64_of_strings(t) {
    const r = t.events(open({ encoding: 'hex' }), '', 'data');
    r.push('ab');
    r.push(null);
  },
  unshift_with_an_encoding(t) {
    const r = open({ encoding: 'utf8' });
    r.push('b');
    r.unshift('a');
    r.unshift(Buffer.from('0'));
    t('read', r.readableLength, r.read());
  },
  unknown_encodings(t) {
    t.call('option', () => open({ encoding: 'bogus' }));
    t.call('method', () => open().setEncoding('bogus'));
    t.call('number', () => open().setEncoding(5));
    const r = t.events(open());
    t.call('push', () => r.push('a', 'bogus'));
  },
  set_encoding_without_name_is_utf8(t) {
    const r = t.events(open(), '', 'data');
    r.setEncoding();
    t('encoding', r.readableEncoding);
    r.push(euro);
    r.push(null);
  },
  default_encoding_of_push(t) {
    const r = t.events(open({ defaultEncoding: 'hex' }), '', 'data');
    r.push('6162');
    r.push('a', 'utf8');
    r.push(null);
  },
  bad_hex_and_base64(t) {
    const w = new Writable({ write(chunk, encoding, callback) { t('_write', chunk); callback(); } });
    for (const text of ['6', '616', '61zz', 'zz', '']) w.write(text, 'hex');
    for (const text of ['YQ', 'YQ==', 'Y Q = =', 'YW-_', 'YW+/', 'Y*Q', 'Y']) w.write(text, 'base64');
  },
  lone_surrogates(t) {
    const w = new Writable({ write(chunk, encoding, callback) { t('_write', chunk); callback(); } });
    w.write('\ud83d'); w.write('\ude00'); w.write('a\ud83db'); w.write('\ud83d', 'utf16le');
  },
  non_latin_characters_as_latin1(t) {
    const w = new Writable({ write(chunk, encoding, callback) { t('_write', chunk); callback(); } });
    w.write('\u20ac\u0100', 'latin1'); w.write('\u20ac\u00e9', 'ascii'); w.write('\u{1f600}', 'latin1');
  },
};
