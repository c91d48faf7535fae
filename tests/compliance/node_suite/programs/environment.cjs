// A variable of the environment that is set while the program runs counts, until it is deleted.
'use strict';
const http = require('node:http');

const proxy = http.createServer((request, response) => response.end(request.url));
proxy.listen(0, '127.0.0.1', () => {
  const url = `http://127.0.0.1:${proxy.address().port}`;
  process.env.HTTP_PROXY = url;
  const restore = http.setGlobalProxyFromEnv();
  console.log(process.env.HTTP_PROXY === url, 'HTTP_PROXY' in { ...process.env });
  http.get('http://example.com/path', (response) => {
    response.on('data', (data) => console.log(String(data))).on('end', () => {
      restore();
      delete process.env.HTTP_PROXY;
      console.log(process.env.HTTP_PROXY, http.setGlobalProxyFromEnv() !== undefined);
      proxy.closeAllConnections();
      proxy.close();
    });
  });
});
