import { readFile, writeFile } from 'node:fs/promises';
import { Failure } from '@fatbuildr/domain';
import { scratchFile } from './fetch-list.ts';
import type { Origin } from './origin.ts';

/** Heads of the largest archives have a few hundred kilobytes. */
const LARGEST_HEAD = 8 << 20;
const LARGEST_SIGNATURE = 256 << 10;

/** A signed list that leads to the others, checked as far as there is a key. Undefined when there is none. */
export async function bringHead(origin: Origin, path: string, signature: string): Promise<string | undefined> {
  const { files, verifier } = origin;
  const to = scratchFile(origin);
  if (!(await files.copy(path, to, LARGEST_HEAD))) return undefined;
  if (!verifier) return to;
  const signed = scratchFile(origin);
  if (!(await files.copy(signature, signed, LARGEST_SIGNATURE))) {
    throw new Failure('rejected', `${files.location} has no ${signature}: it is not signed`, {
      hint: 'leave out --key and say --unsigned to believe it as it is',
    });
  }
  await named(path, async () => verifier.detached(await readFile(to), await readFile(signed)));
  return to;
}

/** A list that has its signature around it: what is signed of it, and nothing else. Undefined when there is none. */
export async function bringClearsigned(origin: Origin, path: string): Promise<string | undefined> {
  const { files, verifier } = origin;
  const to = scratchFile(origin);
  if (!(await files.copy(path, to, LARGEST_HEAD))) return undefined;
  if (verifier) await named(path, async () => writeFile(to, await verifier.cleartext(await readFile(to, 'utf8'))));
  return to;
}

async function named(path: string, check: () => Promise<void>): Promise<void> {
  try {
    await check();
  } catch (cause) {
    throw new Failure('rejected', `${path} is not signed by the key that was given: ${(cause as Error).message}`, {
      hint: 'see that it is the key of this repository',
      cause,
    });
  }
}
