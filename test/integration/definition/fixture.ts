import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import {
  type DefinitionPlan,
  InspectRequest,
  prepareProgram,
  readInspectResult,
  readSourceResult,
  SourceRequest,
} from '@fatbuildr/definition';
import { Failure } from '@fatbuildr/domain';

export const exec = promisify(execFile);

/** Files by path; a path that ends in `.sh` or is `rules` is executable. */
export type Files = Record<string, string>;

export const upstreamFiles: Files = {
  'sample-1.0/hello.txt': 'one\ntwo\nthree\nfour\nfive\n',
  'sample-1.0/Makefile': 'all:\n\ttrue\n',
  'sample-1.0/debian/control': 'Source: upstreams-own\n',
};

export const definitionFiles: Files = {
  'artifact.yml': `source: https://example.org/sample-{{ version }}.tar.gz
version: "1.0"
checksums:
  "1.0": {sha256: ${'0'.repeat(64)}}
deb: {release: 1}
`,
  'deb/control.j2': `Source: sample
Section: misc
Priority: optional
Maintainer: Jane Doe <jane@example.org>
Build-Depends: debhelper-compat (= 13)
Standards-Version: 4.6.2

Package: sample
Architecture: all
Description: sample {{ version }} of {{ pkg.distribution }}
 Release {{ version.fullrelease }}, git tag {{ "1.2~rc1" | gittag }}.
`,
  'deb/rules': '#!/usr/bin/make -f\n%:\n\tdh $@\n',
};

export const goodPatch = `Description: three becomes drei
--- a/hello.txt
+++ b/hello.txt
@@ -1,5 +1,5 @@
 one
 two
-three
+drei
 four
 five
`;

/** A temporary directory that is gone after the test, with `prepare` in it. */
export async function createBench() {
  const root = await mkdtemp(join(tmpdir(), 'prepare-'));
  let runs = 0;

  /** Writes files, and packs them with the options of tar(1). */
  async function archive(files: Files, name: string, ...options: string[]): Promise<string> {
    const directory = join(root, `${name}.files`);
    await rm(directory, { recursive: true, force: true });
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(directory, path)), { recursive: true });
      await writeFile(join(directory, path), text);
    }
    // Some builds of tar write xz where lzma was asked for.
    const compress = name.endsWith('.lzma') ? '--use-compress-program=xz --format=lzma' : '--auto-compress';
    await exec('tar', ['-C', directory, compress, '-cf', join(root, name), ...options, '.']);
    return join(root, name);
  }

  async function prepare(request: InspectRequest | SourceRequest): Promise<string> {
    const path = join(root, 'request.json');
    await writeFile(path, JSON.stringify(request));
    await exec(process.execPath, [prepareProgram, request.command, path], { maxBuffer: 64 * 1024 * 1024 });
    return readFile(request.result, 'utf8');
  }

  const target = { artifact: 'sample', format: 'deb', distribution: 'bookworm', derivative: 'main' } as const;
  const rpmTarget = { ...target, format: 'rpm', distribution: 'el9' } as const;
  type Target = typeof target | typeof rpmTarget;

  async function inspect(archivePath: string, what: Target = target) {
    const input = { kind: 'definition', archive: archivePath, directory: join(root, `opened${++runs}`) } as const;
    const request = InspectRequest.parse({ command: 'inspect', ...what, input, result: join(root, 'result.json') });
    return { plan: readInspectResult(await prepare(request)) as DefinitionPlan, directory: input.directory };
  }

  async function inspectDsc(directory: string, dsc: string) {
    const input = { kind: 'dsc', directory, dsc } as const;
    const request = InspectRequest.parse({ command: 'inspect', ...target, input, result: join(root, 'result.json') });
    return readInspectResult(await prepare(request));
  }

  async function inspectSrpm(directory: string, srpm: string) {
    const input = { kind: 'srpm', directory, srpm } as const;
    const request = InspectRequest.parse({
      command: 'inspect',
      ...rpmTarget,
      input,
      result: join(root, 'result.json'),
    });
    return readInspectResult(await prepare(request));
  }

  /** Both commands, for a definition of these files and an upstream archive. */
  async function build(files: Files, upstream: string, full = '1.0-1.deb12') {
    const { text, output } = await make(target, files, upstream, { full, dist: 'deb12' });
    return { ...readSourceResult(text, 'deb'), output };
  }

  /** The same for RPM; tells the directory of the spec file and its sources. */
  async function buildSpec(files: Files, upstream: string, full = '1.0-1.el9', message = 'A change') {
    const { text, output } = await make(rpmTarget, files, upstream, { full, dist: 'el9' }, message);
    return { ...readSourceResult(text, 'rpm'), output };
  }

  async function make(
    what: Target,
    files: Files,
    upstream: string,
    version: { full: string; dist: string },
    message = 'A change',
  ) {
    const { plan, directory } = await inspect(await archive(files, 'definition.tar.gz'), what);
    const entry = {
      ...{ version: version.full, distribution: what.distribution, message, taskId: 'abcdefghijklmnop' },
      ...{ author: { name: 'Jane Doe', email: 'jane@example.org' }, timestamp: 1_700_000_000_000, instance: 'default' },
    };
    const output = join(root, `output${++runs}`);
    const request = SourceRequest.parse({
      ...{ command: 'source', ...what, definition: directory, plan, architectures: ['amd64'], output },
      ...{
        version,
        environment: 'test-9',
        changelog: [entry],
        work: join(root, 'work'),
        result: join(root, 'r.json'),
      },
      sources: plan.sources.map(({ id }) => ({ id, path: upstream })),
    });
    return { text: await prepare(request), output };
  }

  return {
    ...{ root, archive, inspect, inspectDsc, inspectSrpm, build, buildSpec, rpmTarget },
    upstream: (name = 'sample-1.0.tar.gz') => archive(upstreamFiles, name, '--transform=s,^\\./,,'),
    close: () => rm(root, { recursive: true, force: true }),
  };
}

/** The failure a promise ends with. */
export async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  const error = await promise.then(
    () => new Error('nothing failed'),
    (cause: unknown) => cause,
  );
  if (error instanceof Failure) return error;
  throw error;
}
