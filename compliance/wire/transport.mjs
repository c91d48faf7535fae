// The other end of a connection, which sends pieces and gathers bytes. The twin of _transport.py.

import net from 'node:net';
import { Duplex } from 'node:stream';
import { LATER } from '../programs/serve.mjs';

// Call a function when everything that is due in so many turns has happened.
export function after(turns, f) {
  setImmediate(() => (turns > 1 ? after(turns - 1, f) : f()));
}

// When a write is done: "slow" is a peer that takes little at a time.
const WHEN = { ...LATER, slow: (f) => after(6, f) };

// A connection within the process: what is sent arrives as one read, when this end wants to read.
export class InnerEnd extends Duplex {
  constructor(when) {
    super(when === 'slow' ? { writableHighWaterMark: 16 } : {});
    this.when = WHEN[when];
    this.text = ''; // what was written to it
    this.wanted = false;
    this.coming = [];
  }

  _read() {
    this.wanted = true;
    this.deliver();
  }

  _write(chunk, encoding, callback) {
    this.text += chunk.toString('latin1');
    this.when(callback);
  }

  // As a socket: what waits leaves in one write.
  _writev(entries, callback) {
    this.text += entries.map(({ chunk }) => chunk.toString('latin1')).join('');
    this.when(callback);
  }

  deliver() {
    while (this.wanted && this.coming.length && !this.destroyed) this.wanted = this.push(this.coming.shift());
  }

  send(text) {
    this.coming.push(Buffer.from(text, 'latin1'));
    this.deliver();
  }

  finish() {
    this.coming.push(null);
    this.deliver();
  }

  leave() {
    this.destroy();
  }

  // Call a function when what follows from what this end did has happened.
  settled(socket, f) {
    after(this.writableHighWaterMark < 100 ? 60 : 4, f);
  }
}

const MOST_TURNS = 60; // for what may be under way in the kernel, or may wait because nobody reads

// A connection through the kernel.
export class OuterEnd {
  constructor(port) {
    this.text = '';
    this.sent = 0;
    this.finished = false;
    this.socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    this.socket.on('data', (data) => { this.text += data.toString('latin1'); });
    this.socket.on('error', () => {});
  }

  send(text) {
    this.sent += text.length;
    if (this.socket.writable) this.socket.write(text, 'latin1');
  }

  finish() {
    this.finished = true;
    this.socket.end();
  }

  leave() {
    this.finished = true;
    this.socket.destroy();
  }

  // Whether all that was sent, both ways, has arrived.
  arrived(socket) {
    if (socket.destroyed) return this.socket.readableEnded || this.socket.destroyed;
    const there = socket.bytesRead >= this.sent && (!this.finished || socket.readableEnded);
    return there && (this.socket.destroyed || this.text.length >= socket.bytesWritten);
  }

  settled(socket, f, turns = MOST_TURNS) {
    if (turns > 0 && !this.arrived(socket)) after(1, () => this.settled(socket, f, turns - 1));
    else after(8, f);
  }
}
