import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, Failure, type Format, type KeyringInfo, type KeyringOrder } from '@fatbuildr/domain';
import type { RepositorySigner } from '@fatbuildr/registry';
import {
  createKeyring,
  finishRotation,
  importKeyring,
  type Keyring,
  type NewKeyAlgorithm,
  openKeyring,
  renewKeyring,
  startRotation,
  sweepKeyring,
  switchKeys,
} from '@fatbuildr/signing';
import { openSpool } from './key-spool.ts';
import { signerOf } from './signer.ts';

export interface KeyringsOptions {
  /** `<directory>/<instance>` holds the keys of an instance. */
  directory: string;
  /** Where an administrator puts secret keys that are to be imported. */
  spool: string;
  clock: Clock;
  /** Of keys that are made; RSA 4096 by default. */
  algorithm?: NewKeyAlgorithm;
}

/** What is done to a keyring. */
export type KeyringChange = Omit<KeyringOrder, 'kind' | 'repositories'>;

/** The keyrings of all instances. An instance is only ever given its own. */
export interface Keyrings {
  find(instance: string): Promise<Keyring | undefined>;
  /** @throws Failure `rejected` when the instance has none, `publish-failure` when it cannot be read */
  get(instance: string): Promise<Keyring>;
  /**
   * Does what an order says, one after the other. The task that did it already is given the keyring again.
   *
   * @throws Failure `rejected` when the keyring is not one that this can be done to
   */
  change(change: KeyringChange, task: string): Promise<Keyring>;
  /** What signs a repository of that format; its every trouble is a `publish-failure`. */
  signerFor(instance: string, format: Format): Promise<RepositorySigner>;
}

export async function openKeyrings({ directory, spool, clock, algorithm }: KeyringsOptions): Promise<Keyrings> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await sweep(directory);
  const { take } = await openSpool(spool);
  const opened = new Map<string, Keyring>();
  const dirOf = (instance: string) => join(directory, instance);
  let last: Promise<unknown> = Promise.resolve();

  async function get(instance: string): Promise<Keyring> {
    const known = opened.get(instance);
    if (known) return known;
    try {
      const keyring = await openKeyring(dirOf(instance), clock);
      opened.set(instance, keyring);
      return keyring;
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

  const operations: Record<KeyringOrder['operation'], (change: KeyringChange, task: string) => Promise<Keyring>> = {
    create: ({ instance, ...order }, task) =>
      createKeyring({ ...newKey(order), dir: dirOf(instance), now: clock(), task }),
    import: ({ instance }, task) =>
      take(instance, (key) => importKeyring({ ...key, dir: dirOf(instance), now: clock(), task })),
    renew: ({ instance, validityDays }) => renewKeyring({ dir: dirOf(instance), clock, validityDays }),
    rotate: ({ instance, overlapDays, ...order }, task) =>
      startRotation({ ...newKey(order), dir: dirOf(instance), clock, overlapDays, task }),
    switch: ({ instance }, task) => switchKeys({ dir: dirOf(instance), clock, task }),
    finish: ({ instance }, task) => finishRotation({ dir: dirOf(instance), clock, task }),
  };
  const newKey = ({ userId, validityDays }: Pick<KeyringChange, 'userId' | 'validityDays'>) => ({
    userId,
    validityDays,
    ...(algorithm ? { algorithm } : {}),
  });

  async function change(order: KeyringChange, task: string): Promise<Keyring> {
    const present = await find(order.instance);
    if (present?.task === task) return present;
    await operations[order.operation](order, task);
    // What makes a keyring has a clock that stands still.
    opened.delete(order.instance);
    return get(order.instance);
  }

  return {
    get,
    find,
    change(order, task) {
      const turn = last.then(() => change(order, task));
      last = turn.catch(() => {});
      return turn;
    },
    async signerFor(instance, format) {
      const keyring = await get(instance);
      // apt alone takes a file with several signatures when it knows one of the keys
      return signerOf(format === 'deb' ? keyring : keyring.rpm);
    },
  };
}

/** What everybody may know of a keyring. */
export function keyringInfo(keyring: Keyring): KeyringInfo {
  const { userId, fingerprint, subkeyFingerprint, algorithm, created, rotation, retired } = keyring;
  const expires = keyring.expires ?? null;
  return {
    userId: [userId.name, userId.email && `<${userId.email}>`].filter(Boolean).join(' '),
    fingerprint,
    algorithm,
    created,
    expires,
    subkeys:
      subkeyFingerprint === fingerprint ? [] : [{ fingerprint: subkeyFingerprint, created, expires, usage: 'sign' }],
    rotation: rotation ? { ...rotation, other: summary(rotation.other) } : null,
    retired: [...retired],
    publicKey: keyring.armoredPublicKey(),
  };
}

function summary({ fingerprint, algorithm, expires }: Keyring | NonNullable<Keyring['rotation']>['other']) {
  return { fingerprint, algorithm, expires: expires ?? null };
}

/** Removes what a crash left: keyrings in the making (no instance's name has a dot), and keys within them. */
async function sweep(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    if (name.includes('.')) await rm(path, { recursive: true });
    // One that is damaged is told of when it is needed.
    else await sweepKeyring(path).catch(() => {});
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
