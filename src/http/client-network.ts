import ipaddr from 'ipaddr.js';

const CLIENT_PREFIX_BITS = 64;

/**
 * Whom an address stands for when requests are counted: an IPv4 address itself, also when it arrives mapped into
 * IPv6; of an IPv6 address the /64, because one client owns at least that many.
 */
export function clientNetwork(address: string): string {
  if (!ipaddr.isValid(address)) return 'unknown';
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  const network = ipaddr.IPv6.networkAddressFromCIDR(
    `${parsed.toNormalizedString().split('%')[0] ?? ''}/${CLIENT_PREFIX_BITS}`,
  );
  return `${network.toString()}/${CLIENT_PREFIX_BITS}`;
}
