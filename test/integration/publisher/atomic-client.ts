import { setTimeout as pause } from 'node:timers/promises';
import type { Repository } from '@fatbuildr/registry';
import type { Keyring } from '@fatbuildr/signing';
import { expect } from 'vitest';
import { seenOverHttp } from '../registry/http-client.ts';

/** A client that looks at a repository again and again. */
export interface Client {
  /** Looks now. @returns the submissions that are there: `p0` for the packages `p0` and `p0-data` */
  look(): Promise<string[]>;
  /** @throws what it found wrong at any time */
  stop(): Promise<void>;
}

const EVERY_MS = 100;

/**
 * Reads the main derivative over HTTP all the time, with all the checks that clients make. Each look must show whole
 * submissions, and all of those that were there before.
 */
export function startClient(repository: Repository, keyring: Keyring): Client {
  const stopping = new AbortController();
  let before: string[] = [];
  async function look(): Promise<string[]> {
    const known = before;
    const packages = (await seenOverHttp(repository, 'main', keyring)).map((each) => each.split(' ')[0] as string);
    const submissions = packages.filter((name) => !name.endsWith('-data'));
    expect(packages).toEqual(submissions.flatMap((name) => [name, `${name}-data`]).toSorted());
    expect(submissions).toEqual(expect.arrayContaining(known));
    before = submissions;
    return submissions;
  }
  const looking = (async () => {
    while (!stopping.signal.aborted) {
      await look();
      await pause(EVERY_MS);
    }
  })();
  looking.catch(() => {});
  return {
    look,
    async stop() {
      stopping.abort();
      await looking;
    },
  };
}
