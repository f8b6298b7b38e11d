import { expect, test } from 'vitest';
import type { Built } from '../farm.ts';
import { farm } from '../this-farm.ts';
import { rpmDefinition } from './packages.ts';

const build = async (...of: Parameters<typeof rpmDefinition>): Promise<Built> =>
  farm.build([await rpmDefinition(...of), '--instance', 'rpms', '-d', 'el9-ccache', '-m', 'Through ccache']);

/** In the distribution of the tests there is none: it tells what was there before the build, and is a compiler. */
const CCACHE = `cat >payload/ccache <<'END'
#!/bin/sh
case $0:$1 in
  *:--zero-stats) ls "$CCACHE_DIR" | wc -l >/tmp/before ;;
  *:--show-stats) echo "Hits: $(cat /tmp/before)" ;;
  *compiler:*) touch "$CCACHE_DIR/$1" ;;
esac
END
chmod 755 payload/ccache`;
const LINKS = `%post
mkdir -p /usr/lib64/ccache
ln -s /usr/share/ccache/ccache /usr/bin/ccache
ln -s /usr/share/ccache/ccache /usr/lib64/ccache/some-compiler`;
const COMPILE = `some-compiler result
grep " /var/cache/fatbuildr-ccache " /proc/self/mounts | grep nosuid | grep nodev`;

test('the build goes on where there is no ccache; where there is, the next one finds what was compiled', async () => {
  const without = await build({ name: 'ccache', build: CCACHE, sections: LINKS });
  expect(without).toMatchObject({ status: 0, stdout: expect.stringContaining('warning: ccache cannot be installed') });
  const user = { name: 'compiled', build: COMPILE };
  expect(await build(user)).toMatchObject({ status: 0, stdout: expect.stringContaining('ccache: Hits: 0\n') });
  expect(await build(user)).toMatchObject({ status: 0, stdout: expect.stringContaining('ccache: Hits: 1\n') });
});
