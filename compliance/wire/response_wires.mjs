// A client's socket whose other end is a script. The twin of _response_wires.py.

import net from 'node:net';
import { InnerEnd } from './transport.mjs';

// Nothing but a Duplex; `mark` is the high water mark of the responses on it.
class BareSocket extends InnerEnd {
  get readableHighWaterMark() { return this.mark ?? super.readableHighWaterMark; }
}

// Rounds of the loop until what the script did has had its consequences.
const PACES = { sync: 1, tick: 1, immediate: 4 };

// Nothing but a Duplex: what the script sends is there at once.
class BareWire {
  static make = (when) => new BareSocket(when);
  isOpen = true;

  constructor({ writes, mark, half_open: halfOpen }) {
    this.pace = PACES[writes];
    this.socket = this.constructor.make(writes);
    this.socket.allowHalfOpen = halfOpen;
    this.socket.mark = mark;
  }

  get sent() { return this.socket.text; }
  get ended() { return this.socket.writableFinished || this.socket.destroyed; }
  send(text) { this.socket.send(text); }
  finish() { this.socket.finish(); }
  close() {}
  reset() {
    if (this.socket.destroyed) return;
    this.socket.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', errno: -104, syscall: 'read' }));
  }
}

// What an agent calls on its sockets, besides the methods of a Duplex.
class Socket extends BareSocket {
  setKeepAlive() {}
  setNoDelay() {}
  setTimeout() {}
  ref() {}
  unref() {}
  destroySoon() {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', this.destroy);
  }
}

class DuplexWire extends BareWire {
  static make = (when) => new Socket(when);
}

// A connection through the kernel, which takes some rounds of the loop to deliver.
class SocketWire {
  pace = 8;
  sent = '';
  ended = false;
  peer = null;

  constructor({ mark, half_open: halfOpen }) {
    this.server = net.createServer({ allowHalfOpen: true, noDelay: true }, (peer) => this.accept(peer));
    const { port } = this.server.listen(0).unref().address();
    const options = { allowHalfOpen: halfOpen, highWaterMark: mark ?? undefined, noDelay: true };
    this.socket = net.connect({ port, host: '127.0.0.1', ...options });
  }

  accept(peer) {
    this.peer = peer;
    peer.on('data', (data) => { this.sent += data.toString('latin1'); });
    peer.on('error', () => {});
    for (const event of ['end', 'close']) peer.on(event, () => { this.ended = true; });
  }

  get isOpen() { return this.peer !== null; }
  send(text) { if (this.peer.writable) this.peer.write(text, 'latin1'); }
  finish() { if (this.peer.writable) this.peer.end(); }
  reset() { this.peer.resetAndDestroy(); }
  close() {
    this.server.close();
    this.peer?.destroy();
  }
}

export const WIRES = { bare: BareWire, duplex: DuplexWire, socket: SocketWire };
