import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, Failure, type KeyringInfo, type KeyringOrder } from '@fatbuildr/domain';
import { createKeyring, type KeyAlgorithm, type Keyring, openKeyring, renewKeyring } from '@fatbuildr/signing';

export interface KeyringsOptions {
  /** `<directory>/<instance>` holds the keys of an instance. */
  directory: string;
  /** `<records>/<instance>` says which task made them. */
  records: string;
  clock: Clock;
  algorithm?: KeyAlgorithm;
}

/** The keyrings of all instances. An instance is only ever given its own. */
export interface Keyrings {
  find(instance: string): Promise<Keyring | undefined>;
  /** @throws Failure `rejected` when the instance has none, `publish-failure` when it cannot be read */
  get(instance: string): Promise<Keyring>;
  /**
   * Makes the keyring of an instance. The task that made it already is given it again.
   *
   * @throws Failure `rejected` when another task made it
   */
  create(order: KeyringOrder, task: string): Promise<Keyring>;
  renew(order: KeyringOrder): Promise<Keyring>;
}

export async function openKeyrings({ directory, records, clock, algorithm }: KeyringsOptions): Promise<Keyrings> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await mkdir(records, { recursive: true, mode: 0o700 });
  await sweep(directory);
  const opened = new Map<string, Keyring>();
  const dirOf = (instance: string) => join(directory, instance);
  const keep = (instance: string, keyring: Keyring): Keyring => {
    opened.set(instance, keyring);
    return keyring;
  };

  async function get(instance: string): Promise<Keyring> {
    const known = opened.get(instance);
    if (known) return known;
    try {
      return keep(instance, await openKeyring(dirOf(instance), clock));
    } catch (cause) {
      if (cause instanceof Failure) throw cause;
      throw new Failure('publish-failure', `the keyring of instance ${instance} cannot be used: ${textOf(cause)}`, {
        hint: `see that ${dirOf(instance)} is whole and belongs to the publisher's user`,
        cause,
      });
    }
  }

  async function find(instance: string): Promise<Keyring | undefined> {
    try {
      return await get(instance);
    } catch (error) {
      if (error instanceof Failure && error.outcome === 'rejected') return undefined;
      throw error;
    }
  }

  return {
    get,
    find,
    async create({ instance, userId, validityDays }, task) {
      const record = join(records, instance);
      const present = await find(instance);
      if (present && (await readFile(record, 'utf8').catch(() => '')) === task) return present;
      if (!present) await writeFile(record, task, { mode: 0o600, flush: true });
      const algorithmOption = algorithm ? { algorithm } : {};
      return keep(
        instance,
        await createKeyring({ dir: dirOf(instance), userId, now: clock(), validityDays, ...algorithmOption }),
      );
    },
    renew: async ({ instance, validityDays }) =>
      keep(instance, await renewKeyring({ dir: dirOf(instance), clock, validityDays })),
  };
}

/** What everybody may know of a keyring. */
export function keyringInfo(keyring: Keyring): KeyringInfo {
  const { userId, fingerprint, subkeyFingerprint, algorithm, created } = keyring;
  const expires = keyring.expires === Number.MAX_SAFE_INTEGER ? null : keyring.expires;
  return {
    userId: `${userId.name} <${userId.email}>`,
    fingerprint,
    algorithm,
    created,
    expires,
    subkeys: [{ fingerprint: subkeyFingerprint, created, expires, usage: 'sign' }],
    publicKey: keyring.armoredPublicKey(),
  };
}

/** Removes keys whose making was interrupted; no instance's name has a dot. */
async function sweep(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (name.includes('.')) await rm(join(directory, name), { recursive: true });
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
