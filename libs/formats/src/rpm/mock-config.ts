import { archName } from '@fatbuildr/domain';
import { BUILD_PACKAGES } from './build-packages.ts';

/** What mock is told of an environment. */
export interface MockConfig {
  /** A configuration that mock comes with, which the rest is put over; null: made from nothing. */
  named: string | null;
  /** In dpkg's spelling. */
  architecture: string;
  /** The tag of the distribution; undefined where nothing is built. */
  tag: string | undefined;
  releasever: string | null;
  dbpath: string;
  modules: readonly string[];
  /** The text of its dnf.conf. */
  dnfConfig: string;
  /** Where the roots are, in the container of mock. */
  baseDirectory: string;
}

/** What mock calls the root, and the directory below the base that it makes for it. */
export const MOCK_ROOT = 'farm';

/** In the root: the home of the user that builds, with the directories of rpmbuild below `build`. */
export const MOCK_HOME = '/builddir';

/**
 * The text of a configuration for mock(1): in a container of its own it needs neither a bootstrap root nor a container
 * below, caches are not its business, and the build has no network.
 */
export function mockConfig(config: MockConfig): string {
  const { named, architecture, tag, releasever, dbpath, modules, baseDirectory } = config;
  const native = archName(architecture, 'rpm');
  const whole = {
    target_arch: native,
    legal_host_arches: [native],
    chroot_setup_cmd: `install ${BUILD_PACKAGES.join(' ')}`,
  };
  const over = {
    root: MOCK_ROOT,
    basedir: baseDirectory,
    cache_topdir: `${baseDirectory}/cache`,
    use_bootstrap: false,
    isolation: 'simple',
    rpmbuild_networking: false,
    use_host_resolv: false,
    clean: false,
    cleanup_on_success: false,
    cleanup_on_failure: false,
    ...(releasever === null ? {} : { releasever }),
    ...(modules.length === 0 ? {} : { module_enable: modules }),
    'dnf.conf': config.dnfConfig,
  };
  const plugins = ['root_cache', 'yum_cache', 'ccache', 'tmpfs', 'hw_info'];
  const macros = {
    '%_dbpath': dbpath,
    '%_buildhost': 'localhost',
    ...(tag === undefined ? {} : { '%dist': `.${tag}` }),
  };
  return [
    named === null ? assignments(whole) : `include(${literal(`/etc/mock/${named}.cfg`)})\n`,
    assignments(over),
    // Debian has the fourth dnf alone, Fedora the fifth.
    "config_opts['package_manager'] = 'dnf5' if __import__('os').path.exists('/usr/bin/dnf5') else 'dnf4'\n",
    ...plugins.map((name) => `config_opts['plugin_conf']['${name}_enable'] = False\n`),
    ...Object.entries(macros).map(([name, value]) => `config_opts['macros'][${literal(name)}] = ${literal(value)}\n`),
  ].join('');
}

function assignments(values: Record<string, string | boolean | readonly string[]>): string {
  return Object.entries(values)
    .map(([name, value]) => `config_opts[${literal(name)}] = ${literal(value)}\n`)
    .join('');
}

/** As Python reads it; JSON's texts and lists are Python's as well. */
function literal(value: string | boolean | readonly string[]): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return JSON.stringify(value);
}
