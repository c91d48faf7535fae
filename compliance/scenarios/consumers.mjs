import { PassThrough, Readable } from 'node:stream';
import * as consumers from 'node:stream/consumers';

const bytes = (...numbers) => Buffer.from(numbers);
const source = (...chunks) => Readable.from(chunks);
const outcome = async (t, label, promise) => {
  try { t(label, await promise); } catch (error) { t(`${label} rejects`, error); }
};
// JSON's own complaints are in the words of the language.
const refused = async (t, label, promise) => {
  try { t(label, await promise); } catch { t(`${label} is refused`); }
};

export const scenarios = {
  async each(t) {
    for (const name of ['buffer', 'bytes', 'text']) t(name, await consumers[name](source('a', bytes(98, 99), 'd')));
    t('arrayBuffer', Buffer.from(await consumers.arrayBuffer(source('a', bytes(98)))));
    t('json', await consumers.json(source('{"a": [1, 2', ', null]}')));
  },
  async of_nothing(t) {
    t('buffer', await consumers.buffer(source()));
    t('text', await consumers.text(source()));
    await refused(t, 'json', consumers.json(source()));
  },
  async of_any_iterable(t) {
    t('array', await consumers.text(['a', 'b']));
    t('generator', await consumers.text((function* () { yield 'a'; yield 'b'; })()));
    t('async generator', await consumers.buffer((async function* () { yield 'a'; yield bytes(98); })()));
    t('promises', await consumers.text([Promise.resolve('a'), 'b']));
    await outcome(t, 'byte stream', consumers.text(new PassThrough().end('ab')));
  },
  async text_is_decoded_as_one(t) {
    t('split', await consumers.text(source(bytes(0xe2), bytes(0x82), bytes(0xac))));
    t('broken', await consumers.text(source(bytes(0x66, 0xed, 0xa0, 0x80))));
    t('cut', await consumers.text(source(bytes(0x61, 0xe2, 0x82))));
    t('mark', await consumers.text(source(bytes(0xef, 0xbb), bytes(0xbf, 0x61))));
    t('second mark', await consumers.text(source(bytes(0x61, 0xef, 0xbb, 0xbf))));
    t('mark in a string', await consumers.text(source('\ufeffa')));
    t('string between', await consumers.text(source(bytes(0xe2), 'x', bytes(0x82, 0xac))));
  },
  async json_that_is_none(t) {
    for (const text of ['', '{a', 'NaN', '-Infinity', '1 2', '\ufeff1']) await refused(t, JSON.stringify(text), consumers.json([text]));
    t('with a mark', await consumers.json([bytes(0xef, 0xbb, 0xbf, 0x31)]));
  },
  async chunks_that_are_neither(t) {
    t('buffer', await consumers.buffer(source({}, 1, true, 1.5, [1, 'a', [2, null]], 'x')));
    const s = t.events(source(1, 2, 3));
    await outcome(t, 'text', consumers.text(s));
    t('destroyed', s.destroyed);
    await outcome(t, 'json', consumers.json(source({})));
  },
  async a_stream_that_fails(t) {
    for (const name of ['arrayBuffer', 'buffer', 'bytes', 'text', 'json']) {
      const s = new PassThrough();
      const promise = consumers[name](s);
      s.write('a');
      s.destroy(new Error('boom'));
      await outcome(t, name, promise);
    }
  },
  async a_stream_that_was_destroyed(t) {
    const s = new PassThrough().destroy();
    await outcome(t, 'text', consumers.text(s));
  },
  async not_even_an_iterable(t) {
    await refused(t, 'number', consumers.text(5));
    await refused(t, 'nothing', consumers.buffer());
  },
};
