import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { IngestedPackage, PublishedPackage } from './model/package.ts';
import type { RegistryOptions } from './model/registry.ts';
import type { AptRepository, Repository, RepositorySigner, RpmRepository } from './model/repository.ts';
import type { ChangeRequest, PublicationChanges } from './model/requests.ts';
import { openRegistry } from './registry.ts';

const sum = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Signs by a digest that it checks again: what matters in tests of a registry is that verification is asked. */
const sumSigner: RepositorySigner = {
  signCleartext: async (text) => `signed ${sum(text)}\n${text}`,
  signDetached: async (data) => sum(data),
  async verifyCleartext(message) {
    const text = message.slice(message.indexOf('\n') + 1);
    if (!message.startsWith(`signed ${sum(text)}\n`)) throw new Error('bad signature');
    return text;
  },
  async verifyDetached(data, signature) {
    if (signature !== sum(data)) throw new Error('bad signature');
  },
};

export const testRepository: AptRepository = {
  format: 'deb',
  instance: 'default',
  distribution: 'bookworm',
  derivatives: ['main', 'extra'],
  architectures: ['amd64'],
  baseUrl: 'http://farm/',
  origin: 'Example',
  label: 'Example',
};

export const testRpmRepository: RpmRepository = {
  format: 'rpm',
  instance: 'default',
  distribution: 'el9',
  derivatives: ['main', 'extra'],
  architectures: ['x86_64'],
  baseUrl: 'http://farm/',
};

/** What a package is made of in these tests; the rest follows from it. */
export interface PackageRecipe {
  name: string;
  version?: string;
  source?: string;
  architecture?: string;
  /** Distinguishes packages of one version. */
  bytes?: string;
  relations?: Record<string, string>;
  /** Paths that it owns. */
  owns?: string[];
}

/** A registry of packages that nobody needs to open, in a directory of its own. @param repository where they go */
export async function openTestRegistry(
  options: Partial<RegistryOptions> = {},
  repository: Repository = testRepository,
) {
  const isDeb = repository.format === 'deb';
  const dir = await mkdtemp(join(tmpdir(), 'fatbuildr-registry-'));
  const open = (more: Partial<RegistryOptions> = {}) =>
    openRegistry({
      tree: join(dir, 'tree'),
      database: join(dir, 'registry.db'),
      signerFor: async () => sumSigner,
      spacingMs: 0,
      ...options,
      ...more,
    });
  let registry = open();
  let tasks = 0;

  async function make(recipe: PackageRecipe): Promise<IngestedPackage> {
    const { name, version = isDeb ? '1' : '1-1', source = name, bytes = '' } = recipe;
    const { architecture = isDeb ? 'amd64' : 'x86_64', relations = {}, owns = [`/usr/bin/${name}`] } = recipe;
    const content = `${name} ${version} ${architecture} ${bytes}`;
    const digest = sum(content);
    const from = join(dir, 'blobs', digest);
    await mkdir(dirname(from), { recursive: true });
    await writeFile(from, content);
    const file = isDeb ? `${name}_${version}_${architecture}.deb` : `${name}-${version}.${architecture}.rpm`;
    const path = `pool/${name[0]}/${name}/${digest}/${file}`;
    return {
      kind: 'binary',
      name,
      version,
      architecture,
      source: { name: source, version },
      section: 'misc',
      summary: 'A package',
      relations,
      digest,
      content: digest,
      parts: isDeb
        ? {
            stanza: `Package: ${name}\nVersion: ${version}\nArchitecture: ${architecture}\nFilename: ${path}\n\n`,
            contents: owns.map((each) => `${each.slice(1)} misc/${name}\n`).join(''),
          }
        : {
            primary: `<package><name>${name}</name><version ver="${version}"/></package>\n`,
            filelists: `<package>\n${owns.map((each) => `  <file>${each}</file>\n`).join('')}</package>\n`,
            other: '<package></package>\n',
          },
      files: [{ path, size: content.length, sha256: digest, from }],
    };
  }
  function change(changes: PublicationChanges, more: Partial<ChangeRequest> = {}) {
    tasks += 1;
    return registry.publish({ repository, changes, task: `task${tasks}`, ...more });
  }

  async function adding(recipes: readonly PackageRecipe[], derivative = 'main'): Promise<PublicationChanges> {
    const packages = await Promise.all(recipes.map(make));
    return { add: packages.map((each) => ({ derivative, package: each })) };
  }

  return {
    dir,
    get registry() {
      return registry;
    },
    /** As a new process would. */
    reopen(more: Partial<RegistryOptions> = {}) {
      registry.close();
      registry = open(more);
      return registry;
    },
    make,
    change,
    adding,
    /** Changes that wait while something else is written, and so come together. */
    together: async (...changes: [PublicationChanges, Partial<ChangeRequest>?][]) => {
      const first = registry.ensurePublished({ repository });
      const outcomes = await Promise.allSettled(changes.map(([each, more]) => change(each, more)));
      await first;
      return outcomes;
    },
    /** Publishes packages by a task of its own. */
    async add(recipes: PackageRecipe[], more: Partial<ChangeRequest> & { derivative?: string } = {}) {
      const { derivative = 'main', ...request } = more;
      return change(await adding(recipes, derivative), request);
    },
    /** What clients find in an index, as `name version`. */
    async served(derivative = 'main', distribution = repository.distribution) {
      const top = join(dir, 'tree/default', repository.format);
      if (!isDeb) {
        const directory = join(top, distribution, derivative, 'x86_64');
        const [, snapshot = ''] =
          /(snapshots\/\d+)\/$/m.exec(await readFile(join(directory, 'mirrorlist'), 'utf8')) ?? [];
        const repomd = await readFile(join(directory, snapshot, 'repodata/repomd.xml'), 'utf8');
        const [, href = ''] = /href="([^"]*-primary.xml.gz)"/.exec(repomd) ?? [];
        const primary = gunzipSync(await readFile(join(directory, snapshot, href))).toString();
        return [...primary.matchAll(/<name>(.*)<\/name><version ver="(.*)"/g)].map(([, name, ver]) => `${name} ${ver}`);
      }
      const path = join(top, 'dists', distribution, derivative, 'binary-amd64/Packages.gz');
      const text = gunzipSync(await readFile(path)).toString();
      return [...text.matchAll(/^Package: (.*)\nVersion: (.*)$/gm)].map(([, name, version]) => `${name} ${version}`);
    },
    async close() {
      registry.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

export type TestRegistry = Awaited<ReturnType<typeof openTestRegistry>>;

export function identities(packages: readonly PublishedPackage[]): string[] {
  return packages.map(({ name, version }) => `${name} ${version}`);
}
