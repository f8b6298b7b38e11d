import { lstat } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { Failure } from '@fatbuildr/domain';
import type { NeededFile } from '../../format.ts';
import type { StoredRepository } from '../../store/rows.ts';
import { keyOfRepository } from '../context.ts';
import { type Needed, neededBy } from '../needed.ts';
import type { Fault, Reading } from './reading.ts';

/** Between the move of a head and the renames after it, files are not what the head says. */
const SWITCH_MS = 100;
const SWITCHES = 100;

/**
 * Reads every index of the publications that are kept, and checks as clients do what they start from.
 *
 * @returns how many of the files that clients are given now are not whole
 */
export async function checkIndexes(reading: Reading, repository: StoredRepository): Promise<number> {
  const { context, tell } = reading;
  const { store } = context;
  const { definition } = repository;
  const oldest = () => store.revisions(repository)?.oldest ?? 0;
  let since = oldest();
  let needed = await neededBy(context, repository, since);
  let faults = 0;
  for (const path of [...needed.all.keys()]) {
    const fault = await faultOf(reading, repository, path, needed.get);
    if (!fault) continue;
    // A publication that was collected meanwhile needs nothing any more.
    if (oldest() !== since) {
      since = oldest();
      needed = await neededBy(context, repository, since);
    }
    if (!needed.get(path)) continue;
    if (isNeededByHead(reading, repository, path)) {
      faults += 1;
      tell(definition.format, path, { ...fault, hint: REWRITTEN });
    } else tell(definition.format, path, { kind: 'past', message: fault.message, hint: COLLECTED });
  }
  const error = await signatureError(reading, repository);
  if (error === undefined) return faults;
  const top = context.formatOf(definition).top(context.tree, definition);
  tell(definition.format, top, { kind: 'damaged', message: `clients refuse it: ${error}`, hint: REWRITTEN });
  return faults + 1;
}

const REWRITTEN = 'fatbuildrctl registry check, without --dry-run, writes the indexes of the repository anew';
const COLLECTED = 'nothing: only publications have it that no client is given any more, and it goes with them';

async function faultOf(
  reading: Reading,
  repository: StoredRepository,
  path: string,
  needed: Needed,
): Promise<Fault | undefined> {
  for (let left = SWITCHES; ; left -= 1) {
    const given = givenOf(reading, repository);
    const file = needed(path);
    if (!file) return undefined;
    const fault = file.content ? await reading.look(path, file.content) : await missing(file);
    if (!fault || !file.replaced || left === 0) return fault;
    if (given !== undefined && given === givenOf(reading, repository)) return fault;
    await setTimeout(SWITCH_MS);
  }
}

/** What else is to be said of links and signatures, a client's look at them tells. */
async function missing({ path }: NeededFile): Promise<Fault | undefined> {
  return lstat(path).then(
    () => undefined,
    (error: NodeJS.ErrnoException) => ({ kind: 'missing', message: `it is not there: ${error.code}` }),
  );
}

function headOf({ context: { store } }: Reading, { definition }: StoredRepository) {
  const repository = store.find(definition);
  const head = repository && store.publication(repository);
  return repository && head ? { repository, head } : undefined;
}

function isNeededByHead(reading: Reading, repository: StoredRepository, path: string): boolean {
  const { tree, formatOf } = reading.context;
  const found = headOf(reading, repository);
  if (!found) return false;
  const { definition } = repository;
  return formatOf(definition)
    .filesOf(tree, definition, found.head)
    .some((file) => file.path === path);
}

/** The revision that clients are given, or were to be given in vain; undefined while that changes. */
function givenOf({ context: { served, store } }: Reading, { definition }: StoredRepository): number | undefined {
  const given = served.get(keyOfRepository(definition));
  const current = store.find(definition)?.revision ?? undefined;
  return given === current || given instanceof Failure ? current : undefined;
}

/** What keeps clients from accepting what they start from. */
async function signatureError(reading: Reading, repository: StoredRepository): Promise<string | undefined> {
  const { tree, signerFor, formatOf } = reading.context;
  const { format, instance } = repository.definition;
  for (let left = SWITCHES; ; left -= 1) {
    const given = givenOf(reading, repository);
    const found = headOf(reading, repository);
    if (!found) return undefined;
    const { definition } = found.repository;
    const error = await signerFor(instance, format)
      .then((signer) => formatOf(definition).checkServed(tree, definition, found.head, signer))
      .then(
        () => undefined,
        (reason: Error) => reason.message,
      );
    if (error === undefined || left === 0) return error;
    if (given !== undefined && given === givenOf(reading, repository)) return error;
    await setTimeout(SWITCH_MS);
  }
}
