// Writes down, as JSON, every name that Node has in one of the groups below, which is the argument: what the modules
// export; and for each class its static members, those of its prototype, of which a kind is told (method, value,
// read-only or settable), and what a new instance has of its own.

import events from 'node:events';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import stream from 'node:stream';
import consumers from 'node:stream/consumers';
import promises from 'node:stream/promises';
import tls from 'node:tls';

const { EventEmitter, EventEmitterAsyncResource } = events;
const { Stream, Readable, Writable, Duplex, Transform, PassThrough } = stream;
const { BlockList, BoundSocket, SocketAddress, Socket } = net;
const { Agent, ClientRequest, IncomingMessage, OutgoingMessage, Server, ServerResponse } = http;

const quiet = (emitter) => emitter.on('error', () => {});

// Of each group the modules, the classes, and how instances are made of those that have properties of their own.
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
    modules: {},
    classes: { Blob, File, FormData, Headers, Request, Response, URLSearchParams },
    instances: {},
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

const each = (object, change) => Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]));

const { modules, classes, instances } = GROUPS[process.argv[2]];
console.log(JSON.stringify({
  modules: each(modules, statics),
  classes: each(classes, (cls) => ({ statics: statics(cls), members: members(cls.prototype) })),
  instances: each(instances, (make) => names(make())),
}));
process.exit();
