import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface RpmRecipe {
  name: string;
  version: string;
  release?: string;
  /** `noarch` by default. */
  architecture?: string;
  summary?: string;
  /** Lines of the preamble, as in `Recommends: other`. */
  preamble?: string[];
  /** Content by path; one that ends by a slash is a directory. */
  files?: Record<string, string>;
  /** Lines of `%files` beside those of `files`, as in `%ghost /var/lib/x`. */
  fileLines?: string[];
  changelog?: string;
  /** Further macros, as in `_binary_payload w3.zstdio`. */
  defines?: string[];
}

/** Builds an RPM, and its source RPM, with the rpmbuild of this machine. */
export async function makeRpm(recipe: RpmRecipe): Promise<{ name: string; content: Buffer }[]> {
  const top = await mkdtemp(join(tmpdir(), 'fatbuildr-rpmbuild-'));
  try {
    const spec = join(top, `${recipe.name}.spec`);
    await writeFile(spec, renderSpec(recipe));
    const content = join(top, 'content');
    await mkdir(content);
    for (const [index, text] of Object.values(recipe.files ?? {}).entries()) {
      await writeFile(join(content, String(index)), text);
    }
    const defines = [`_topdir ${top}`, `content ${content}`, ...(recipe.defines ?? [])];
    const target = recipe.architecture ?? 'noarch';
    const args = ['-ba', '--nodeps', '--target', target, ...defines.flatMap((define) => ['--define', define]), spec];
    await run('rpmbuild', args, { env: { ...process.env, HOME: top, SOURCE_DATE_EPOCH: '1767225600' } });
    const rpms = [
      ...(await readdir(join(top, 'SRPMS'))).map((name) => join('SRPMS', name)),
      ...(await readdir(join(top, 'RPMS', target))).map((name) => join('RPMS', target, name)),
    ];
    return await Promise.all(
      rpms.map(async (path) => ({
        name: path.slice(path.lastIndexOf('/') + 1),
        content: await readFile(join(top, path)),
      })),
    );
  } finally {
    await rm(top, { recursive: true, force: true });
  }
}

function renderSpec(recipe: RpmRecipe): string {
  const { name, version, release = '1', summary = `Test package ${name}`, files = {} } = recipe;
  const paths = Object.keys(files);
  const install = paths.map((path, index) =>
    path.endsWith('/')
      ? `mkdir -p "%{buildroot}${path}"`
      : `install -D -m 0644 "%{content}/${index}" "%{buildroot}${path}"`,
  );
  return `%define debug_package %{nil}
%define __os_install_post %{nil}
Name: ${name}
Version: ${version}
Release: ${release}
Summary: ${summary}
License: MIT
${(recipe.preamble ?? []).join('\n')}
%description
${summary}, at length.
%prep
%build
%install
mkdir -p %{buildroot}
${install.join('\n')}
%files
${paths.map((path) => (path.endsWith('/') ? `%dir "${path.slice(0, -1)}"` : `"${path}"`)).join('\n')}
${(recipe.fileLines ?? []).join('\n')}
${recipe.changelog ? `%changelog\n${recipe.changelog}` : ''}
`;
}
