// For Node and for a browser: the pieces of a streamed answer, of which each is asked for when the one before it is there.
'use strict';

globalThis.readPieces = async (origin) => {
  const { body } = await fetch(`${origin}/pieces`);
  const pieces = [];
  for (const [reader, decoder] = [body.getReader(), new TextDecoder()]; ;) {
    const { value, done } = await reader.read();
    if (done) return pieces;
    pieces.push(decoder.decode(value));
    await (await fetch(`${origin}/go`, { method: 'POST' })).text();
  }
};
