// Node's own WebSocket client: websocket_client.mjs URL. Prints one line of JSON with what it saw of the echo at URL.
const url = process.argv[2];
const LARGE = 1024 * 1024;
const bytes = (length) => Uint8Array.from({ length }, (_, n) => (n * 7) % 256);
const seen = {};

const opened = (path) => new Promise((resolve, reject) => {
  const socket = new WebSocket(url + path);
  socket.binaryType = 'arraybuffer';
  socket.onopen = () => resolve(socket);
  socket.onerror = (event) => reject(event.error ?? new Error('the connection failed'));
});
const next = (socket) => new Promise((resolve) => { socket.onmessage = (event) => resolve(event.data); });
const closed = (socket) => new Promise((resolve) => {
  socket.onclose = ({ code, reason, wasClean }) => resolve([code, reason, wasClean]);
});
const same = (a, b) => typeof a === typeof b && (typeof a === 'string' ? a === b : Buffer.compare(Buffer.from(a), Buffer.from(b)) === 0);

async function comesBack(socket, message) {
  const answer = next(socket);
  socket.send(message);
  return same(await answer, message);
}

{
  const socket = await opened('');
  seen.handshake = [socket.protocol, socket.extensions];
  seen.text = await comesBack(socket, 'h\u00e9llo \u{1f600}');
  seen.empty = await comesBack(socket, '');
  seen.binary = await comesBack(socket, bytes(256));
  seen.largeText = await comesBack(socket, 'a\u00e9\u20ac\u{1f600}'.repeat(LARGE / 10));
  seen.largeBinary = await comesBack(socket, bytes(LARGE));
  const end = closed(socket);
  socket.close(4001, 'enough');
  seen.closedByTheClient = await end;
}
{
  // 32 MiB at once: the client holds them until the server takes them, and the server takes no more than it can send back.
  const socket = await opened('');
  const message = bytes(LARGE);
  seen.many = 0;
  const all = new Promise((resolve) => {
    socket.onmessage = (event) => {
      if (same(event.data, message)) seen.many += 1;
      if (seen.many === 32) resolve();
    };
  });
  for (let n = 0; n < 32; n += 1) socket.send(message);
  seen.held = socket.bufferedAmount > LARGE;
  await all;
  const end = closed(socket);
  socket.close();
  seen.closedWithoutACode = await end;
}
{
  const socket = await opened('once');
  const end = closed(socket);
  seen.once = await comesBack(socket, 'once');
  seen.closedByTheServer = await end;
}
console.log(JSON.stringify(seen));
