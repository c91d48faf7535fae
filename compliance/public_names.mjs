// Writes down, as JSON, every name that Node's events and streams have: what the modules export, and for each class its
// static members and those of its instances, of which a kind is told: method, value, read-only or settable.

import events from 'node:events';
import stream from 'node:stream';
import consumers from 'node:stream/consumers';
import promises from 'node:stream/promises';

const shown = (key) => (typeof key === 'symbol' ? `[${key.description}]` : key);
const statics = (value) => Reflect.ownKeys(value).map(shown)
  .filter((name) => !['length', 'name', 'prototype'].includes(name)).sort();

function kind({ get, set, value }) {
  if (get) return set ? 'settable' : 'read-only';
  return typeof value === 'function' ? 'method' : 'value';
}

function members(prototype) {
  const found = {};
  for (const key of Reflect.ownKeys(prototype)) {
    if (key !== 'constructor') found[shown(key)] = kind(Object.getOwnPropertyDescriptor(prototype, key));
  }
  return found;
}

const { EventEmitter, EventEmitterAsyncResource } = events;
const { Stream, Readable, Writable, Duplex, Transform, PassThrough } = stream;
const classes = {
  EventEmitter, EventEmitterAsyncResource, EventTarget, Event, CustomEvent, AbortController, AbortSignal, Stream, Readable,
  Writable, Duplex, Transform, PassThrough,
};
const ofClass = (cls) => ({ statics: statics(cls), members: members(cls.prototype) });
console.log(JSON.stringify({
  modules: {
    events: statics(events), stream: statics(stream), promises: statics(promises), consumers: statics(consumers),
  },
  classes: Object.fromEntries(Object.entries(classes).map(([name, cls]) => [name, ofClass(cls)])),
}));
