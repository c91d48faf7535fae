// Where a script is played: who is there, what has happened, and what is written down of it. The twin of _stage.py.

import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { rounds } from '../peers.mjs';
import { show } from '../trace.mjs';

export const LISTENED = JSON.parse(readFileSync(new URL('./listened.json', import.meta.url), 'utf8'));

// Of these events what comes second is of no interest.
const ONE_ARGUMENT = / (free|unpipe)$/;

// What differs from run to run, taken out.
const masked = (text) => text.replace(/Date: [^\\\r]*/g, 'Date: <DATE>')
  .replace(/(127\.0\.0\.1|localhost|::1):\d+/g, '$1:<PORT>');

export class Stage {
  constructor(t, script, perform) {
    this.script = { on: {}, deaf: [], ...script };
    this.side = script.side;
    this.things = {};
    this.over = false;
    this.t = t;
    this.perform = perform;
    this.names = new Map();
    this.counts = {};
    this.waited = {};
    this.changed = () => {};
  }

  write(label, ...values) {
    if (!this.over) this.t(masked(label + values.map((value) => ` ${this.shown(value)}`).join('')));
  }

  // The name of a thing that has one; else the value itself.
  shown(value) { return this.names.get(value) ?? show(value); }

  // Give a thing a name, and listen to its events.
  add(kind, thing) {
    if (this.names.has(thing)) return;
    let name = kind;
    for (let number = 2; name in this.things; number++) name = kind + number;
    this.things[name] = this.things[`last_${kind}`] = thing;
    this.names.set(thing, name);
    const own = Object.keys(this.script.on).map((key) => key.split(' ')).filter(([owner]) => owner === name);
    for (const event of new Set([...LISTENED[this.side][kind] ?? [], ...own.map(([, event]) => event)])) {
      if (!this.script.deaf.includes(`${name} ${event}`)) this.listen(name, event);
    }
  }

  // Write down an event when it comes, and do what the script says.
  listen(name, event) {
    const steps = this.script.on[`${name} ${event}`] ?? [];
    const happen = (args) => {
      this.join(event, args);
      this.happened(`${name} ${event}`, ...args);
    };
    if (steps[0]?.[0] === 'async') {
      this.things[name].on(event, async (...args) => { happen(args); this.perform(this, steps.slice(1)); });
    } else {
      this.things[name].on(event, (...args) => { happen(args); this.perform(this, steps); });
    }
  }

  // Add those that an event brings on stage.
  join(event, args) {
    for (const [index, kinds] of (LISTENED.joining[event] ?? []).entries()) {
      if (kinds[this.side] && args[index] instanceof EventEmitter) this.add(kinds[this.side], args[index]);
    }
  }

  // What a path like "req.socket.timeout" leads to.
  property(path) {
    const [name, ...keys] = path.split('.');
    return keys.reduce((thing, key) => thing?.[key], this.things[name]);
  }

  // Write down an event or a callback, and let those go on who wait for it.
  happened(label, ...args) {
    const given = args.filter((arg) => arg !== undefined && arg !== null);
    this.write(label, ...(ONE_ARGUMENT.test(label) ? given.slice(0, 1) : given));
    this.count(label);
  }

  count(label) {
    this.counts[label] = (this.counts[label] ?? 0) + 1;
    this.changed();
  }

  // Wait until it has happened once more than was waited for, and let what follows from it happen.
  async until(label) {
    const wanted = this.waited[label] = (this.waited[label] ?? 0) + 1;
    while ((this.counts[label] ?? 0) < wanted) await new Promise((resolve) => { this.changed = resolve; });
    await rounds(4);
  }
}
