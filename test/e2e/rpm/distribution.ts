import { hostMirrors } from '@fatbuildr/config';
import { rpmDistribution } from '@fatbuildr/testing/rpm-distribution';
import { serve } from '../../integration/registry/static-server.ts';

/** The RPM distribution that tests build against, on a port of the loopback, any by default. Made once and kept in `cache`. */
export async function serveRpmDistribution(
  cache: string,
  port?: number,
): Promise<{ url: string; close(): Promise<void> }> {
  const { mirror } = await hostMirrors();
  if (!mirror) throw new Error('the APT sources of this machine name no mirror');
  return serve(await rpmDistribution(cache, mirror), port);
}
