import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { toolsCommand } from './check-tools.ts';

let bin: string;

/** A directory of programs in which the tools of an RPM image are, but for dnf and mock. */
beforeEach(() => {
  bin = mkdtempSync(join(tmpdir(), 'fatbuildr-tools-'));
  for (const name of ['head', 'tr']) symlinkSync(join('/usr/bin', name), join(bin, name));
  for (const name of ['rpm', 'rpmbuild', 'mount', 'patch', 'python3', 'tar', 'xz']) program(name, 'exit 1');
});
afterEach(() => rmSync(bin, { recursive: true }));

function program(name: string, script: string): void {
  writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(bin, name), 0o755);
}

/** A dnf that says which version it is, with or without its builddep. */
function dnf(name: string, version: string, builddep: boolean): void {
  program(name, `case $1 in --version) echo '${version}';; builddep) exit ${builddep ? 0 : 2};; esac`);
}

function missing(): string[] {
  const [command, ...args] = toolsCommand('rpm');
  const said = execFileSync(command, args, { env: { PATH: bin }, encoding: 'utf8' });
  return said.split('\n').filter(Boolean);
}

test('Debian has the fourth dnf by its plain name', () => {
  dnf('dnf', '4.14.0', true);
  expect(missing()).toEqual([]);
});

test('Fedora has both, and mock calls the fifth', () => {
  dnf('dnf', 'dnf5 version 5.2.16.0', true);
  dnf('dnf5', 'dnf5 version 5.2.16.0', true);
  dnf('dnf4', '4.24.0', true);
  program('mock', '');
  expect(missing()).toEqual([]);
});

test('what they lack is named with its package', () => {
  expect(missing()).toEqual(['missing: dnf', 'missing: dnf4 (python3-dnf)']);
  dnf('dnf', 'dnf5 version 5.2.16.0', false);
  dnf('dnf5', 'dnf5 version 5.2.16.0', false);
  expect(missing()).toEqual(['missing: dnf4 (python3-dnf)']);
  program('mock', '');
  dnf('dnf4', '4.24.0', false);
  expect(missing()).toEqual([
    'missing: builddep for dnf4 (dnf-plugins-core)',
    'missing: builddep for dnf5, which mock calls (dnf5-plugins)',
  ]);
});
