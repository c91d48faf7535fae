// Forms: what they are made of, how they are written, and what is read. Bytes to read are in fetch_forms.json.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const TABLES = JSON.parse(fs.readFileSync(new URL('fetch_forms.json', import.meta.url), 'utf8'));
const MULTIPART = 'multipart/form-data; boundary=X';
const URLENCODED = 'application/x-www-form-urlencoded';

const complaint = (error) => `${error.name}: ${error.message}`;

function attempt(t, label, action) {
  try {
    t(label, action());
  } catch (error) {
    t(label, complaint(error));
  }
}

async function outcome(t, label, promise) {
  try {
    t(label, await promise);
  } catch (error) {
    t(label, complaint(error), error.name);
  }
}

async function entries(form) {
  const found = [];
  for (const [name, value] of form) {
    const bytes = typeof value === 'string' ? null : new Uint8Array(await value.arrayBuffer());
    found.push(bytes === null ? [name, value] : [name, value.name, value.type, bytes]);
  }
  return found;
}

const text = (row) => (typeof row === 'string' ? row : row.map((piece) => (typeof piece === 'string' ? piece : piece[0].repeat(piece[1]))).join(''));
const received = (body, type) => new Response(Buffer.from(body, 'latin1'), { headers: { 'content-type': type } });

// What is read of a body, or why not.
async function read(t, label, body, type = MULTIPART) {
  const short = JSON.stringify(label.length > 100 ? `${label.slice(0, 100)}...` : label);
  try {
    t(short, await entries(await received(body, type).formData()));
  } catch (error) {
    t(short, `${error.name}: ${error.message}`);
  }
}

const aPart = (disposition) => `--X\r\nContent-Disposition: form-data${disposition}\r\n\r\nv\r\n--X--\r\n`;
const framed = (boundary) => `--${boundary}\r\nContent-Disposition: form-data; name="a"\r\n\r\nv\r\n--${boundary}--\r\n`;

const reading = (name, make) => async (t) => {
  for (const row of TABLES[name]) await read(t, ...make(row));
};
const disposition = (row) => [row, aPart(row)];
const frame = (row) => [text(row), text(row)];
const type = ([type, boundary]) => [type, framed(boundary), type];

// The bytes of a form; the boundary is said to be X.
async function written(t, label, form) {
  const response = new Response(form);
  const boundary = response.headers.get('content-type').split('boundary=')[1];
  t(`${label} type`, response.headers.get('content-type').replace(boundary, 'X'), /^----formdata-undici-0\d{11}$/.test(boundary));
  t(`${label} bytes`, Buffer.from((await response.text()).replaceAll(boundary, 'X')));
}

function aForm(...pairs) {
  const form = new FormData();
  for (const [name, value] of pairs) form.append(name, value);
  return form;
}

const inFolder = (body) => async (t) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'forms-'));
  try { await body(t, (name) => path.join(folder, name)); } finally { fs.rmSync(folder, { recursive: true }); }
};

export const scenarios = {
  dispositions: reading('dispositions', disposition),
  frames: reading('frames', frame),
  types: reading('types', type),
  urlencoded: reading('urlencoded', (row) => (typeof row === 'string' ? [row, row, URLENCODED] : [row[0], ...row])),
  backslash_quotes: reading('backslash_quotes', disposition),
  blanks_around_a_header_name: reading('blanks_around_a_header_name', frame),
  a_language_of_a_file_name: reading('a_language_of_a_file_name', disposition),
  a_broken_file_name: reading('a_broken_file_name', disposition),
  headers_too_large: reading('headers_too_large', frame),
  a_boundary_in_a_header: reading('a_boundary_in_a_header', frame),
  the_boundary_without_its_dashes: reading('the_boundary_without_its_dashes', frame),
  a_long_boundary: reading('a_long_boundary', type),
  async writing(t) {
    await written(t, 'empty', new FormData());
    await written(t, 'fields', aForm(['a', '1'], ['', ''], ['b', 'l1\nl2\rl3\r\nl4\n\r'], ['q"\r\n%\u00e9;\\', '\ud800x']));
    await written(t, 'files', aForm(
      ['f', new File(['zz', new Uint8Array([0, 1, 2])], 'f.txt', { type: 'TEXT/Plain; A=B' })],
      ['g', new File([], 'a"b\r\nc\rd\\\u00e9%.txt')],
      ['n\n', new Blob(['q'])],
      ['empty', new File(['x'], '')],
    ));
    await outcome(t, 'again', entries(await new Response(aForm(['q"\r\n%\u00e9;', 'x\ny'], ['f', new File(['z'], 'a"b\r\n;\u20ac.txt', { type: 'x/y' })])).formData()));
  },
  form_data(t) {
    const wrong = new FormData();
    for (const value of [5, 'b', true]) {
      attempt(t, 'append', () => wrong.append('a', value, 'c'));
      attempt(t, 'set', () => wrong.set('a', value, 'c'));
    }
    const form = aForm(['n', 5], ['z', null], ['o', {}], ['l', [1, null, 2]], ['t', true], [5, 'x'], ['\ud800', 'y\udc00']);
    t('values', [...form]);
    form.append('n', '6');
    t('get', form.get('n'), form.get('no'), form.getAll('n'), form.getAll('no'), form.has('n'), form.has('no'));
    form.set('n', 7);
    form.set('new', 8);
    form.delete('z');
    form.delete('no');
    t('changed', [...form.entries()], [...form.keys()], [...form.values()]);
    form.forEach((value, name, whole) => t('each', value, name, whole === form));
    const seen = [];
    const live = aForm(['a', '1']);
    for (const [name] of live) {
      seen.push(name);
      if (seen.length < 3) live.append(`b${seen.length}`, 'x');
    }
    t('live', seen);
    const blob = new Blob(['x'], { type: 'a/b' });
    const file = new File(['x'], 'f.txt', { type: 'text/plain', lastModified: 5 });
    const files = new FormData();
    files.append('b', blob);
    files.append('b', blob, 'name');
    files.append('f', file);
    files.append('f', file, 'other');
    files.set('s', blob, 5);
    for (const [name, value] of files) {
      t('file', name, value.name, value.type, value.size, value instanceof File, value === file, value.name === 'other' ? value.lastModified : 0);
    }
    t('the same', files.get('b') === files.get('b'));
  },
  file(t) {
    for (const name of ['a/b\\c', 5, 'a\ud800', '\ud83d\ude00', null]) t('name', new File([], name).name);
    for (const lastModified of [5, '7', 1.5, -3, NaN, Infinity, {}, true, 'x']) t('date', new File([], 'a', { lastModified }).lastModified);
    attempt(t, 'parts', () => new File(5, 'a'));
    attempt(t, 'options', () => new File([], 'a', 5));
    attempt(t, 'endings', () => new File([], 'a', { endings: 'x' }));
    const file = new File(['ab', 'c'], 'a', { type: 'A/B' });
    const slice = file.slice(1, 2);
    t('slice', slice.size, slice.type, slice instanceof File, slice instanceof Blob);
  },
  params(t) {
    const made = [
      '', 'a=1&b=2', '?a=1', '??a=1', 'a', '=', '&', 'a=1&&b', 'a=b=c', '%41=%zz&%c3%a9', 'a+b=c+d', '+=%2B', 'a=%4', 'a;b=1', '\u00e9=\u00fc', '\ud800=x',
      '%ef%bb%bfa=1', 'a=\x00', 5, true, null, { a: 1, b: [2, 3], c: null }, [['a', '1'], ['b', 2]], [['a']], [['a', 1, 2]], [5], ['ab'],
      new URLSearchParams('a=1&a=2'), aForm(['a', 'b']),
    ];
    for (const init of made) {
      attempt(t, 'made', () => {
        const params = new URLSearchParams(init);
        return [[...params], params.toString(), params.size];
      });
    }
    let ascii = '';
    for (let code = 0; code < 128; code++) ascii += String.fromCharCode(code);
    t('ascii', new URLSearchParams([[ascii, '']]).toString());
    const params = new URLSearchParams('b=2&a=1&b=3&c=4');
    t('get', params.get('b'), params.get('no'), params.getAll('b'), params.getAll('no'));
    t('has', params.has('b'), params.has('b', '2'), params.has('b', '9'), params.has('no'));
    const left = (change) => {
      const copy = new URLSearchParams(params);
      change(copy);
      return copy.toString();
    };
    t('delete', left((p) => p.delete('b')), left((p) => p.delete('b', '2')), left((p) => p.delete('no')));
    t('set', left((p) => p.set('b', 9)), left((p) => p.set('no', 9)), left((p) => p.append('d', null)));
    t('sort', new URLSearchParams(left((p) => p.sort())).toString());
    const odd = new URLSearchParams('z=1&a=2&z=0&\u{1F600}=e&\uffff=f&a=1');
    odd.sort();
    t('sorted', odd.toString());
    t('iterators', [...params], [...params.keys()], [...params.values()], [...params.entries()]);
  },
  file_on_disk: inFolder(async (t, file) => {
    fs.writeFileSync(file('x'), 'hello world');
    for (const wrong of [5, 'a\0b']) attempt(t, 'path', () => fs.openAsBlob(wrong));
    for (const wrong of [5, { type: 5 }]) attempt(t, 'options', () => fs.openAsBlob(file('x'), wrong));
    const blob = await fs.openAsBlob(file('x'), { type: 'A/b' });
    const slice = blob.slice(2, 7);
    t('blob', blob.size, blob.type, await blob.text(), await blob.bytes());
    t('slices', slice.size, await slice.text(), await slice.slice(-2).text(), blob.slice(20).size, blob.slice(5, 1e9).size);
    t('combined', await new Blob(['<', blob, slice.slice(1), '>']).text());
    const lengths = async (of) => {
      const found = [];
      for await (const chunk of of.stream()) found.push(chunk.length);
      return found;
    };
    fs.writeFileSync(file('large'), Buffer.alloc(150000));
    const large = await fs.openAsBlob(file('large'));
    t('chunks', await lengths(large), await lengths(large.slice(1, 70000)), await lengths(new Blob(['a', large.slice(0, 70000), 'bb'])));
    let decoded = '';
    for await (const chunk of blob.textStream()) decoded += chunk;
    t('decoded', decoded);
    const form = aForm(['a', '1'], ['f', blob]);
    await written(t, 'form', form);
    fs.appendFileSync(file('x'), '!');
    for (const [label, one] of [['blob', blob], ['slice', slice], ['combined', new Blob(['<', blob])]]) {
      await outcome(t, `${label} text`, one.text());
      await outcome(t, `${label} bytes`, one.arrayBuffer());
      await outcome(t, `${label} stream`, lengths(one));
    }
    fs.writeFileSync(file('e'), '');
    const empty = await fs.openAsBlob(file('e'));
    t('empty', empty.size, await empty.text());
    fs.writeFileSync(file('e'), 'x');
    await outcome(t, 'empty', empty.text());
    fs.writeFileSync(file('m'), 'x');
    const moved = await fs.openAsBlob(file('m'));
    fs.renameSync(file('m'), file('n'));
    await outcome(t, 'moved', moved.text());
    fs.renameSync(file('n'), file('m'));
    await outcome(t, 'moved back', moved.text());
  }),
};
