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

/** Prints the tools that are not there, each in a line; fails when it cannot run at all. */
const SCRIPT = `
for tools; do
  found=
  for tool in $(echo "$tools" | tr '|' ' '); do command -v "$tool" >/dev/null && found=yes; done
  [ -n "$found" ] || echo "missing: $tools"
done`;

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
    command: ['/bin/sh', '-c', SCRIPT, 'sh', ...TOOLS[format]],
    onOutput: (chunk) => {
      said += chunk.toString();
    },
  }).catch((error: unknown) => {
    job.signal.throwIfAborted();
    throw archive === null ? error : unusable(format, 'no shell runs in it');
  });
  const missing = [...said.matchAll(/^missing: (.*)$/gm)].map(([, tools = '']) => tools.replace('|', ' or '));
  if (exitStatus(exit) !== 0) throw unusable(format, `nothing runs in it: ${said.trim()}`);
  if (missing.length > 0) throw unusable(format, `it lacks ${missing.join(', ')}`);
}

function unusable(format: Format, why: string): Failure {
  return new Failure('rejected', `The image is no tool image for ${format} packages: ${why}.`, {
    hint: `images/${format} in the installation lists the packages that it is made of.`,
  });
}
