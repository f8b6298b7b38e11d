import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { PROBLEM_STATUS } from '@fatbuildr/domain';
import { expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '..');
const read = (file: string) => readFileSync(path.join(root, file), 'utf8');
const pages = readdirSync(path.join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/${name}`)
  .concat('README.md', 'CONTRIBUTING.md');

/** The anchors of a page's headings, as code hosts make them. */
function anchors(page: string): string[] {
  return [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

test('every link of the manual leads somewhere', () => {
  const broken = pages.flatMap((page) =>
    [...read(page).matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !/^[a-z]+:/.test(target) && !leadsSomewhere(page, target))
      .map((target) => `${page}: ${target}`),
  );
  expect(broken).toEqual([]);
});

function leadsSomewhere(page: string, target: string): boolean {
  const [file = '', anchor] = target.split('#');
  const named = file === '' ? page : path.join(path.dirname(page), file);
  if (!statSync(path.join(root, named), { throwIfNoEntry: false })) return false;
  return anchor === undefined || anchors(named).includes(anchor);
}

test('the tests that the acceptance page names exist', () => {
  const named = [...read('docs/acceptance.md').matchAll(/`([\w./-]+\.test\.ts)`(?:: (\*[^*]+\*(?:, \*[^*]+\*)*))?/g)];
  const missing = named.flatMap(([, file = '', names = '']) => {
    if (!statSync(path.join(root, file), { throwIfNoEntry: false })) return [file];
    const text = read(file);
    const wanted = [...names.matchAll(/\*([^*]+)\*/g)].map(([, name = '']) => name);
    return wanted.filter((name) => !text.includes(name)).map((name) => `${file}: ${name}`);
  });
  expect(named.length).toBeGreaterThan(50);
  expect(missing).toEqual([]);
});

test('every command of fatbuildrctl is described', () => {
  const table = read('apps/cli/src/commands.ts').split('export const commands')[1] ?? '';
  const commands = [...table.matchAll(/^ {2}'?([a-z:-]+)'?: async/gm)].map(([, name = '']) => name.replace(':', ' '));
  const manual = read('docs/command-line.md');
  expect(commands.length).toBeGreaterThan(20);
  expect(commands.filter((name) => !new RegExp(`(\`|### )${name}(?![\\w-])`).test(manual))).toEqual([]);
});

test('every kind of problem is explained', () => {
  const manual = read('docs/api.md');
  expect(Object.keys(PROBLEM_STATUS).filter((kind) => !manual.includes(`\`${kind}\``))).toEqual([]);
});
