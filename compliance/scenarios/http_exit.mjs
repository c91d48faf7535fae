import http from 'node:http';
import net from 'node:net';

// Each scenario in a process of its own, which ends when nothing keeps it alive.
export const solo = true;

// Written down if the process is still there; does not keep it.
const lookAgain = (t, then = () => {}) => setTimeout(() => { t('still there'); then(); }, 150).unref();

// A server that does not keep the process; nor do its connections.
function serving(t, act, listener = (req, res) => res.end('x')) {
  process.on('exit', () => t('exit'));
  const server = http.createServer({ keepAliveTimeout: 0 }, listener).unref();
  server.on('connection', (socket) => socket.unref());
  server.listen(0, '127.0.0.1', () => act(server.address().port, server));
  setTimeout(() => {}, 20);
}

// A request whose response is read.
function ask(t, options) {
  const req = http.get({ host: '127.0.0.1', ...options }, (res) => {
    t('response');
    res.resume().on('end', () => t('end'));
  });
  req.on('close', () => t('close'));
  req.on('error', (error) => t('error', error.code));
  return req;
}

export const scenarios = {
  a_listening_server_keeps_it(t) {
    process.on('exit', () => t('exit'));
    const server = net.createServer().listen(0, '127.0.0.1', () => t('listening'));
    lookAgain(t, () => server.close());
  },
  an_unreferenced_server_does_not(t) {
    process.on('exit', () => t('exit'));
    net.createServer().listen(0, '127.0.0.1', () => t('listening')).unref();
    lookAgain(t);
  },
  a_server_that_is_unreferenced_before_it_listens_does_not(t) {
    process.on('exit', () => t('exit'));
    net.createServer().unref().listen(0, '127.0.0.1');
    lookAgain(t);
  },
  a_request_keeps_it(t) {
    serving(t, (port) => { ask(t, { port, agent: false }); }, (req, res) => setTimeout(() => res.end('x'), 40).unref());
  },
  an_idle_socket_of_an_agent_does_not(t) {
    serving(t, (port) => { ask(t, { port, agent: new http.Agent({ keepAlive: true }) }).on('close', () => lookAgain(t)); });
  },
  an_idle_socket_of_the_global_agent_does_not(t) {
    serving(t, (port) => { ask(t, { port }).on('close', () => lookAgain(t)); });
  },
  a_socket_of_an_agent_that_is_used_again_does(t) {
    serving(t, (port) => {
      const agent = new http.Agent({ keepAlive: true });
      ask(t, { port, agent }).on('close', () => setImmediate(() => ask(t, { port, agent, path: '/slow' })));
    }, (req, res) => { if (req.url === '/slow') setTimeout(() => res.end('x'), 40).unref(); else res.end('x'); });
  },
  a_request_whose_socket_is_unreferenced_does_not(t) {
    serving(t, (port) => {
      const req = http.get({ host: '127.0.0.1', port, agent: false }).on('error', () => {});
      req.on('socket', (socket) => { socket.unref(); lookAgain(t); });
    }, () => {});
  },
  a_request_that_is_not_ended_does(t) {
    serving(t, (port) => {
      const req = http.request({ port, host: '127.0.0.1', method: 'POST', agent: false });
      req.on('error', (error) => t('error', error.code));
      req.flushHeaders();
      lookAgain(t, () => req.destroy());
    }, () => {});
  },
};
