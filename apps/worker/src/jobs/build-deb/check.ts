import type { BuildDebOrder, BuildResult } from '@fatbuildr/domain';
import { ORDINARY_USER, type PackageBuild } from '../build/build.ts';
import { runInImage } from '../run-in-image.ts';

/** Every package's control data and contents, then what lintian thinks of the whole. */
const SCRIPT = `
for deb in *.deb; do
  echo "--- $deb"
  dpkg-deb --info "$deb"
  dpkg-deb --contents "$deb"
done
echo '--- lintian'
lintian --no-cfg --tag-display-limit 0 *.changes && echo 'lintian has nothing to say'
exit 0
`;

/** Shows in the log what was built and what lintian thinks of it. For information: nothing follows from it. */
export async function checkPackages(build: PackageBuild<BuildDebOrder>, { files }: BuildResult): Promise<void> {
  const { host, job, image, directory } = build;
  if (!files.some(({ name }) => name.endsWith('.deb'))) return;
  await runInImage(host, job, image.root, {
    name: 'check',
    command: ['/bin/sh', '-c', SCRIPT],
    user: ORDINARY_USER.name,
    workingDirectory: '/work',
    environment: { LANG: 'C.UTF-8', HOME: '/tmp', TMPDIR: '/tmp' },
    mounts: [{ source: directory.result, target: '/work', readOnly: true }],
  });
}
