import type { IncomingMessage } from 'node:http';
import type { Rule } from './rules.ts';

/** Lists of an RPM repository, which `repomd.xml` names by their hash. */
const REPODATA = /\/repodata\/([0-9a-f]{64})-[^/]+$/;

/** True when what this URL names never changes: packages by their version, indexes by their hash. */
export function isImmutable(url: URL, rule: Rule): boolean {
  if (url.search !== '') return false;
  if (url.pathname.includes('/by-hash/') || REPODATA.test(url.pathname)) return true;
  return rule.mutable !== true && /\.(u?deb|rpm)$/.test(url.pathname);
}

/** The length (bytes) of a full answer whose end can be recognised, undefined for any other. */
export function wholeLength(answer: IncomingMessage): number | undefined {
  const length = answer.headers['content-length'];
  if (answer.statusCode !== 200 || length === undefined || answer.headers['content-encoding'] !== undefined)
    return undefined;
  return /^\d+$/.test(length) ? Number(length) : undefined;
}

/** False when the URL itself names another sha256 than its body has. */
export function agreesWithUrl(url: URL, sha256: string): boolean {
  const named = (/\/by-hash\/SHA256\/([0-9a-f]{64})$/i.exec(url.pathname) ?? REPODATA.exec(url.pathname))?.[1];
  return named === undefined || named.toLowerCase() === sha256;
}
