import { findInstance, type KeyringOrder } from '@fatbuildr/domain';
import type { Keyring } from '@fatbuildr/signing';
import type { Work } from '../attempt/job.ts';
import { keyringInfo } from '../keyrings.ts';
import { publishKeys } from '../publish-keys.ts';
import { orderedRepository } from '../repositories.ts';
import type { Workshop } from './workshop.ts';

/**
 * Creates or imports the keyring of an instance and publishes each of its repositories empty, since apt fails on a suite
 * that was never published; or renews or rotates it, signs every repository again and hands out the public keys.
 */
export function changeKeyring(workshop: Workshop): Work<KeyringOrder> {
  return async (job) => {
    const { config, registry, keyrings, telling } = workshop;
    const { repositories: targets, kind: _, ...change } = job.order;
    const { instance, operation } = change;
    findInstance(config, instance);
    // A keyring cannot be taken back, so the api is asked first.
    await job.commit();
    const keyring = await keyrings.change(change, job.task);
    for (const line of tell(operation, keyring)) job.line(line);

    const repositories = targets.map((target) => orderedRepository(config, instance, target));
    if (operation === 'renew' && repositories.some(({ format }) => format === 'rpm')) job.line(UNKNOWN_TO_DNF);
    const first = operation === 'create' || operation === 'import';
    try {
      await job.phase('publish', () => publishKeys(workshop, { instance, repositories, first }));
    } catch (error) {
      // The keys are others all the same, and the api has them from a result alone otherwise.
      await telling.everything();
      throw error;
    }
    for (const { distribution, derivatives } of targets) {
      job.line(`${distribution} is signed: ${derivatives.join(', ')}`);
    }
    for (const repository of repositories) await telling.repository(repository);
    const publications = repositories.flatMap(({ format, distribution }) => {
      const head = registry.revisions({ instance, format, distribution });
      return head ? [{ format, distribution, revision: head.current }] : [];
    });
    return { publications, keyring: keyringInfo(keyring), preview: null };
  };
}

const DONE: Record<KeyringOrder['operation'], string> = {
  create: 'created',
  import: 'imported',
  renew: 'renewed',
  rotate: 'go on with',
  switch: 'switched to',
  finish: 'go on with',
};

const UNKNOWN_TO_DNF =
  'dnf does not learn of it: clients that have this key refuse the RPM repositories from its former end on; have another ' +
  'key take over before: fatbuildrctl keyring rotate, then --switch';

/** What became of the keys, and what comes next. */
function tell(operation: KeyringOrder['operation'], keyring: Keyring): string[] {
  const { algorithm, fingerprint, expires, rotation, retired } = keyring;
  const lines = [
    `${DONE[operation]} ${algorithm} key ${fingerprint}`,
    expires === undefined ? 'valid for good' : `valid until ${day(expires)}`,
  ];
  if (operation === 'finish')
    lines.push(`retired ${retired[0]}: clients that know it alone refuse the repositories now`);
  if (rotation?.phase === 'announced') {
    lines.push(
      `announced ${rotation.other.algorithm} key ${rotation.other.fingerprint}; have clients fetch keyring.asc`,
    );
    lines.push(`it takes over on ${day(rotation.switchAt)}, or before: fatbuildrctl keyring rotate --switch`);
  }
  if (rotation?.phase === 'switched') {
    lines.push(`${rotation.other.fingerprint} signs beside it for apt`);
    lines.push(`from ${day(rotation.finishAt)} on it may be retired: fatbuildrctl keyring rotate --finish`);
  }
  return lines;
}

function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
