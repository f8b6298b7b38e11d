/** How long before its end a key is warned of, ms. */
const WARNING_MS = 30 * 86_400_000;

/** Whose key it is. */
export interface KeyHolder {
  instance: string;
  /** Whether it has RPM repositories: dnf keeps a key that it has as it was, so another has to follow. */
  rpm: boolean;
}

/**
 * What to tell the people who run the farm of the end of their key: it is near or past.
 *
 * @param expires ms; null: never
 * @returns undefined when there is nothing to tell
 */
export function expiryWarning({ instance, rpm }: KeyHolder, expires: number | null, now: number): string | undefined {
  if (expires === null || expires - now > WARNING_MS) return undefined;
  const day = new Date(expires).toISOString().slice(0, 10);
  const expired = expires <= now;
  const renew = `renew it: fatbuildrctl keyring renew --instance ${instance}`;
  const rotate =
    'have another follow, unless keyring show tells of one, since dnf does not learn of a renewal: ' +
    `fatbuildrctl keyring rotate --instance ${instance}`;
  // Clients believe no successor that an expired key announces.
  const advice = rpm ? [...(expired ? [renew] : []), rotate] : [renew];
  return `The signing key of instance ${instance} ${expired ? 'expired' : 'expires'} on ${day}; ${advice.join('; then ')}`;
}

const BLOCK = /-----BEGIN [^-]+-----\r?\n([^]*?)-----END [^-]+-----/g;

/** The bytes inside ASCII armour, of all its blocks (RFC 9580, 6.2). */
export function dearmor(armored: string): Uint8Array {
  const blocks = [...armored.matchAll(BLOCK)].map(([, inside = '']) => {
    const [, body = inside] = /^(?:[^\n]*\S[^\n]*\n)*\s*\n([^]*)$/.exec(inside) ?? [];
    // The checksum is the last line, where there is one.
    return atob(body.replace(/^=.*$/m, '').replace(/\s/g, ''));
  });
  return Uint8Array.from(blocks.join(''), (character) => character.charCodeAt(0));
}
