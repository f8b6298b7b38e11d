import { Failure, type Format, type ImageOrder } from '@fatbuildr/domain';
import type { Host } from '../host.ts';
import type { Job } from '../job.ts';
import { exitStatus, runInImage } from '../run-in-image.ts';

/** What jobs call in an image of each format; either of those joined by `|` will do. */
const TOOLS: Record<Format, readonly string[]> = {
  deb: ['pbuilder', 'debootstrap', 'dpkg-source', 'gpg|gpg2', 'ip', 'mount', 'patch', 'python3', 'tar', 'xz'],
  rpm: ['dnf', 'rpm', 'rpmbuild', 'mount', 'patch', 'python3', 'tar', 'xz'],
  osi: ['mkosi', 'mount', 'python3', 'tar', 'xz'],
};

/** Prints the tools that are not there, each in a line. */
const SCRIPT = `
for tools; do
  found=
  for tool in $(echo "$tools" | tr '|' ' '); do command -v "$tool" >/dev/null && found=yes; done
  [ -n "$found" ] || echo "missing: $tools"
done
`;

/**
 * What a name alone does not tell. The fifth dnf has builddep in a package of its own, and mock calls that dnf where it is;
 * rpmbuild's dependencies are installed by the fourth, whose words are read.
 */
const MORE: Partial<Record<Format, string>> = {
  rpm: `
dnf=$(command -v dnf4 || command -v dnf || echo false)
case $("$dnf" --version 2>/dev/null | head -n 1) in
  4.*) "$dnf" builddep --help >/dev/null 2>&1 || echo 'missing: builddep for dnf4 (dnf-plugins-core)' ;;
  *) echo 'missing: dnf4 (python3-dnf)' ;;
esac
if command -v mock >/dev/null && command -v dnf5 >/dev/null; then
  dnf5 builddep --help >/dev/null 2>&1 || echo 'missing: builddep for dnf5, which mock calls (dnf5-plugins)'
fi
`,
};

/** A script that prints what an image of a format lacks. It fails when it cannot run at all. */
export function toolsCommand(format: Format): [string, ...string[]] {
  return ['/bin/sh', '-c', `${SCRIPT}${MORE[format] ?? ''}exit 0`, 'sh', ...TOOLS[format]];
}

/**
 * Whether an image can do what jobs will ask of it: only then it is taken into use.
 *
 * @throws Failure `rejected` with what is missing
 */
export async function checkTools(host: Host, job: Job<ImageOrder>, root: string): Promise<void> {
  const { format, archive } = job.order;
  let said = '';
  const exit = await runInImage(host, job, root, {
    name: 'tools',
    command: toolsCommand(format),
    onOutput: (chunk) => {
      said += chunk.toString();
    },
  }).catch((error: unknown) => {
    job.signal.throwIfAborted();
    throw archive === null ? error : unusable(format, 'no shell runs in it');
  });
  const missing = [...said.matchAll(/^missing: (.*)$/gm)].map(([, tools = '']) => tools.replaceAll('|', ' or '));
  if (exitStatus(exit) !== 0) throw unusable(format, `nothing runs in it: ${said.trim()}`);
  if (missing.length > 0) throw unusable(format, `it lacks ${missing.join(', ')}`);
}

function unusable(format: Format, why: string): Failure {
  return new Failure('rejected', `The image is no tool image for ${format} packages: ${why}.`, {
    hint: `images/${format} in the installation lists the packages that it is made of.`,
  });
}
