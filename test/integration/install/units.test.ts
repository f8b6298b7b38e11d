import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readServiceUnit } from './unit-file.ts';

const deploy = fileURLToPath(new URL('../../../deploy/systemd', import.meta.url));
const services = ['fatbuildr-api', 'fatbuildr-publisher', 'fatbuildr-redis', 'fatbuildr-worker', 'fatbuildrd'];

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fatbuildr-units-'));
  await execa(join(deploy, '../../scripts/install'), ['--root', root, '--prefix', `${root}/opt/fatbuildr`], {
    stdin: 'ignore',
  }).catch((error: Error) => {
    throw new Error(`not installed: ${error.message}`);
  });
});
afterAll(() => rm(root, { recursive: true }));

test('systemd understands every line of every unit, and what they start is there', async ({ skip }) => {
  const there = await execa('systemd-analyze', ['--version'], { reject: false });
  if (there.exitCode !== 0) skip('systemd-analyze is missing');
  const units = (await readdir(deploy)).filter((name) => /\.(service|target)$/.test(name));
  expect(units).toEqual(expect.arrayContaining([...services.map((name) => `${name}.service`), 'fatbuildr.target']));
  const { all } = await execa('systemd-analyze', ['verify', '--man=no', ...units.map((name) => join(deploy, name))], {
    all: true,
    reject: false,
  });
  // Nothing is installed on this machine: that its programs are missing is the only complaint there may be.
  const complaints = all.split('\n').filter((line) => line !== '' && !/is not executable: No such file/.test(line));
  expect(complaints.filter((line) => line.includes('fatbuildr'))).toEqual([]);
});

describe.each(services)('%s', (name) => {
  const unit = readServiceUnit(join(deploy, `${name}.service`));

  test('runs a program that the installation has', async () => {
    const [program = '', ...words] = unit.command;
    const script = words.find((word) => !word.startsWith('--'));
    const installed = (path: string) => root + root + path.replace('/usr/lib/fatbuildr', '/opt/fatbuildr');
    if (program === '/usr/bin/redis-server') return expect(name).toBe('fatbuildr-redis');
    for (const path of [program, script ?? '']) expect((await readFile(installed(path))).length).toBeGreaterThan(0);
    const written = await readFile(join(root, `usr/lib/systemd/system/${name}.service`), 'utf8');
    expect(written).toContain(`ExecStart=${root}/opt/fatbuildr/current/bin/node`);
    return expect(written).not.toContain('/usr/lib/fatbuildr/');
  });

  test('runs as a user that the installation makes', async () => {
    const users = await readFile(join(root, 'etc/passwd'), 'utf8');
    const root_ = ['fatbuildr-worker', 'fatbuildrd'].includes(name);
    expect(unit.user === 'root').toBe(root_);
    if (!root_) expect(users).toContain(`${unit.user}:x:`);
  });
});

test('those that touch what comes from outside may do little', async ({ skip }) => {
  for (const name of ['fatbuildr-api', 'fatbuildr-publisher', 'fatbuildr-redis']) {
    const { exitCode, all } = await execa(
      'systemd-analyze',
      ['security', '--offline=true', '--threshold=25', '--no-pager', join(deploy, `${name}.service`)],
      { all: true, reject: false },
    );
    if (/Unknown operation|unrecognized option/.test(all)) skip('this systemd-analyze judges no unit files');
    expect({ name, exitCode, verdict: all.split('\n').at(-1) }).toMatchObject({ exitCode: 0 });
  }
});
