import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { dnfCommand } from './dnf.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fatbuildr-dnf-'));
  install('dnf');
});
afterEach(() => rmSync(directory, { recursive: true }));

const called = (configured?: string[]) => {
  const [program, ...args] = [...dnfCommand(configured), 'builddep', 'a b'];
  return execFileSync(program, args, { encoding: 'utf8', env: { PATH: directory } }).trim();
};

function install(name: string): void {
  const file = join(directory, name);
  writeFileSync(file, `#!/bin/sh\nprintf '%s' ${name}; printf ' <%s>' "$@"\n`);
  chmodSync(file, 0o755);
}

test('dnf is the fourth where there is one, with the options that are configured as well', () => {
  expect(called()).toBe('dnf <builddep> <a b>');
  install('dnf4');
  expect(called()).toBe('dnf4 <builddep> <a b>');
  expect(called(['dnf', '--setopt=retries=1'])).toBe('dnf4 <--setopt=retries=1> <builddep> <a b>');
});

test('another program is called as it is configured', () => {
  install('dnf4');
  install('microdnf');
  expect(called(['microdnf', '-v'])).toBe('microdnf <-v> <builddep> <a b>');
});
