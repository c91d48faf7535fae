import net from 'node:net';

const { BlockList, SocketAddress } = net;

const shown = (address) => [address.address, address.port, address.family, address.flowlabel];
const tidied = (action) => () => { action(); };

export const scenarios = {
  socket_addresses(t) {
    for (const options of [
      {}, { address: '1.2.3.4', port: 5 }, { family: 'ipv6' }, { family: 'IPv6', address: 'FE80::0:1', port: '0x10', flowlabel: 5 },
      { address: '::ffff:1.2.3.4', family: 'ipv6' }, { address: 'fe80::1%lo', family: 'ipv6' },
    ]) t('made', shown(new SocketAddress(options)));
    t('json', new SocketAddress({ port: 1 }).toJSON());
    t('is', SocketAddress.isSocketAddress(new SocketAddress()), SocketAddress.isSocketAddress({}));
  },
  socket_addresses_refused(t) {
    for (const options of [
      { address: 'foo' }, { address: '::1' }, { address: '1.1.1.1', family: 'ipv6' }, { address: 5 }, { port: 70000 }, { port: 'x' },
      { port: 1.5 }, { flowlabel: -1 }, { flowlabel: 2 ** 32 }, { flowlabel: 1.5 }, { flowlabel: 'x' }, { family: 5 }, { family: 'x' },
      5, 'x',
    ]) t.call('refused', tidied(() => new SocketAddress(options)));
  },
  socket_addresses_parsed(t) {
    for (const text of [
      '1.2.3.4', '1.2.3.4:443', '1.2.3.4:81/foo?x', 'u:p@1.2.3.4:9', '0x', '0x.0x.0', '08.1.1.1', '010.1.1.1', '1.2.3.4.5', '1.2.3.4.',
      '[::1]', '[::ffff:1.2.3.4]:5', '::1', '', 'example.org', '1.2.3.4:99999', '256', '0xffffffff', '4294967296', '[fe80::1%lo]:1',
      ' 1.2.3.4', '1.2.3.4 ', '1.2.3.4:', '[1::8]x', '1.2.3.4#f', '1.2.3.4:+1', '1..2', '1.256.1.1', '1.65536', '1.2.65535',
    ]) {
      const found = SocketAddress.parse(text);
      t(text, found ? shown(found) : null);
    }
    t.call('refused', tidied(() => SocketAddress.parse(5)));
  },
  blocked_addresses(t) {
    const list = new BlockList();
    list.addAddress('1.1.1.1');
    list.addAddress('1.1.1.1');
    list.addAddress('::FFFF:1.2.3.4', 'ipv6');
    list.addAddress(new SocketAddress({ address: 'fe80::1%lo', family: 'ipv6', port: 80 }));
    t('rules', list.rules, list.toJSON());
    for (const [address, family] of [
      ['1.1.1.1', 'ipv4'], ['1.2.3.4', 'ipv4'], ['::ffff:1.1.1.1', 'ipv6'], ['::1.1.1.1', 'ipv6'], ['::ffff:1.2.3.4', 'IPV6'],
      ['fe80::1', 'ipv6'], ['1.1.1.1', 'ipv6'], ['x', 'ipv4'], ['1.1.1.1', 'x'], ['1.1.1.2', 'ipv4'],
    ]) t(address, family, list.check(address, family));
  },
  blocked_ranges(t) {
    const check = (list) => ['1.1.1.1', '1.1.1.5', '200.1.1.1'].map((address) => list.check(address))
      .concat(['::ffff:1.1.1.5', '::5', '::1.1.1.5'].map((address) => list.check(address, 'ipv6')));
    for (const [start, end, family] of [
      ['1.1.1.1', '1.1.1.9', 'ipv4'], ['::ffff:1.1.1.1', '::ffff:1.1.1.9', 'ipv6'], ['::', 'ffff::', 'ipv6'],
      ['::', '::ffff:255.255.255.255', 'ipv6'], ['::ffff:0.0.0.0', 'ffff::', 'ipv6'], ['1.1.1.1', '1.1.1.1', 'ipv4'],
    ]) {
      const list = new BlockList();
      list.addRange(start, end, family);
      t('range', list.rules, check(list));
    }
    const ipv6 = (address) => new SocketAddress({ address, family: 'ipv6' });
    const mixed = new BlockList();
    mixed.addRange('1.1.1.1', ipv6('::5'));
    mixed.addRange(ipv6('::5'), '1.1.1.1');
    mixed.addRange('1.1.1.1', ipv6('::ffff:1.1.1.9'));
    t('mixed', mixed.rules, check(mixed));
    t.call('mixed', tidied(() => mixed.addRange('9.1.1.1', ipv6('::ffff:1.1.1.9'))));
  },
  blocked_subnets(t) {
    for (const [network, prefix, family] of [
      ['1.1.1.7', 24, 'ipv4'], ['::ffff:1.1.1.0', 120, 'ipv6'], ['0.0.0.0', 0, 'ipv4'], ['::', 0, 'ipv6'], ['::', 8, 'ipv6'],
      ['::ffff:1.1.0.0', 97, 'ipv6'], ['1.1.1.8', 31, 'ipv4'], ['8592:757c:efaf::', 51, 'ipv6'],
    ]) {
      const list = new BlockList();
      list.addSubnet(network, prefix, family);
      const found = ['1.1.1.9', '1.1.1.200', '200.2.1.1'].map((address) => list.check(address))
        .concat(['::ffff:1.1.1.9', '::1', '8592:757c:efaf:1fff::', '8592:757c:efaf:2000::'].map((address) => list.check(address, 'ipv6')));
      t('subnet', list.rules, found);
    }
  },
  block_lists_refuse(t) {
    const list = new BlockList();
    t.call('a', () => list.addAddress(5));
    t.call('b', () => list.addAddress('x'));
    t.call('c', () => list.addAddress('1.1.1.1', 5));
    t.call('d', () => list.addAddress('1.1.1.1', 'x'));
    t.call('e', () => list.addRange('1.1.1.2', '1.1.1.1'));
    t.call('f', () => list.addRange('::1', '::2'));
    t.call('g', () => list.addRange('1.1.1.2', 5));
    t.call('h', () => list.addSubnet('1.1.1.1', '24'));
    t.call('i', () => list.addSubnet('1.1.1.1', 33));
    t.call('j', () => list.addSubnet('::', 129, 'ipv6'));
    t.call('k', () => list.addSubnet('1.1.1.1', 1.5));
    t.call('l', () => list.addSubnet(5, 8));
    t.call('m', () => list.check(5));
    t.call('n', () => list.check('1.1.1.1', 5));
    t.call('o', () => list.fromJSON(5));
    t.call('p', () => list.fromJSON([5]));
    t.call('q', () => list.fromJSON('{}'));
    t.call('r', () => list.fromJSON(['Address: IPv4 999.1.1.1']));
    t.call('s', () => list.fromJSON(['Subnet: IPv4 1.1.1.1/99']));
    t('rules', list.rules);
    t.call('socket', tidied(() => new net.Socket({ blockList: 5 })));
    t.call('server', tidied(() => new net.Server({ blockList: 5 })));
  },
  block_lists_restored(t) {
    const list = new BlockList();
    list.fromJSON('["Address: IPv4 1.1.1.1","x"]');
    list.fromJSON(['Range: IPv6 ::1-::5', 'junk Subnet: IPv6 ::/8 more', 'address: IPv4 1.1.1.2', 'Subnet: IPv4 10.0.0.0/8', 'Range: IPv4 2.2.2.2-2.2.2.3']);
    t('rules', list.rules);
    const other = new BlockList();
    other.fromJSON(list.toJSON());
    t('again', other.rules);
    t('is', BlockList.isBlockList(list), BlockList.isBlockList({}));
  },
  bound_sockets(t) {
    const bound = new net.BoundSocket();
    t('address', bound.address().address, bound.address().family, bound.address().port > 0, bound.fd() > 0);
    bound.close();
    t.call('address', () => bound.address());
    t.call('fd', () => bound.fd());
    t.call('close', () => bound.close());
    t.call('handle', tidied(() => new net.Socket({ handle: bound })));
    t.call('listen', tidied(() => net.createServer().listen(bound)));
    const ipv6 = new net.BoundSocket({ ipv6Only: true });
    t('ipv6', ipv6.address().address, ipv6.address().family);
    ipv6.close();
    const server = net.createServer().listen(new net.BoundSocket({ host: '127.0.0.1' }));
    try {
      new net.BoundSocket({ host: '127.0.0.1', port: server.address().port });
    } catch (error) {
      t('taken', error.code, error.syscall, error.errno, error.address, error.message.replace(/\d+$/, 'PORT'));
    }
    server.close();
    for (const options of [{ host: 'x' }, { host: 5 }, { port: 'x' }, { port: 70000 }, { ipv6Only: 1 }, { reusePort: 1 }, { host: '203.0.113.7' }, 5]) {
      t.call('refused', tidied(() => new net.BoundSocket(options)));
    }
  },
  defaults(t) {
    t('defaults', net.getDefaultAutoSelectFamily(), net.getDefaultAutoSelectFamilyAttemptTimeout());
    for (const value of [1, 'x', false, true]) {
      t.call('family', () => { net.setDefaultAutoSelectFamily(value); return net.getDefaultAutoSelectFamily(); });
    }
    for (const value of ['x', true, 0, -1, 1.5, NaN, 2 ** 31, 2 ** 33, 5, 11, 250]) {
      t.call('timeout', () => {
        net.setDefaultAutoSelectFamilyAttemptTimeout(value);
        return net.getDefaultAutoSelectFamilyAttemptTimeout();
      });
    }
  },
  connect_refuses(t) {
    for (const options of [
      { port: 1, family: 5 }, { port: 1, family: 'x' }, { port: 1, hints: 1 }, { port: 1, hints: 'x' }, { port: 1, host: 'a\0b' },
      { port: 1, host: 5 }, { path: 5 }, { path: {} }, { port: 1, localAddress: 5 }, { port: 1, localAddress: 'x' },
      { port: 1, localPort: '5' }, { port: 1, lookup: 5 }, { port: '' }, { port: 'x' }, { port: '1_0' }, { port: -1 }, { port: 1.5 },
      { port: true }, { port: [] }, { port: 1, autoSelectFamily: 1 }, { port: 1, autoSelectFamilyAttemptTimeout: 0 },
      { port: 1, autoSelectFamilyAttemptTimeout: 'x' }, { host: 'x' }, [], [{ port: 1 }], { port: 1, keepAliveInitialDelay: 'x' },
      { port: 1, typeOfService: 256 }, { port: 1, signal: 5 }, { port: 1, fd: -1 }, { port: 1, fd: 'x' }, { port: 1, fd: 1.5 }, { port: 1, fd: 9999 },
    ]) t.call('refused', tidied(() => net.connect(options)));
  },
  listen_refuses(t) {
    for (const args of [
      [{}], [{ host: '127.0.0.1' }], [{ path: '' }], [{ path: 5 }], [true], [-1], [65536], [''], [' '], [[]], [NaN], [{ fd: -1 }], [{ fd: '0' }],
      [{ port: 0, host: 5 }], [{ port: 0, signal: 5 }], [{ port: 'x' }], [{ port: {} }], [{ port: [] }],
      [{ path: '\0abc', readableAll: true }],
    ]) t.call('refused', tidied(() => net.createServer().listen(...args)));
    t.call('mark', tidied(() => new net.Server({ highWaterMark: 'x' })));
    t.call('delay', tidied(() => new net.Server({ keepAliveInitialDelay: 'x' })));
  },
  a_server_shows_its_options(t) {
    const show = (server) => t('options', server.allowHalfOpen, server.pauseOnConnect, server.noDelay, server.keepAlive,
                               server.keepAliveInitialDelay, server.highWaterMark);
    show(new net.Server());
    show(new net.Server({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: 2500, highWaterMark: 5 }));
    show(new net.Server({ keepAliveInitialDelay: -5, highWaterMark: -1 }));
  },
};
