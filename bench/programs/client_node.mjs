// client_node.mjs PORT get CONNECTIONS MILLISECONDS | PORT upload BYTES
import http from 'node:http';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { Timing, Watch } from './timing.mjs';

const [port, work, ...given] = process.argv.slice(2);

const works = {
  get(connections, milliseconds) {
    const agent = new http.Agent({ keepAlive: true, maxSockets: connections });
    const timing = new Timing(milliseconds / 1000);
    let busy = connections;

    function ask() {
      if (timing.goesOn()) {
        http.get({ host: '127.0.0.1', port, path: '/', agent }, answered);
      } else if (--busy === 0) {
        timing.tell();
        agent.destroy();
      }
    }

    function answered(res) {
      let body = '';
      res.setEncoding('utf8');
      res.on('data', (chunk) => {
        body += chunk;
      });
      res.on('end', () => {
        if (body !== 'Hello, World!') throw new Error(`a wrong answer: ${body}`);
        timing.count++;
        ask();
      });
    }

    for (let i = 0; i < connections; i++) ask();
  },

  async upload(bytes) {
    await upload(bytes / 8);
    const watch = new Watch();
    await upload(bytes);
    watch.tell(bytes);
  },
};

function upload(bytes) {
  const chunk = Buffer.alloc(65536, 'x');
  let left = bytes / chunk.length;
  const source = new Readable({
    read() {
      this.push(left-- > 0 ? chunk : null);
    },
  });
  return new Promise((resolve, reject) => {
    const req = http.request({ host: '127.0.0.1', port, path: '/', method: 'POST' }, async (res) => {
      const told = await text(res);
      if (Number(told) === bytes) resolve();
      else reject(new Error(`a wrong answer: ${told}`));
    });
    req.on('error', reject);
    source.pipe(req);
  });
}

await works[work](...given.map(Number));
