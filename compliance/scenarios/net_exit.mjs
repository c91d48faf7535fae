import net from 'node:net';

// Each scenario in a process of its own, which ends when nothing keeps it alive.
export const solo = true;

// Written down if the process is still there; does not keep it.
const lookAgain = (t, then = () => {}) => setTimeout(() => { t('still there'); then(); }, 60).unref();

// A server that does not keep the process, and a client of it.
function pair(t, { accept = () => {}, connected = () => {} }) {
  process.on('exit', () => t('exit'));
  const server = net.createServer((socket) => accept(socket)).unref();
  server.listen(0, '127.0.0.1', () => {
    const client = net.connect({ port: server.address().port, host: '127.0.0.1' });
    client.on('connect', () => connected(client));
  });
  setTimeout(() => t('looked'), 30);
}

const lookup = () => {};

export const scenarios = {
  a_paused_socket_does_not_keep_it(t) {
    pair(t, { accept: (socket) => socket.unref(), connected: (client) => { client.pause(); lookAgain(t); } });
  },
  a_socket_that_is_read_keeps_it(t) {
    pair(t, { accept: (socket) => socket.unref(), connected: (client) => lookAgain(t, () => client.destroy()) });
  },
  an_unreferenced_one_does_not(t) {
    pair(t, { accept: (socket) => socket.unref(), connected: (client) => { client.unref(); lookAgain(t); } });
  },
  referenced_again_it_does(t) {
    pair(t, {
      accept: (socket) => socket.unref(),
      connected: (client) => { client.unref(); client.ref(); lookAgain(t, () => client.destroy()); },
    });
  },
  a_socket_whose_end_nobody_reads_does_not_keep_it(t) {
    pair(t, {
      accept: (socket) => { socket.end(); lookAgain(t); },
      connected: (client) => { client.resume(); client.end('data'); },
    });
  },
  a_write_that_waits_keeps_it_though_unreferenced(t) {
    pair(t, {
      accept: (socket) => { socket.unref(); socket.pause(); },
      connected: (client) => { client.unref(); client.write(Buffer.alloc(30e6)); lookAgain(t, () => client.destroy()); },
    });
  },
  a_lookup_option_that_does_not_answer_does_not_keep_it(t) {
    process.on('exit', () => t('exit'));
    net.connect({ port: 1, host: 'x.test', lookup });
    lookAgain(t);
  },
  a_new_socket_does_not_keep_it(t) {
    process.on('exit', () => t('exit'));
    t('pending', new net.Socket().setTimeout(10, () => t('timeout')).pending);
    lookAgain(t);
  },
};
