/**
 * `node dying-writer.ts ERRAND`: does what an errand says (a file of JSON, as `Errand`) and is gone, as by a power cut,
 * at a step of the writing order.
 */
import { readFile } from 'node:fs/promises';
import { type ChangeRequest, openRegistry } from '@fatbuildr/registry';
import { openKeyring } from '@fatbuildr/signing';
import { doWork, type Errand } from './errand.ts';

const { paths, repository, works, step: wanted } = JSON.parse(await readFile(process.argv[2] ?? '', 'utf8')) as Errand;
const keyring = await openKeyring(paths.keys, Date.now);
const registry = openRegistry({ ...paths, signerFor: async () => keyring, spacingMs: 0 });
await registry.recover();
const step: ChangeRequest['step'] = (each) => {
  if (each === wanted) process.kill(process.pid, 'SIGKILL');
};
// While this takes its turn the others wait, and so come to one publication.
void registry.ensurePublished({ repository });
await Promise.all(works.map((work) => doWork(registry, repository, work, { step })));
