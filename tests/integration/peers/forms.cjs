// Forms as Node reads and writes them. forms.cjs read: a form comes on stdin, `{type, bytes}` with the bytes in base64; what it
// holds is printed. forms.cjs write: such a form is printed. forms.cjs post PORT: such a form is posted, the answer printed.
'use strict';
const { readFileSync } = require('node:fs');

const say = (result) => console.log(JSON.stringify(result));

const tasks = {
  async read() {
    const { type, bytes } = JSON.parse(readFileSync(0, 'utf8'));
    const form = await new Response(Buffer.from(bytes, 'base64'), { headers: { 'content-type': type } }).formData();
    const found = [];
    for (const [name, value] of form) {
      if (typeof value === 'string') found.push([name, value]);
      else found.push([name, value.name, value.type, Buffer.from(await value.arrayBuffer()).toString('base64')]);
    }
    say(found);
  },
  async write() {
    const response = new Response(aForm());
    say({ type: response.headers.get('content-type'), bytes: Buffer.from(await response.arrayBuffer()).toString('base64') });
  },
  async post() {
    const response = await fetch(`http://127.0.0.1:${process.argv[3]}/`, { method: 'POST', body: aForm() });
    say(await response.json());
  },
};

function aForm() {
  const form = new FormData();
  form.append('plain', '1');
  form.append('\u00e9"\r\n;\\', 'l1\nl2');
  form.append('file', new File([Buffer.from([0, 255, 13, 10, 45, 45])], 'a"b\\;\u20ac.bin', { type: 'x/y; z=1' }));
  form.append('blob', new Blob(['\r\n--']));
  form.append('large', new File([Buffer.alloc(700000, '\r\n-')], 'large'));
  return form;
}

tasks[process.argv[2]]();
