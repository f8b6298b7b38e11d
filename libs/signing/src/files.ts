import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { access, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure } from '@fatbuildr/domain';

/** The files of a keyring on disk, each 0600 in a directory 0700. */
export interface KeyringFiles {
  /** The secret keys, armoured, encrypted with the passphrase. */
  secret: string;
  passphrase: string;
  /** Armoured revocation certificate, for the day the secret is lost. */
  revocation: string;
}

const NAMES = { secret: 'secret.asc', passphrase: 'passphrase', revocation: 'revocation.asc' } as const;

export async function keyringExists(dir: string): Promise<boolean> {
  return access(join(dir, NAMES.secret), constants.F_OK).then(
    () => true,
    () => false,
  );
}

/** @throws Failure when there is no keyring in `dir` */
export async function readKeyringFiles(dir: string): Promise<Omit<KeyringFiles, 'revocation'>> {
  try {
    const [secret, passphrase] = await Promise.all([
      readFile(join(dir, NAMES.secret), 'utf8'),
      readFile(join(dir, NAMES.passphrase), 'utf8'),
    ]);
    return { secret, passphrase };
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw new Failure('rejected', 'the instance has no keyring yet', {
      hint: 'create it: fatbuildrctl keyring create',
      cause,
    });
  }
}

/** Makes the directory with all files at once: after a crash there is a whole keyring or none. */
export async function createKeyringFiles(dir: string, files: KeyringFiles): Promise<void> {
  const making = `${dir}.${randomBytes(6).toString('hex')}`;
  await mkdir(dirname(dir), { recursive: true, mode: 0o700 });
  await mkdir(making, { mode: 0o700 });
  try {
    for (const key of ['secret', 'passphrase', 'revocation'] as const) {
      await writeDurably(join(making, NAMES[key]), files[key]);
    }
    await syncDirectory(making);
    await rename(making, dir);
    await syncDirectory(dirname(dir));
  } catch (error) {
    await rm(making, { recursive: true, force: true });
    throw error;
  }
}

/** Puts another secret in the place of the present one in one step. The passphrase stays. */
export async function replaceSecret(dir: string, secret: string): Promise<void> {
  const making = join(dir, `.${NAMES.secret}.${randomBytes(6).toString('hex')}`);
  await writeDurably(making, secret);
  await rename(making, join(dir, NAMES.secret));
  await syncDirectory(dir);
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncDirectory(dir: string): Promise<void> {
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
