import ipaddr from 'ipaddr.js';
import type { UpstreamTrust } from './upstream.policy.ts';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

const NEVER = new Set(['multicast', 'broadcast', 'unspecified']);
const OPERATOR_ONLY = new Set(['private', 'loopback', 'uniqueLocal', 'carrierGradeNat']);
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

/** Ports that a user may name; behind others could be a mail server or a database that bears HTTP-like text. */
const USER_PORTS = new Set([80, 443, 8080, 8443]);

/** Why an address may not be connected to. */
export type AddressVerdict = 'allowed' | 'unparsable' | 'not-public' | 'never' | 'port';

/** One address that a host name stands for, or the literal in a URL. */
export interface AddressQuestion {
  readonly address: string;
  /** The host as it was named. */
  readonly host: string;
  readonly port: number;
  readonly trust: UpstreamTrust;
}

/**
 * Decides which addresses may be connected to (RFC 6890 registries, as ipaddr.js classifies them).
 * Addresses that carry another address inside (IPv4-compatible, 6to4, NAT64, Teredo) are never public; an IPv4-mapped
 * one is judged as the IPv4 address that the operating system would use.
 */
export class AddressGuard {
  private readonly hosts = new Set<string>();
  private readonly networks: [Address, number][] = [];

  /**
   * @param allow hosts, addresses or CIDR blocks that users may name although they are not public
   * @throws {TypeError} for an entry that is none of these
   */
  constructor(allow: readonly string[]) {
    for (const entry of allow) this.allow(entry.trim().toLowerCase());
  }

  evaluate({ address, host, port, trust }: AddressQuestion): AddressVerdict {
    const parsed = parse(address);
    if (!parsed) return 'unparsable';
    const range = parsed.range();
    if (NEVER.has(range)) return 'never';
    if (this.hosts.has(host.toLowerCase().replace(/\.$/, '')) || this.isInAllowedNetwork(parsed)) return 'allowed';
    if (trust === 'operator') return isPublic(parsed) || OPERATOR_ONLY.has(range) ? 'allowed' : 'not-public';
    if (!isPublic(parsed)) return 'not-public';
    return USER_PORTS.has(port) ? 'allowed' : 'port';
  }

  private isInAllowedNetwork(address: Address): boolean {
    return this.networks.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits));
  }

  private allow(entry: string): void {
    if (ipaddr.isValidCIDR(entry)) {
      this.networks.push(ipaddr.parseCIDR(entry));
      return;
    }
    const address = parse(entry.replace(/^\[|\]$/g, ''));
    if (address) {
      this.networks.push([address, address.kind() === 'ipv4' ? 32 : 128]);
      return;
    }
    if (!/^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$/.test(entry))
      throw new TypeError('Not a host, an address or a CIDR block');
    this.hosts.add(entry);
  }
}

function isPublic(address: Address): boolean {
  if (address.range() !== 'unicast') return false;
  // ipaddr.js calls IPv4-compatible addresses (::7f00:1) unicast; only 2000::/3 is given out for global use.
  return address.kind() === 'ipv4' || address.match(GLOBAL_UNICAST);
}

function parse(text: string): Address | null {
  // A zone (fe80::1%eth0) names a local interface: such an address is never one to parse.
  if (text.includes('%') || !ipaddr.isValid(text)) return null;
  const address = ipaddr.parse(text);
  if (address.kind() !== 'ipv6') return address;
  const six = address as ipaddr.IPv6;
  return six.isIPv4MappedAddress() ? six.toIPv4Address() : six;
}
