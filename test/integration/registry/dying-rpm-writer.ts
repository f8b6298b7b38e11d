/**
 * `node dying-rpm-writer.ts REQUEST`: publishes the packages of a request (JSON of tree, database, keys, repository,
 * packages, step) and is gone, as by a power cut, at a step of the writing order.
 */
import { readFile } from 'node:fs/promises';
import { type IngestedRpm, openRpmRegistry, type RpmRepository } from '@fatbuildr/registry';
import { openKeyring } from '@fatbuildr/signing';

interface Request {
  paths: { tree: string; database: string; keys: string };
  repository: RpmRepository;
  packages: IngestedRpm[];
  step: string;
}

const request = JSON.parse(await readFile(process.argv[2] ?? '', 'utf8')) as Request;
const { paths, repository, packages, step: wanted } = request;
const registry = openRpmRegistry(paths);
await registry.recover();
await registry.publish({
  repository,
  changes: { add: packages.map((each) => ({ derivative: 'main', package: each })) },
  tasks: ['task'],
  signer: await openKeyring(paths.keys, Date.now),
  step: (step) => {
    if (step === wanted) process.kill(process.pid, 'SIGKILL');
  },
});
