import type { Outcome } from '@fatbuildr/domain';

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
function specTemplate(tiny: TinyRpm): string {
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

/** What `artifact.yml` and `rpm/` of its definition hold. */
export function rpmFiles(tiny: TinyRpm, sha256: string): Record<string, string> {
  const { name, version = '1.0', buildargs } = tiny;
  const args = buildargs === undefined ? '' : `, buildargs: "${buildargs}"`;
  return {
    'artifact.yml': `source: http://upstream.invalid/${name}-{{ version }}.tar.gz
version: "${version}"
checksums:
  "${version}": {sha256: ${sha256}}
rpm: {release: 1${args}}
`,
    [`rpm/${name}.spec`]: specTemplate(tiny),
  };
}

/** What its upstream archive holds. */
export function upstreamFiles({ name, version = '1.0' }: TinyRpm): Record<string, string> {
  return { [`${name}-${version}/readme`]: 'one\ntwo\nthree\n' };
}

export interface Mistake extends Omit<TinyRpm, 'name'> {
  what: string;
  outcome: Outcome;
  told: (string | RegExp)[];
  files?: Record<string, string>;
}

/** What can be wrong in a definition, whoever builds it. */
export const mistakes: Mistake[] = [
  {
    what: 'does not parse',
    preamble: 'Lizenz MIT',
    outcome: 'rejected',
    told: [/rpm\/sample\.spec:\d+ is no spec file: Unknown tag: Lizenz MIT/],
  },
  {
    what: 'has an undefined variable',
    preamble: '# {{ verison }}',
    outcome: 'rejected',
    told: [/rpm\/sample\.spec:\d+ fails: 'verison' is undefined/],
  },
  {
    what: 'names a source that is not there',
    preamble: 'Source9: nowhere.tar.gz',
    outcome: 'rejected',
    told: ['rpm/sample.spec names a source that is not there: nowhere.tar.gz', '{{ sources }}'],
  },
  {
    what: 'leaves a source out',
    preamble: 'NoSource: 0',
    outcome: 'rejected',
    told: [/leaves sources out \(NoSource, NoPatch\): it makes sample-1\.0-1\.el9\S*\.nosrc\.rpm/],
  },
  {
    what: 'has the tag of the distribution twice',
    release: '{{ release }}%{?dist}',
    outcome: 'rejected',
    told: [/come to (1\.0-1\.el9\S*)\.el9, given was \1$/m, '%{?dist}'],
  },
  {
    what: 'has build dependencies that nobody has',
    preamble: 'BuildRequires: nonexistent-devel >= 3\nBuildRequires: greeting-data >= 7',
    outcome: 'dependency-failure',
    told: ['nonexistent-devel >= 3 (no such package)', 'greeting-data >= 7 (no such package)', 'BuildRequires'],
  },
  {
    what: 'comes up with build dependencies that nobody has',
    sections: '%generate_buildrequires\necho nonexistent-devel',
    outcome: 'dependency-failure',
    told: ['nonexistent-devel (no such package)'],
  },
  {
    what: 'has a patch that does not apply',
    files: { 'patches/generic/x.patch': '--- a/readme\n+++ b/readme\n@@ -1,3 +1,3 @@\n one\n-deux\n+zwei\n three\n' },
    outcome: 'build-failure',
    told: [/1 out of 1 hunk FAILED/],
  },
  {
    what: 'has a build that fails',
    build: 'echo "main.c:7: error: expected a semicolon" >&2; exit 1',
    outcome: 'build-failure',
    told: ['main.c:7: error: expected a semicolon'],
  },
  {
    what: 'has an option for rpmbuild that is none of its',
    buildargs: '--root /',
    outcome: 'rejected',
    told: ['artifact.yml:5', '--with, --without, --define'],
  },
];
