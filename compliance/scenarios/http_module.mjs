import http from 'node:http';

export const scenarios = {
  words(t) {
    t('methods', http.METHODS);
    for (const [code, phrase] of Object.entries(http.STATUS_CODES)) t('status', Number(code), phrase);
    t('size', http.maxHeaderSize);
  },
  lists_that_a_program_changes(t) {
    const { METHODS, STATUS_CODES } = http;
    METHODS.push('MINE');
    STATUS_CODES[299] = 'Mine';
    t('same', http.METHODS === METHODS, http.METHODS.at(-1), http.STATUS_CODES[299]);
    METHODS.pop();
    delete STATUS_CODES[299];
  },
  async a_status_of_ones_own(t) {
    http.STATUS_CODES[299] = 'Mine';
    const server = http.createServer((req, res) => { res.statusCode = Number(req.url.slice(1)); res.end(); }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    for (const code of [299, 298, 600]) {
      await new Promise((resolve) => {
        http.get({ port: server.address().port, host: '127.0.0.1', path: `/${code}`, agent: false }, (res) => {
          t('status', res.statusCode, res.statusMessage);
          res.resume().on('close', resolve);
        });
      });
    }
    delete http.STATUS_CODES[299];
    await new Promise((resolve) => server.close(resolve));
  },
  the_global_agent(t) {
    const before = http.globalAgent;
    const mine = new http.Agent();
    http.globalAgent = mine;
    const req = http.request({ host: 'h' });
    req.on('error', () => {});
    t('used', req.agent === mine, http.globalAgent === mine);
    req.destroy();
    http.globalAgent = before;
  },
};
