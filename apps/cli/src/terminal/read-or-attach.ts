import type { Client } from '@fatbuildr/client';
import { attach } from './attach.ts';
import { followUntilShell, type Reading } from './until-shell.ts';

/** Follows the log of an attempt of an interactive build, and opens its shell if it comes to that. */
export async function readOrAttach(client: Client, reading: Reading): Promise<void> {
  const offset = await followUntilShell(client, reading);
  if (offset !== undefined) await attach(client, { ...reading, offset });
}
