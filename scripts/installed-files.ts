/**
 * Prints what an installed tree consists of, a path below the root of the project a line: programs and libraries without
 * their tests, and the npm packages that package-lock.json names for running them. For scripts/install.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Only wanted for its types by a package of ours, as an optional peer. */
const TYPES_ONLY = /^node_modules\/(typescript$|@typescript\/)/;

const root = join(import.meta.dirname, '..');

interface Locked {
  dev?: boolean;
  link?: boolean;
}

/** Files of the workspaces and the definitions of tool images; what only tests use stays behind. */
function programs(): string[] {
  const files = ['apps', 'libs', 'images'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1)),
  );
  return files.filter(
    (path) => !/\/node_modules\/|\.test\.tsx?$|^libs\/testing\//.test(path) && !/\/test-[^/]+\.ts$/.test(path),
  );
}

/** Directories of npm packages, and the links to our own. Packages within packages come with theirs. */
function packages(): string[] {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, Locked>;
  };
  return Object.entries(lock.packages)
    .filter(([path, { dev }]) => path.startsWith('node_modules/') && !dev && path !== 'node_modules/@fatbuildr/testing')
    .map(([path]) => path)
    .filter((path) => !/\/node_modules\//.test(path) && !TYPES_ONLY.test(path) && existsSync(join(root, path)));
}

const others = ['package.json', 'package-lock.json', 'LICENSE', 'docs', 'deploy'];
process.stdout.write(`${[...others, ...programs(), ...packages()].join('\n')}\n`);
