import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { importTableMarkdown } from './import-table.ts';

const root = path.resolve(import.meta.dirname, '..');

/** Source files that each break one rule, and the rule; `undefined` where the import is allowed. */
const cases: [file: string, source: string, rule: string | undefined][] = [
  ['libs/client/src/a.ts', `export { x } from '@fatbuildr/domain';`, undefined],
  ['libs/client/src/b.ts', `export { x } from '@fatbuildr/blobs';`, 'no-restricted-imports'],
  ['libs/client/src/c.ts', `import type { X } from '@fatbuildr/blobs'; export type Y = X;`, undefined],
  ['libs/client/src/lazy.ts', `export const later = () => import('@fatbuildr/blobs');`, 'no-restricted-imports'],
  ['libs/client/src/d.ts', `export { x } from '../../blobs/src/index.ts';`, 'no-restricted-imports'],
  ['libs/client/src/e.ts', `export { x } from '@fatbuildr/testing';`, 'no-restricted-imports'],
  ['libs/client/src/e.test.ts', `export { x } from '@fatbuildr/testing';`, undefined],
  ['libs/domain/src/a.ts', `import type { X } from '@fatbuildr/blobs'; export type Y = X;`, 'no-restricted-imports'],
  ['libs/domain/src/b.ts', `export { readFile } from 'node:fs';`, 'no-nodejs-modules'],
  ['apps/api/src/a.ts', `export { x } from '@fatbuildr/database';`, undefined],
  ['apps/api/src/b.ts', `export { x } from '@fatbuildr/signing';`, 'no-restricted-imports'],
  ['apps/worker/src/a.ts', `export { x } from '@fatbuildr/database';`, 'no-restricted-imports'],
  ['apps/worker/src/b.ts', `export { x } from '@fatbuildr/api';`, 'no-restricted-imports'],
  ['apps/worker/src/c.ts', `export { x } from '@fatbuildr/containers';`, undefined],
  ['apps/publisher/src/a.ts', `export { x } from '@fatbuildr/signing';`, undefined],
  ['apps/cli/src/a.ts', `export { x } from '@fatbuildr/client';`, undefined],
  ['apps/cli/src/b.ts', `export { x } from '@fatbuildr/config';`, 'no-restricted-imports'],
  ['apps/web/src/a.ts', `export { x } from '@fatbuildr/queue';`, 'no-restricted-imports'],
  ['libs/queue/src/ring-a.ts', `import { b } from './ring-b.ts'; export const a = () => b;`, 'no-cycle'],
  ['libs/queue/src/ring-b.ts', `import { a } from './ring-a.ts'; export const b = () => a;`, 'no-cycle'],
  ['libs/queue/src/CamelCase.ts', `export const a = 1;`, 'filename-case'],
  ['libs/queue/src/env.ts', `export const home = process.env.HOME;`, 'no-process-env'],
  ['apps/api/src/main.ts', `export const home = process.env.HOME;`, undefined],
  ['libs/queue/src/floating.ts', `const later = async () => 1; later();`, 'no-floating-promises'],
];

/** Whatever a workspace declares as a dependency, it must be allowed to import: this catches `await import()` as well. */
function declared(): typeof cases {
  return globSync('{apps,libs}/*/package.json', { cwd: root }).flatMap((file) => {
    const { dependencies = {} }: { dependencies?: object } = JSON.parse(readFileSync(path.join(root, file), 'utf8'));
    const ours = Object.keys(dependencies).filter((name) => name.startsWith('@fatbuildr/'));
    const source = [
      'export const own = 1;',
      ...ours.map((name, index) => `export { x as x${index} } from '${name}';`),
    ].join(' ');
    return [[path.join(path.dirname(file), 'src/declared.ts'), source, undefined]];
  });
}

interface Diagnostic {
  code: string;
  filename: string;
}

let tree: string;
let found: Map<string, Diagnostic[]>;

beforeAll(() => {
  tree = mkdtempSync(path.join(tmpdir(), 'fatbuildr-lint-'));
  for (const [file, source] of [...cases, ...declared()]) write(file, source);
  write('oxlint.config.ts', `export { default } from '${root}/oxlint.config.ts';`);
  write('tsconfig.json', readFileSync(path.join(root, 'tsconfig.json'), 'utf8'));
  symlinkSync(path.join(root, 'node_modules'), path.join(tree, 'node_modules'));
  found = lint(tree);
});

afterAll(() => rmSync(tree, { recursive: true, force: true }));

function write(file: string, content: string) {
  mkdirSync(path.dirname(path.join(tree, file)), { recursive: true });
  writeFileSync(path.join(tree, file), content);
}

/** What the project's own linter, with the project's own settings, has to say about each file. */
function lint(cwd: string): Map<string, Diagnostic[]> {
  const oxlint = path.join(root, 'node_modules/.bin/oxlint');
  const run = spawnSync(process.execPath, [oxlint, '--format=json', 'apps', 'libs'], { cwd, encoding: 'utf8' });
  const report: { diagnostics: Diagnostic[] } = JSON.parse(run.stdout);
  return Map.groupBy(report.diagnostics, ({ filename }) => filename);
}

test.each([...cases, ...declared()])('%s: %s', (file, _source, rule) => {
  const broken = (found.get(file) ?? []).map(({ code }) => code);
  expect(broken.join()).toEqual(rule === undefined ? '' : expect.stringContaining(rule));
});

test('the manual has the table that is enforced', () => {
  expect(readFileSync(path.join(root, 'docs/architecture.md'), 'utf8')).toContain(importTableMarkdown());
});
