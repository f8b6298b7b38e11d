import type { BuildResult, BuildRpmOrder } from '@fatbuildr/domain';
import { ORDINARY_USER, type PackageBuild } from '../build/build.ts';
import { runInImage } from '../run-in-image.ts';

/** Every package's header and contents, then what rpmlint thinks of the whole. */
const SCRIPT = `
for rpm in *.rpm; do
  echo "--- $rpm"
  rpm --dbpath /tmp/rpmdb -qp --nosignature --info --requires --provides "$rpm"
  rpm --dbpath /tmp/rpmdb -qplv --nosignature "$rpm"
done
echo '--- rpmlint'
if command -v rpmlint >/dev/null; then rpmlint --permissive *.rpm; else echo 'the tool image has no rpmlint'; fi
exit 0
`;

/** Shows in the log what was built and what rpmlint thinks of it. For information: nothing follows from it. */
export async function checkPackages(
  { host, job, image, directory }: PackageBuild<BuildRpmOrder>,
  { files }: BuildResult,
): Promise<void> {
  if (files.length === 0) return;
  await runInImage(host, job, image.root, {
    name: 'check',
    command: ['/bin/sh', '-c', SCRIPT],
    user: ORDINARY_USER.name,
    workingDirectory: '/work',
    environment: { LANG: 'C.UTF-8', HOME: '/tmp', TMPDIR: '/tmp' },
    mounts: [{ source: directory.result, target: '/work', readOnly: true }],
  });
}
