import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Instance } from '@fatbuildr/domain';
import type { StagedPublication } from '@fatbuildr/registry';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { gateOf } from './gate.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fatbuildr-gate-'));
});
afterEach(() => rm(directory, { recursive: true }));

async function tryWith(script: string, limits?: { triesMs: number; cleansMs: number }): Promise<void> {
  const program = join(directory, 'gate');
  await writeFile(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const instance = {
    id: 'default',
    distributions: [
      { format: 'rpm', name: 'bookworm' },
      { format: 'deb', name: 'bookworm', gate: program },
    ],
  };
  const repository = {
    ...{ format: 'deb', instance: 'default', distribution: 'bookworm', derivatives: ['main', 'extra'] },
    architectures: ['amd64'],
  };
  const added = [
    { derivative: 'main', name: 'hello', version: '1:2.0-1', architecture: 'amd64' },
    { derivative: 'extra', name: 'hello-doc', version: '2', architecture: 'all' },
  ];
  const staged = { repository, revision: 7, directory, added } as unknown as StagedPublication;
  await gateOf({ instances: [instance as unknown as Instance] }, async (id) => `key of ${id}`, limits)?.(staged);
}

test('a program is told where the publication is, and nothing that is ours', async () => {
  process.env['FATBUILDR_SECRET'] = 'canary';
  try {
    await tryWith(`env | sort > ${directory}/told; cat > ${directory}/new; cat $FATBUILDR_KEYRING > ${directory}/key`);
  } finally {
    delete process.env['FATBUILDR_SECRET'];
  }
  const told = (await readFile(join(directory, 'told'), 'utf8'))
    .split('\n')
    .filter((line) => line.startsWith('FATBUILDR_'));
  expect(told).toEqual([
    'FATBUILDR_ARCHITECTURES=amd64',
    'FATBUILDR_DERIVATIVES=main extra',
    `FATBUILDR_DIRECTORY=${directory}`,
    'FATBUILDR_DISTRIBUTION=bookworm',
    'FATBUILDR_FORMAT=deb',
    'FATBUILDR_INSTANCE=default',
    `FATBUILDR_KEYRING=${directory}/keyring.asc`,
    'FATBUILDR_REVISION=7',
  ]);
  expect(await readFile(join(directory, 'new'), 'utf8')).toBe('main hello 1:2.0-1 amd64\nextra hello-doc 2 all\n');
  expect(await readFile(join(directory, 'key'), 'utf8')).toBe('key of default');
});

test('its refusal is the end of the publication, with what it said', async () => {
  await expect(tryWith('echo "hello does not install" >&2; exit 3')).rejects.toMatchObject({
    outcome: 'publish-failure',
    message: expect.stringMatching(/gate refused the publication: it ended with status 3\nhello does not install$/),
  });
});

test('a program that is not there refuses too', async () => {
  await expect(tryWith('exec /nonexistent/program')).rejects.toMatchObject({ outcome: 'publish-failure' });
});

test('where no distribution names one there is none', () => {
  const instance = { id: 'default', distributions: [{ format: 'deb', name: 'bookworm' }] } as unknown as Instance;
  expect(gateOf({ instances: [instance] }, async () => '')).toBeUndefined();
});

test('one that is ended before it answered is broken, and blames no package', async () => {
  await expect(tryWith('kill -9 $$')).rejects.toMatchObject({
    outcome: 'infrastructure-failure',
    message: expect.stringContaining('could not be asked: it was ended by SIGKILL'),
  });
});

test('nothing that it started outlives its time', async () => {
  const script = `trap '' TERM; sh -c 'trap "" TERM; echo $$ > ${directory}/pid; while sleep 1; do :; done' & wait`;
  await expect(tryWith(script, { triesMs: 600, cleansMs: 300 })).rejects.toMatchObject({
    outcome: 'infrastructure-failure',
    message: expect.stringContaining('it had no answer within 0.01 minutes'),
  });
  const started = (await readFile(join(directory, 'pid'), 'utf8')).trim();
  await vi.waitFor(async () =>
    expect(await readFile(`/proc/${started}/stat`, 'utf8').catch(() => '')).toMatch(/^$| Z /),
  );
});
