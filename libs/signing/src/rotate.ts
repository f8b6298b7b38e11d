import { type Clock, Failure } from '@fatbuildr/domain';
import { generate, type NewKey } from './create.ts';
import { addKey, type KeyringState, readState, sweepKeyring, writeState } from './files.ts';
import { isExpired, openKey } from './key.ts';
import { openKeyring } from './keyring.ts';
import type { Keyring } from './types.ts';

const DAY = 86_400_000;

/** A change of the keyring in `dir`; `task` is who makes it. */
export interface KeyringChange {
  dir: string;
  clock: Clock;
  task: string;
}

/**
 * Announces a successor: it signs beside the current key from now on, for clients that accept either, and clients get
 * both public keys.
 *
 * @param overlapDays how long clients have to learn the new key before the switch, and again before the old one goes;
 * less when the current key ends earlier
 * @throws Failure `rejected` during another rotation, or when the current key is expired
 */
export async function startRotation({
  dir,
  clock,
  task,
  overlapDays,
  ...key
}: KeyringChange & NewKey & { overlapDays: number }): Promise<Keyring> {
  return change({ dir, clock, task }, async (state) => {
    if (state.rotation) {
      throw new Failure('rejected', `the key ${state.rotation.other} takes part in a rotation already`, {
        hint: 'end that first: fatbuildrctl keyring rotate --switch, then --finish',
      });
    }
    const now = clock();
    const { info } = await openKey(dir, state.current, now);
    if (isExpired(info, now)) {
      throw new Failure('rejected', `the key ${info.fingerprint} is expired: clients would not believe it`, {
        hint: 'renew it first: fatbuildrctl keyring renew',
      });
    }
    await sweepKeyring(dir);
    const { fingerprint, files } = await generate(key, now);
    await addKey(dir, fingerprint, files);
    const switchAt = Math.max(now, Math.min(now + overlapDays * DAY, (info.expires ?? Infinity) - DAY));
    const finishAt = switchAt + overlapDays * DAY;
    return { ...state, rotation: { phase: 'announced', other: fingerprint, started: now, switchAt, finishAt } };
  });
}

/**
 * Makes the successor the current key: it signs packages of clients that read one signature. Both go on signing for the
 * others. When that was done already nothing changes.
 *
 * @throws Failure `rejected` when no rotation was started
 */
export async function switchKeys({ dir, clock, task }: KeyringChange): Promise<Keyring> {
  return change({ dir, clock, task }, async (state) => {
    const rotation = going(state);
    if (rotation.phase === 'switched') return state;
    const now = clock();
    const finishAt = now + (rotation.finishAt - rotation.switchAt);
    return {
      ...state,
      current: rotation.other,
      rotation: { ...rotation, phase: 'switched', other: state.current, switchAt: now, finishAt },
    };
  });
}

/**
 * Retires the predecessor: it signs no more, its secret is removed, its public key stays for what it signed.
 *
 * @throws Failure `rejected` before the switch
 */
export async function finishRotation({ dir, clock, task }: KeyringChange): Promise<Keyring> {
  await change({ dir, clock, task }, async (state) => {
    const { phase, other } = going(state);
    if (phase === 'announced') {
      throw new Failure('rejected', `the key ${other} has not taken over yet`, {
        hint: 'switch first: fatbuildrctl keyring rotate --switch',
      });
    }
    return { ...state, rotation: null, retired: [other, ...state.retired] };
  });
  await sweepKeyring(dir);
  return openKeyring(dir, clock);
}

/** @throws Failure `rejected` when there is no keyring */
async function change(
  { dir, clock, task }: KeyringChange,
  next: (state: KeyringState) => Promise<KeyringState>,
): Promise<Keyring> {
  const state = await readState(dir);
  await writeState(dir, { ...(await next(state)), task });
  return openKeyring(dir, clock);
}

function going({ rotation }: KeyringState) {
  if (rotation) return rotation;
  throw new Failure('rejected', 'no rotation of the keys is going on', {
    hint: 'start one: fatbuildrctl keyring rotate',
  });
}
