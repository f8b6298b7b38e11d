import { z } from 'zod';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/** An id: 16 random base32 characters (80 bits), lower case. */
export const Id = z.string().regex(/^[a-z2-7]{16}$/, 'an id: 16 characters out of a-z and 2-7');

/** A new random id, fit for tasks, jobs, attempts, uploads and tokens. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  let id = '';
  for (const byte of bytes) id += ALPHABET[byte & 31];
  return id;
}

/** Something only its holder knows: 32 random base32 characters (160 bits), for tokens and worker secrets. */
export function newSecret(): string {
  return newId() + newId();
}
