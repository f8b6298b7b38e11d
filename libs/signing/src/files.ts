import { constants } from 'node:fs';
import { access, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '@fatbuildr/domain';
import { isUnfinished, makeDirectory, replaceFile, writeFiles } from './durable.ts';

/*
 * A keyring is a directory, 0700: `keyring.json` says which key is what, and each key has a directory named by its
 * fingerprint with its files, 0600. `keyring.json` is replaced in one step, and that is when anything changes.
 */

/** The files of a key. */
export interface KeyFiles {
  /** The secret keys, armoured, encrypted with the passphrase. */
  secret: string;
  passphrase: string;
  /** Armoured revocation certificate, for the day the secret is lost. */
  revocation: string;
  /** The public key, armoured; all that a retired key still has beside its revocation certificate. */
  public: string;
}

const NAMES = {
  secret: 'secret.asc',
  passphrase: 'passphrase',
  revocation: 'revocation.asc',
  public: 'public.asc',
} as const satisfies Record<keyof KeyFiles, string>;
const STATE = 'keyring.json';

/** Which key is what. Keys are named by their fingerprints, times are ms. */
export interface KeyringState {
  /** The key that signs alone, or first. */
  current: string;
  rotation: RotationState | null;
  /** Keys that signed once, newest first. */
  retired: string[];
  /** The task that made the last change, so that the same task is not refused after a crash. */
  task: string;
}

export interface RotationState {
  /** `announced`: the successor signs too. `switched`: the successor is the current key, its predecessor signs too. */
  phase: 'announced' | 'switched';
  /** The successor or predecessor. */
  other: string;
  started: number;
  /** When the publisher switches by itself, or when it was switched. */
  switchAt: number;
  /** From when on the predecessor may be retired. */
  finishAt: number;
}

export async function keyringExists(dir: string): Promise<boolean> {
  return access(join(dir, STATE), constants.F_OK).then(
    () => true,
    () => false,
  );
}

/** @throws Failure when there is no keyring in `dir` */
export async function readState(dir: string): Promise<KeyringState> {
  try {
    return JSON.parse(await readFile(join(dir, STATE), 'utf8')) as KeyringState;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw new Failure('rejected', 'the instance has no keyring yet', {
      hint: 'create it: fatbuildrctl keyring create',
      cause,
    });
  }
}

/** From here on the keyring is as `state` says. */
export async function writeState(dir: string, state: KeyringState): Promise<void> {
  await replaceFile(join(dir, STATE), render(state));
}

/** Makes the directory of a keyring with its first key. */
export async function makeKeyring(dir: string, fingerprint: string, files: KeyFiles, task: string): Promise<void> {
  await makeDirectory(dir, async (making) => {
    await addKey(making, fingerprint, files);
    await writeFiles(making, { [STATE]: render({ current: fingerprint, rotation: null, retired: [], task }) });
  });
}

/** Puts a key beside the others; it counts once `writeState` names it. */
export async function addKey(dir: string, fingerprint: string, files: KeyFiles): Promise<void> {
  const named = Object.entries(NAMES).map(([key, name]) => [name, files[key as keyof KeyFiles]]);
  await makeDirectory(join(dir, fingerprint), (making) => writeFiles(making, Object.fromEntries(named)));
}

export async function readSecret(dir: string, fingerprint: string): Promise<Pick<KeyFiles, 'secret' | 'passphrase'>> {
  const [secret, passphrase] = await Promise.all([
    readFile(join(dir, fingerprint, NAMES.secret), 'utf8'),
    readFile(join(dir, fingerprint, NAMES.passphrase), 'utf8'),
  ]);
  return { secret, passphrase };
}

export async function readPublic(dir: string, fingerprint: string): Promise<string> {
  return readFile(join(dir, fingerprint, NAMES.public), 'utf8');
}

/** Puts the same keys with other signatures in the place of the present ones. The passphrase stays. */
export async function replaceKey(
  dir: string,
  fingerprint: string,
  files: Pick<KeyFiles, 'secret' | 'public'>,
): Promise<void> {
  await replaceFile(join(dir, fingerprint, NAMES.public), files.public);
  await replaceFile(join(dir, fingerprint, NAMES.secret), files.secret);
}

/** Removes what a crash may have left: keys whose making was interrupted, and the secrets of retired ones. */
export async function sweepKeyring(dir: string): Promise<void> {
  const { current, rotation, retired } = await readState(dir);
  const known = [current, ...(rotation ? [rotation.other] : []), ...retired];
  for (const name of await readdir(dir)) {
    const strange = isUnfinished(name) || (name !== STATE && !known.includes(name));
    if (strange) await rm(join(dir, name), { recursive: true });
  }
  for (const fingerprint of retired) {
    for (const name of [NAMES.secret, NAMES.passphrase]) await rm(join(dir, fingerprint, name), { force: true });
  }
}

function render(state: KeyringState): string {
  return `${JSON.stringify(state, null, 2)}\n`;
}
