// Which addresses a user, and the operator, may let this server connect to.
import { describe, expect, it } from '@jest/globals';
import { AddressGuard } from '../../../src/outbound/address-guard.ts';

const INTERNAL = [
  '127.0.0.1',
  '127.255.255.254',
  '10.0.0.1',
  '172.16.0.1',
  '192.168.1.1',
  '100.64.0.1',
  '169.254.169.254',
  '0.0.0.0',
  '0.1.2.3',
  '255.255.255.255',
  '224.0.0.1',
  '192.0.0.1',
  '198.18.0.1',
  '240.0.0.1',
  '192.0.2.1',
  '::',
  '::1',
  '::7f00:1',
  '::127.0.0.1',
  '::ffff:127.0.0.1',
  '::ffff:a00:1',
  '::ffff:0:7f00:1',
  '64:ff9b::7f00:1',
  '64:ff9b:1::1',
  '2002:7f00:1::',
  '2001:0:4136:e378:8000:63bf:3fff:fdd2',
  'fc00::1',
  'fd00:ec2::254',
  'fe80::1',
  'fe80::1%eth0',
  'fec0::1',
  'ff02::1',
  '2001:db8::1',
  '100::1',
  '3fff::1',
  '5f00::1',
];
const user = { host: 'dav.example', port: 443, trust: 'user' } as const;

describe('S36: an address that a user named', () => {
  it.each(INTERNAL)('refuses %s', (address) => {
    expect(new AddressGuard([]).evaluate({ ...user, address })).not.toBe('allowed');
  });

  it.each(['93.184.216.34', '2606:4700::1111', '::ffff:93.184.216.34'])('allows the public address %s', (address) => {
    expect(new AddressGuard([]).evaluate({ ...user, address })).toBe('allowed');
  });

  it('refuses what is not an address', () => {
    expect(new AddressGuard([]).evaluate({ ...user, address: 'example.com' })).toBe('unparsable');
  });

  it.each([22, 25, 993, 5432, 6379])('refuses port %d of a public address', (port) => {
    expect(new AddressGuard([]).evaluate({ ...user, address: '93.184.216.34', port })).toBe('port');
  });

  it('allows a private address, on any port, inside a block of the allow-list, mapped or not', () => {
    const guard = new AddressGuard(['10.1.0.0/16', 'fd12::/16']);
    for (const address of ['10.1.2.3', '::ffff:10.1.2.3', 'fd12::9']) {
      expect(guard.evaluate({ ...user, address, port: 8081 })).toBe('allowed');
    }
    expect(guard.evaluate({ ...user, address: '10.2.0.1' })).toBe('not-public');
  });

  it('allows what an allow-listed host name stands for, and only under that very name', () => {
    const guard = new AddressGuard(['Nas.Example']);
    expect(guard.evaluate({ ...user, address: '192.168.1.5', host: 'nas.example.' })).toBe('allowed');
    expect(guard.evaluate({ ...user, address: '192.168.1.5', host: 'evil-nas.example' })).toBe('not-public');
  });

  it('refuses multicast and broadcast even when everything is allow-listed', () => {
    const guard = new AddressGuard(['0.0.0.0/0']);
    expect(guard.evaluate({ ...user, address: '224.0.0.1' })).toBe('never');
    expect(guard.evaluate({ ...user, address: '255.255.255.255' })).toBe('never');
  });
});

describe("an address of the operator's own server", () => {
  const operator = { host: 'nextcloud', port: 8080, trust: 'operator' } as const;

  it.each(['127.0.0.1', '::1', '10.0.0.1', 'fd00::1', '100.64.0.1', '93.184.216.34'])('allows %s', (address) => {
    expect(new AddressGuard([]).evaluate({ ...operator, address })).toBe('allowed');
  });

  it.each(['169.254.169.254', 'fe80::1', '64:ff9b::7f00:1', '0.0.0.0'])('refuses %s', (address) => {
    expect(new AddressGuard([]).evaluate({ ...operator, address })).not.toBe('allowed');
  });
});

it.each(['10.0.0.0/99', 'http://x', 'a b', ''])('refuses the allow-list entry "%s" at the start', (entry) => {
  expect(() => new AddressGuard([entry])).toThrow(TypeError);
});
