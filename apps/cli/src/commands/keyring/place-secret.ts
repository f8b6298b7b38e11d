import { chown, open, readFile, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { text } from 'node:stream/consumers';
import { UsageError } from '../../output/report-error.ts';

interface Places {
  secret: string;
  passphrase: string;
}

/**
 * Puts a secret key, and its passphrase from standard input, where the publisher imports it from: readable by the
 * publisher's user alone from the first byte on.
 *
 * @throws {UsageError} when this is not the publisher's host or not a user who may write there
 */
export async function placeSecret(file: string, passphraseFromInput: boolean, places: Places): Promise<void> {
  const secret = await readFile(file, 'utf8').catch((error: Error) => {
    throw new UsageError(`The key cannot be read: ${error.message}`);
  });
  const passphrase = passphraseFromInput ? (await text(process.stdin)).replace(/\r?\n$/, '') : undefined;
  try {
    await place(places.passphrase, passphrase);
    await place(places.secret, secret);
  } catch (error) {
    throw new UsageError(
      `The key cannot be handed to the publisher: ${(error as Error).message}`,
      `Run this as root on the publisher's host; or put the key there by hand as ${places.secret}, 0600 and owned by the publisher's user, and say --placed.`,
    );
  }
}

async function place(path: string, content: string | undefined): Promise<void> {
  await rm(path, { force: true });
  if (content === undefined) return;
  const { uid, gid } = await stat(dirname(path));
  const target = await open(path, 'wx', 0o600);
  try {
    await target.writeFile(content);
    if (process.getuid?.() !== uid) await chown(path, uid, gid);
  } finally {
    await target.close();
  }
}
