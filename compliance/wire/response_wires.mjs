// A client's socket whose other end is a script. The twin of _response_wires.py.

import net from 'node:net';
import { once } from 'node:events';
import { InnerEnd } from './transport.mjs';

// Nothing but a Duplex: what the script sends is there at once.
class BareWire {
  static make = (when) => new InnerEnd(when);
  pace = 1;
  isOpen = true;

  constructor() {
    this.socket = this.constructor.make('sync');
    this.socket.allowHalfOpen = false;
  }

  get sent() { return this.socket.text; }
  get ended() { return this.socket.writableFinished || this.socket.destroyed; }
  send(text) { this.socket.send(text); }
  finish() { this.socket.finish(); }
  reset() {
    if (this.socket.destroyed) return;
    this.socket.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', errno: -104, syscall: 'read' }));
  }
}

// What an agent calls on its sockets, besides the methods of a Duplex.
class InnerSocket extends InnerEnd {
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
  static make = (when) => new InnerSocket(when);
}

const waiting = [];
const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (peer) => waiting.shift().accept(peer));
server.listen(0, '127.0.0.1');
await once(server, 'listening');
server.unref();

// A connection through the kernel, which takes some rounds of the loop to deliver.
class SocketWire {
  pace = 4;
  sent = '';
  ended = false;
  peer = null;

  constructor() {
    waiting.push(this);
    this.socket = net.connect({ port: server.address().port, host: '127.0.0.1', noDelay: true });
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
}

export const WIRES = { bare: BareWire, duplex: DuplexWire, socket: SocketWire };
