// Streams of records in Node, as records.py has them: readline and JSON.
//
// records.mjs serve                 prints its port
// records.mjs client URL COUNT      prints "ready", waits for a line, sends COUNT records, prints what came of it
// records.mjs fetch URL COUNT       the same with fetch, once and at once
//
// Each record is a write of its own, unless the environment variable JOINED says up to how many characters are joined.

import { once } from "node:events";
import http from "node:http";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";

const TEXT = "Whoever reads this has read about a hundred bytes by now, which is what a record of this kind needs, it seems.";

const JOINED = Number(process.env.JOINED ?? 0);

function* people(count) {
  let lines = "";
  for (let number = 0; number < count; number++) {
    const person = { id: number, name: `person ${number}`, tags: ["one", "two"], weight: number / 7, text: TEXT };
    lines += JSON.stringify(person) + "\n";
    if (lines.length > JOINED) {
      yield lines;
      lines = "";
    }
  }
  if (lines) yield lines;
}

async function serve() {
  const server = http.createServer(async (req, res) => {
    res.writeHead(200, { "Content-Type": "application/x-ndjson" });
    let lines = "";
    for await (const line of createInterface({ input: req, crlfDelay: Infinity })) {
      const person = JSON.parse(line);
      person.score = person.id % 1000;
      lines += JSON.stringify(person) + "\n";
      if (lines.length > JOINED) {
        const hasRoom = res.write(lines);
        lines = "";
        if (!hasRoom) await once(res, "drain");
      }
    }
    res.end(lines);
  });
  server.listen(0, "127.0.0.1", () => console.log(server.address().port));
}

async function read(input, count, begun) {
  const seen = new Uint8Array(count);
  let total = 0;
  for await (const line of createInterface({ input, crlfDelay: Infinity })) {
    const person = JSON.parse(line);
    seen[person.id] += 1;
    total += person.score;
  }
  const seconds = (performance.now() - begun) / 1000;
  return { seconds, once: seen.reduce((sum, times) => sum + (times === 1), 0), total };
}

async function send(url, count) {
  const begun = performance.now();
  const req = http.request(`${url}/people`, { method: "POST", headers: { "Content-Type": "application/x-ndjson" } });
  Readable.from(people(count)).pipe(req);
  const [res] = await once(req, "response");
  return read(res, count, begun);
}

async function sendByFetch(url, count) {
  const begun = performance.now();
  const body = Readable.toWeb(Readable.from(people(count), { objectMode: false }));
  const headers = { "Content-Type": "application/x-ndjson" };
  const response = await fetch(`${url}/people`, { method: "POST", body, headers, duplex: "half" });
  return { status: response.status, ...(await read(Readable.fromWeb(response.body), count, begun)) };
}

const [command, url, count] = process.argv.slice(2);
if (command === "serve") {
  await serve();
} else if (command === "fetch") {
  console.log(JSON.stringify(await sendByFetch(url, Number(count))));
} else {
  await send(url, 2000);
  console.log("ready");
  for await (const _ of createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await send(url, Number(count))));
  }
}
