// Writes down, as JSON, every name that Node has in one of the groups below, which is the argument: what the modules
// export; for each class its static members, those of its prototype, of which a kind is told (method, value,
// read-only or settable), and what a new instance has of its own; and which options a call looks for.

import buffer from 'node:buffer';
import events from 'node:events';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import stream from 'node:stream';
import consumers from 'node:stream/consumers';
import promises from 'node:stream/promises';
import web from 'node:stream/web';
import tls from 'node:tls';

const { EventEmitter, EventEmitterAsyncResource } = events;
const { Stream, Readable, Writable, Duplex, Transform, PassThrough } = stream;
const { BlockList, BoundSocket, SocketAddress, Socket } = net;
const { Agent, ClientRequest, IncomingMessage, OutgoingMessage, Server, ServerResponse } = http;

const quiet = (emitter) => emitter.on('error', () => {});

const { ReadableStreamTee, ...webClasses } = web; // which nobody can use
const byteStream = () => new ReadableStream({ type: 'bytes' });
const objectUrls = { ...only(URL, /ObjectURL$/), ...only(buffer, /ObjectURL$/) };

function only(holder, pattern) {
  return Object.fromEntries(Reflect.ownKeys(holder).filter((key) => pattern.test(String(key))).map((key) => [key, holder[key]]));
}

// Of each group the modules, the classes, how instances are made of those that have properties of their own, and calls
// with an object of options.
const GROUPS = {
  streams: {
    modules: { events, stream, promises, consumers },
    classes: {
      EventEmitter, EventEmitterAsyncResource, EventTarget, Event, CustomEvent, AbortController, AbortSignal, Stream,
      Readable, Writable, Duplex, Transform, PassThrough,
    },
    instances: {},
  },
  http: {
    modules: { http, net },
    classes: {
      Socket, NetServer: net.Server, BlockList, BoundSocket, SocketAddress, Agent, ClientRequest, IncomingMessage,
      OutgoingMessage, Server, ServerResponse,
    },
    instances: {
      Socket: () => new Socket(),
      NetServer: () => new net.Server(),
      Agent: () => new Agent(),
      ClientRequest: () => quiet(new ClientRequest({ createConnection: () => new Socket() })),
      IncomingMessage: () => new IncomingMessage(),
      OutgoingMessage: () => new OutgoingMessage(),
      Server: () => new Server(),
      ServerResponse: () => new ServerResponse({}),
    },
  },
  https: {
    modules: { https, tls },
    classes: { HttpsAgent: https.Agent, HttpsServer: https.Server, TLSServer: tls.Server, TLSSocket: tls.TLSSocket },
    instances: {
      HttpsAgent: () => new https.Agent(),
      HttpsServer: () => new https.Server(),
      TLSServer: () => new tls.Server(),
      TLSSocket: () => new tls.TLSSocket(),
    },
  },
  fetch: {
    modules: { fetch: { fetch, ...objectUrls } },
    classes: { Blob, File, FormData, Headers, Request, Response, URLSearchParams },
    instances: {},
    options: {
      Request: (init) => new Request('http://a/', init),
      Response: (init) => new Response('', init),
      'Response.json': (init) => Response.json({}, init),
      Blob: (init) => new Blob([], init),
      File: (init) => new File([], 'a', init),
    },
  },
  web: {
    modules: { web: webClasses },
    classes: webClasses,
    instances: {},
    options: {
      ReadableStream: (source) => new ReadableStream(source),
      'ReadableStream of bytes': (source) => { source.type = 'bytes'; return new ReadableStream(source); },
      WritableStream: (sink) => new WritableStream(sink),
      TransformStream: (transformer) => new TransformStream(transformer),
      TextDecoderStream: (init) => new TextDecoderStream('utf-8', init),
      CountQueuingStrategy: (init) => { init.highWaterMark = 1; return new CountQueuingStrategy(init); },
      ByteLengthQueuingStrategy: (init) => { init.highWaterMark = 1; return new ByteLengthQueuingStrategy(init); },
      getReader: (init) => new ReadableStream().getReader(init),
      values: (init) => new ReadableStream().values(init),
      pipeTo: (init) => new ReadableStream().pipeTo(new WritableStream(), init),
      pipeThrough: (init) => new ReadableStream().pipeThrough(new TransformStream(), init),
      read: (init) => byteStream().getReader({ mode: 'byob' }).read(new Uint8Array(3), init),
    },
  },
};

const shown = (key) => (typeof key === 'symbol' ? `[${key.description}]` : key);
const names = (value) => Reflect.ownKeys(value).map(shown).sort();
const statics = (value) => names(value).filter((name) => !['length', 'name', 'prototype'].includes(name));

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

// What a call asks an object of options for; none is there but what the call itself puts there.
function asked(call) {
  const found = new Set();
  call(new Proxy({}, { get(options, key) { found.add(key); return options[key]; } }));
  return [...found].sort();
}

const each = (object, change) => Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]));

const { modules, classes, instances, options = {} } = GROUPS[process.argv[2]];
console.log(JSON.stringify({
  modules: each(modules, statics),
  classes: each(classes, (cls) => ({ statics: statics(cls), members: members(cls.prototype) })),
  instances: each(instances, (make) => names(make())),
  options: each(options, asked),
}));
process.exit();
