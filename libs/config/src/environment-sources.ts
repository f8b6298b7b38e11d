import { Failure } from '@fatbuildr/domain';
import type { AptEntry } from './apt-entry.ts';
import type { HostMirrors } from './host-mirrors.ts';

/** What a build environment is made from; a missing mirror or keyring is the host's own. */
export interface EnvironmentArchives {
  name: string;
  suite: string;
  components: string[];
  suites: string[];
  mirror?: string | null | undefined;
  security?: { suite: string; mirror?: string | null | undefined } | null | undefined;
  keyring?: string | null | undefined;
}

/**
 * The APT sources of a build environment: the suite to bootstrap first, then further suites, security last.
 * Throws `infrastructure-failure` when neither the configuration nor the host names a mirror that is needed.
 */
export function environmentSources(archives: EnvironmentArchives, host: HostMirrors): AptEntry[] {
  const { name, suite, components, suites, security, keyring } = archives;
  const mirror = archives.mirror ?? host.mirror?.uri ?? missing(name, 'mirror');
  const hostKeyring = mirror === host.mirror?.uri ? host.mirror.signedBy : undefined;
  const entry = (uri: string, of: string, signedBy?: string) => ({
    uri,
    suite: of,
    components,
    signedBy: keyring ?? signedBy,
  });
  const sources = [suite, ...suites].map((one) => entry(mirror, one, hostKeyring));
  if (!security) return sources;
  const securityMirror = security.mirror ?? host.security?.uri ?? missing(name, 'security mirror');
  const securityKeyring = securityMirror === host.security?.uri ? host.security.signedBy : hostKeyring;
  return [...sources, entry(securityMirror, security.suite, securityKeyring)];
}

function missing(name: string, what: string): never {
  throw new Failure('infrastructure-failure', `No ${what} is known for the build environment ${name}.`, {
    hint: `Set "${what === 'mirror' ? 'mirror' : 'security: {mirror: …}'}" of the distribution in the instance's file; the APT sources of the build host name none.`,
  });
}
