import { BlockList, isIP, type LookupFunction } from 'node:net';
import { Failure } from '@fatbuildr/domain';

/** IPv4 that is not the public Internet's: IANA's special-purpose registry, multicast, reserved, and a cloud's metadata host. */
const SPECIAL_V4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  // Azure answers its virtual machines here, beside 169.254.169.254.
  ['168.63.129.16', 32],
] as const;

/** IPv6 below 2000::/3, the only global unicast, that is none: protocol assignments with Teredo, documentation, 6to4. */
const SPECIAL_V6 = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const;

const special = new BlockList();
for (const [net, bits] of SPECIAL_V4) special.addSubnet(net, bits, 'ipv4');
for (const [net, bits] of SPECIAL_V6) special.addSubnet(net, bits, 'ipv6');

const globalV6 = subnet('2000::', 3);
const mappedV4 = subnet('::ffff:0:0', 96);
const nat64 = subnet('64:ff9b::', 96);

/** True for an address (not a name) of the public Internet; an IPv4 address inside an IPv6 one is judged by itself. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 0) return false;
  if (family === 4) return !special.check(address, 'ipv4');
  if (mappedV4.check(address, 'ipv6') || nat64.check(address, 'ipv6')) return isPublicAddress(embeddedV4(address));
  return globalV6.check(address, 'ipv6') && !special.check(address, 'ipv6');
}

/** A lookup that fails when any address of the name is not public; what it returns is what is connected to. */
export function publicOnly(lookup: LookupFunction): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      const addresses = typeof found === 'string' ? [{ address: found, family: isIP(found) }] : (found ?? []);
      const refused = addresses.find(({ address }) => !isPublicAddress(address));
      const first = addresses[0];
      if (error !== null) callback(error, []);
      else if (refused !== undefined) callback(privateAddress(hostname, refused.address), []);
      else if (options.all === true || first === undefined) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

/** Throws a {@link Failure} when `hostname`, as a URL has it, is itself an address that is not public: nothing looks those up. */
export function refusePrivateLiteral(hostname: string): void {
  const address = hostname.replace(/^\[(.*)\]$/, '$1');
  if (isIP(address) !== 0 && !isPublicAddress(address)) throw privateAddress(hostname, address);
}

function privateAddress(hostname: string, address: string): Failure {
  const what = hostname.includes(address) ? address : `${hostname} (${address})`;
  return new Failure('rejected', `the source lies at ${what}, which is not a public address`, {
    hint: 'Name a public URL. The administrator may set allowPrivateSources in the file of the instance, or put the file into the source cache: cache/sources/sha256/DIGEST.',
  });
}

function subnet(net: string, bits: number): BlockList {
  const list = new BlockList();
  list.addSubnet(net, bits, 'ipv6');
  return list;
}

/** The last 32 bits of an IPv6 address, dotted. The URL parser writes every form of it in the same way. */
function embeddedV4(address: string): string {
  const [high = '0', low = '0'] = new URL(`http://[${address}]`).hostname.slice(1, -1).split(':').slice(-2);
  const bits = [Number.parseInt(high || '0', 16), Number.parseInt(low || '0', 16)];
  return bits.flatMap((word) => [word >> 8, word & 255]).join('.');
}
