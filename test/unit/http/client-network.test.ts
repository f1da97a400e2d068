// S9: whom an address stands for when requests are counted.
import { describe, expect, it } from '@jest/globals';
import { clientNetwork } from '../../../src/http/client-network.ts';

describe('clientNetwork', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
    ['2001:db8:1:2:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64'],
    ['2001:db8:1:3::1', '2001:db8:1:3::/64'],
    ['fe80::1%eth0', 'fe80::/64'],
    ['::1', '::/64'],
    ['not an address', 'unknown'],
  ])('S9 counts %s as %s', (address, network) => {
    expect(clientNetwork(address)).toBe(network);
  });
});
