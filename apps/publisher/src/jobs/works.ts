import type { PublisherOrder } from '@fatbuildr/domain';
import type { Work, Works } from '../attempt/job.ts';
import { openTurns, type TakeTurn } from '../turns.ts';
import { checkRepositories } from './check-repositories.ts';
import { changeKeyring } from './keyring.ts';
import { publish } from './publish.ts';
import { collectGarbage, deletePackages, importPackages, promotePackages, rollBack } from './registry-orders.ts';
import type { Workshop } from './workshop.ts';

/**
 * How each kind of order is done. Within an instance builds are published side by side, so that those which wait become
 * one publication; what changes published packages, or the key, comes after what was begun before it and before what
 * comes after. Collections, checks and imports take long and need no order, but for the publication that an import ends
 * in; imports take memory and disk too, so there is one at a time.
 */
export function worksOf(workshop: Workshop): Works {
  const { sharing, alone } = openTurns();
  const imports = openTurns();
  const importing = importPackages(workshop, sharing);
  return {
    publish: inTurn(sharing, publish(workshop)),
    'registry-delete': inTurn(alone, deletePackages(workshop)),
    'registry-promote': inTurn(alone, promotePackages(workshop)),
    'registry-rollback': inTurn(alone, rollBack(workshop)),
    'registry-gc': collectGarbage(workshop),
    'registry-check': checkRepositories(workshop),
    'registry-import': (job) => imports.alone('', job.signal, () => importing(job)),
    keyring: inTurn(alone, changeKeyring(workshop)),
  };
}

function inTurn<O extends PublisherOrder>(take: TakeTurn, work: Work<O>): Work<O> {
  return (job) => take(job.order.instance, job.signal, () => work(job));
}
