import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { openReaders } from '../reading/readers.ts';
import { openTestRegistry, testRepository } from '../test-registry.ts';
import { directoryFiles } from './directory.ts';
import { type ImportRequest, importPackages } from './import-packages.ts';
import type { OriginFiles } from './origin.ts';

export const sum = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** A package in a made-up repository, and how its stanza lies. */
export interface ListedRecipe {
  name: string;
  version: string;
  architecture?: string;
  /** Further lines of the control file. */
  control?: string;
  stanza?: (text: string) => string;
  path?: string;
}

/** Makes a package and its canonical name, as `@fatbuildr/testing/deb` does. */
type MakeDeb = (recipe: ListedRecipe) => Promise<{ name: string; content: Buffer }>;

/** Directories that look like repositories, and a registry that imports them. */
export async function openImports(makeDeb: MakeDeb) {
  const dir = await mkdtemp(join(tmpdir(), 'fatbuildr-import-'));
  const farm = await openTestRegistry();
  const readers = openReaders();
  let tasks = 0;

  async function put(path: string, content: string | Uint8Array): Promise<string> {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), content);
    return join(dir, path);
  }

  /** Writes a suite with one component. @param change what is done to the text of Packages and of Release */
  async function suite(
    name: string,
    recipes: readonly ListedRecipe[],
    change: { packages?: (text: string) => string; release?: (text: string) => string } = {},
  ): Promise<string> {
    const stanzas: string[] = [];
    for (const recipe of recipes) {
      const deb = await makeDeb(recipe);
      const { path = `pool/${deb.name}`, stanza = (text) => text } = recipe;
      await put(`${name}/${path}`, deb.content);
      stanzas.push(
        stanza(
          `Package: ${recipe.name}\nVersion: ${recipe.version}\nArchitecture: ${recipe.architecture ?? 'amd64'}\n` +
            `Filename: ${path}\nSize: ${deb.content.length}\nSHA256: ${sum(deb.content)}\n`,
        ),
      );
    }
    const packages = gzipSync((change.packages ?? ((text) => text))(stanzas.join('\n')));
    const list = 'main/binary-amd64/Packages.gz';
    await put(`${name}/dists/bookworm/${list}`, packages);
    const release = `Suite: bookworm\nComponents: main\nSHA256:\n ${sum(packages)} ${packages.length} ${list}\n`;
    await put(`${name}/dists/bookworm/Release`, (change.release ?? ((text) => text))(release));
    return join(dir, name);
  }

  return {
    dir,
    farm,
    put,
    suite,
    async import(origin: string | OriginFiles, more: Partial<ImportRequest> = {}) {
      tasks += 1;
      const lines: string[] = [];
      const files = typeof origin === 'string' ? await directoryFiles(origin, [origin]) : origin;
      await using reader = readers.session();
      const result = await importPackages(farm.registry, {
        ...{ files, reader, verifier: null, repository: testRepository, derivative: 'main', task: `import${tasks}` },
        ...{ selectors: [], skipConflicts: false, line: (text) => void lines.push(text) },
        ...{ expired: false, clock: Date.now, inTurn: (publish) => publish() },
        signRpm: () => Promise.reject(new Error('there are no RPM packages here')),
        signal: new AbortController().signal,
        ...more,
      });
      return { ...result, log: lines.join('\n') };
    },
    async close() {
      await readers.close();
      await farm.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
