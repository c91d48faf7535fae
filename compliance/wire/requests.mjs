// The interpreter of the family `requests` in Node. The twin of _request_interpreter.py; what a case consists of is told
// in _requests.py.

import http from 'node:http';
import { mask } from '../peers.mjs';
import { serve } from '../programs/serve.mjs';
import { after, InnerEnd, OuterEnd } from './transport.mjs';

const MOST = 400; // characters of a value that are shown

function short(value) {
  return value.length > MOST ? `${value.slice(0, MOST)}... ${value.length}` : value;
}

function shortBytes(data) {
  return short(data.toString('latin1'));
}

class Exchange {
  constructor(program, t) {
    this.program = program;
    this.t = t;
    this.count = 0;
    this.errors = 0;
    this.peer = null;
    this.socket = null;
    const { shouldUpgrade, ...options } = program.options;
    options.shouldUpgradeCallback = () => this.isTakenUp(shouldUpgrade);
    this.server = http.createServer(options, (req, res) => this.handle('request', req, res));
    Object.assign(this.server, program.settings);
    for (const [event, does] of Object.entries(program.listeners)) {
      this.server.on(event, (...args) => this[event](does, ...args));
    }
    this.server.on('connection', (socket) => this.connection(socket));
  }

  isTakenUp(always = this.server.listenerCount('upgrade') > 0) {
    if (!always) this.t('an ordinary upgrade');
    return always;
  }

  begin() {
    const { transport } = this.program;
    if (transport === 'slow') this.t('slow');
    if (transport === 'socket') {
      this.server.listen(0, '127.0.0.1', () => { this.peer = new OuterEnd(this.server.address().port); });
    } else {
      this.peer = new InnerEnd(transport);
      this.server.emit('connection', this.peer);
    }
  }

  connection(socket) {
    this.socket = socket;
    socket.on('close', () => this.t('connection closes'));
    after(2, () => this.send(0));
  }

  // --- what the peer does ---

  send(index) {
    const { pieces, end } = this.program;
    if (index < pieces.length) {
      this.t(`piece ${index}`);
      this.peer.send(pieces[index]);
      this.peer.settled(this.socket, () => this.send(index + 1));
      return;
    }
    this.t(end);
    if (end === 'fin') this.peer.finish();
    else if (end === 'gone') this.peer.leave();
    this.peer.settled(this.socket, () => after(12, () => this.leave()));
  }

  leave() {
    const { socket, peer } = this;
    this.t('bytes', mask(peer.text));
    this.t('connection', socket.destroyed ? 'closed' : socket.writableEnded ? 'ended' : 'open');
    const { length } = peer.text;
    peer.leave();
    peer.settled(socket, () => {
      if (peer.text.length > length) this.t('more bytes', mask(peer.text.slice(length)));
      socket.destroy();
      this.server.close();
    });
  }

  // --- what the server's listeners do ---

  facts(req) {
    const raw = req.rawHeaders.map(short);
    const merged = Object.entries(req.headers).map(([name, value]) => [name, Array.isArray(value) ? value : short(value)]);
    return [req.method, short(req.url), req.httpVersion, raw, merged.sort(([a], [b]) => (a < b ? -1 : 1))];
  }

  handle(event, req, res) {
    const number = this.count++;
    const { handlers } = this.program;
    const handler = handlers[number % handlers.length];
    const t = (label, ...values) => this.t(`${number}.${label}`, ...values);
    t(event, ...this.facts(req));
    req.on('end', () => t('req end', req.rawTrailers, Object.entries(req.trailers).sort()));
    req.on('aborted', () => t('req aborted'));
    req.on('close', () => t('req close', req.complete));
    if (handler.errors) req.on('error', (error) => t('req error', error));
    res.on('finish', () => t('res finish'));
    res.on('close', () => t('res close'));
    res.on('error', (error) => t('res error', error));
    this.take(handler.body, req, t);
    this.reply(handler, req, res);
  }

  take(body, req, t) {
    const data = (chunk) => t('req data', shortBytes(chunk));
    if (body === 'read') req.on('data', data);
    else if (body === 'resume') req.resume();
    else if (body === 'late') after(4, () => req.on('data', data));
    else if (body === 'destroy') req.destroy();
    else if (body === 'pause') {
      req.on('data', (chunk) => {
        data(chunk);
        req.pause();
        after(2, () => req.resume());
      });
    } else if (body === 'readable') {
      req.on('readable', () => {
        for (let chunk; (chunk = req.read()) !== null;) data(chunk);
      });
    }
  }

  reply(handler, req, res) {
    const answer = () => this.t.call('answer', () => { this[handler.answer](res, req, handler.close); });
    switch (handler.when) {
      case 'now': answer(); break;
      case 'end': req.on('end', answer); break;
      case 'tick': process.nextTick(answer); break;
      case 'immediate': setImmediate(answer); break;
      case 'late': after(5, answer); break;
    }
  }

  headed(res, close) {
    if (close) res.setHeader('Connection', 'close');
    return res;
  }

  end(res, req, close) { this.headed(res, close).end(`to ${req.method}`); }
  empty(res, req, close) { this.headed(res, close).end(); }
  head(res, req, close) { this.headed(res, close).writeHead(201, 'Done', { 'X-A': '1' }).end('x'); }
  204(res, req, close) { this.status(res, 204, close); }
  304(res, req, close) { this.status(res, 304, close); }

  status(res, code, close) {
    this.headed(res, close).statusCode = code;
    res.end('x');
  }

  chunks(res, req, close) {
    this.headed(res, close).write('a');
    setImmediate(() => { res.write('b'); res.end(); });
  }

  length(res, req, close) {
    this.headed(res, close).setHeader('Content-Length', 3);
    res.write('ab');
    res.end('c');
  }

  trailers(res, req, close) {
    this.headed(res, close).write('a');
    res.addTrailers({ 'X-T': 'v' });
    res.end();
  }

  flush(res, req, close) {
    this.headed(res, close).flushHeaders();
    setImmediate(() => res.end('x'));
  }

  continue(res, req, close) {
    this.headed(res, close).writeContinue();
    res.end('x');
  }

  break(res, req, close) {
    this.headed(res, close).write('a');
    setImmediate(() => (res.socket ? res.destroy() : res.end())); // in its turn only: see DIFFERENCES.md
  }

  echo(res, req, close) { req.pipe(this.headed(res, close)); }

  clientError(does, error, socket) {
    // Where the error was, counted from a packet that it was not in, would be a number without a meaning.
    const place = this.errors++ ? null : error.bytesParsed;
    this.t('clientError', error, place, error.rawPacket?.length, socket.writable);
    if (does === 'destroy') socket.destroy(error);
    else if (does === 'answer') socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
  }

  upgrade(does, req, socket, head) { this.taken('upgrade', does, req, socket, head); }
  connect(does, req, socket, head) { this.taken('connect', does, req, socket, head); }

  taken(event, does, req, socket, head) {
    this.t(event, ...this.facts(req), shortBytes(head));
    if (does === 'end') socket.end('HTTP/1.1 200 Taken\r\n\r\n');
    if (does !== 'echo') return;
    socket.write(head);
    socket.on('data', (data) => { this.t('taken data', shortBytes(data)); socket.write(data); });
    socket.on('end', () => { this.t('taken end'); socket.end(); });
    socket.on('error', (error) => this.t('taken error', error));
  }

  checkContinue(does, req, res) {
    if (does === 'refuse') this.refuse('checkContinue', req, res);
    else if (does === 'go on') {
      this.t('checkContinue');
      res.writeContinue();
      this.server.emit('request', req, res);
    } else this.handle('checkContinue', req, res);
  }

  checkExpectation(does, req, res) {
    if (does === 'refuse') this.refuse('checkExpectation', req, res);
    else this.handle('checkExpectation', req, res);
  }

  refuse(event, req, res) {
    this.t(event, ...this.facts(req));
    res.writeHead(417);
    res.end();
  }

  dropRequest(does, req) { this.t('dropRequest', ...this.facts(req)); }
}

serve((program, t) => new Exchange(program, t).begin());
