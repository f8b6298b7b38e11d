import { createHash } from 'node:crypto';

/** How secrets rest in the database. They are random and long: no salt, no slow hash needed. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
