/**
 * `node dying-writer.ts TREE DATABASE KEYS BLOBS STEP`: publishes the packages in BLOBS and is gone, as by a power cut,
 * at a step of the writing order.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ingestAptPackages, openAptRegistry, readPackageInChild } from '@fatbuildr/registry';
import { openKeyring } from '@fatbuildr/signing';
import { repository } from './farm.ts';

const [tree = '', database = '', keys = '', blobs = '', wanted = ''] = process.argv.slice(2);
const files = await Promise.all(
  (await readdir(blobs)).map(async (name) => {
    const path = join(blobs, name);
    const content = await readFile(path);
    return { name, path, size: content.length, sha256: createHash('sha256').update(content).digest('hex') };
  }),
);
const packages = await ingestAptPackages(files, readPackageInChild);
const registry = openAptRegistry({ tree, database });
await registry.recover();
await registry.publish({
  repository,
  changes: { add: packages.map((each) => ({ derivative: 'main', package: each })) },
  tasks: ['task'],
  signer: await openKeyring(keys, Date.now),
  step: (step) => {
    if (step === wanted) process.kill(process.pid, 'SIGKILL');
  },
});
