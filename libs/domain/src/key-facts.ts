/** How long before its end a key is warned of, ms. */
const WARNING_MS = 30 * 86_400_000;

/**
 * What to tell the people who run the farm of the end of their key: it is near or past.
 *
 * @param expires ms; null: never
 * @returns undefined when there is nothing to tell
 */
export function expiryWarning(instance: string, expires: number | null, now: number): string | undefined {
  if (expires === null || expires - now > WARNING_MS) return undefined;
  const day = new Date(expires).toISOString().slice(0, 10);
  const verb = expires <= now ? 'expired' : 'expires';
  const renew = `fatbuildrctl keyring renew --instance ${instance}`;
  return `The signing key of instance ${instance} ${verb} on ${day}; renew it: ${renew}`;
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
