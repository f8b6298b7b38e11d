import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { TaskDetail } from '@fatbuildr/domain';
import { makeTar } from '@fatbuildr/testing/deb';
import type { Built } from '../farm.ts';
import { type Files, scratch } from '../packages.ts';
import { cacheSource } from '../sources.ts';
import { farm } from '../this-farm.ts';

/** An RPM that builds within seconds. */
export interface TinyRpm {
  name: string;
  version?: string;
  /** Lines of the preamble, as in `BuildRequires: other`. */
  preamble?: string;
  /** Shell commands of `%build`; what they put into `payload/` is installed in `/usr/share/NAME`. */
  build?: string;
  /** Further sections, before `%build`. */
  sections?: string;
  release?: string;
  buildargs?: string;
}

/** The template of its spec file. */
export function specTemplate(tiny: TinyRpm): string {
  const { name, preamble = '', build = 'true', sections = '', release = '{{ release }}' } = tiny;
  return `Name: ${name}
Version: {{ version }}
Release: ${release}
Summary: Package of a test
License: MIT
{{ sources }}
{{ patches }}
${preamble}
%description
It exists for a moment.
%prep
{{ prep }}
${sections}
%build
mkdir payload
cp readme payload/
${build}
%install
mkdir -p %{buildroot}/usr/share/${name}
cp -a payload/. %{buildroot}/usr/share/${name}/
%files
/usr/share/${name}
{{ changelog }}
`;
}

/** An artifact definition, its tarball in the farm's source cache; returns its directory. `files` come beside or in place. */
export async function rpmDefinition(tiny: TinyRpm, files: Files = {}): Promise<string> {
  const { name, version = '1.0', buildargs } = tiny;
  const tarball = gzipSync(await makeTar({ [`${name}-${version}/readme`]: 'one\ntwo\nthree\n' }));
  const args = buildargs === undefined ? '' : `, buildargs: "${buildargs}"`;
  const all = {
    'artifact.yml': `source: http://upstream.invalid/${name}-{{ version }}.tar.gz
version: "${version}"
checksums:
  "${version}": {sha256: ${await cacheSource(tarball)}}
rpm: {release: 1${args}}
`,
    [`rpm/${name}.spec`]: specTemplate(tiny),
    ...files,
  };
  const directory = join(await scratch(), name);
  for (const [path, text] of Object.entries(all)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), text);
  }
  return directory;
}

/** Builds for the instance of RPM packages. */
export function buildRpm(path: string, ...args: string[]): Promise<Built> {
  return farm.build([path, '--instance', 'rpms', '-d', 'el9', ...args]);
}

/** How the job that builds ended, and what it said. */
export function buildJob(task: TaskDetail | undefined) {
  return task?.jobs.find(({ name }) => name.startsWith('build:'));
}

/** The bytes of a file that a build left, as its user downloads it. */
export async function artifact(task: TaskDetail, suffix: string): Promise<Buffer> {
  const found = task.artifacts.find(({ name }) => name.endsWith(suffix));
  if (!found) throw new Error(`no ${suffix} among ${task.artifacts.map(({ name }) => name).join(', ')}`);
  const into = await scratch();
  const { status, stderr } = await farm.ctl(['download', task.id, '--output', into]);
  if (status !== 0) throw new Error(`not downloaded: ${stderr}`);
  return readFile(join(into, found.name));
}
