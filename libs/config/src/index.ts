export type { AptEntry } from './apt-entry.ts';
export type { Config } from './config.ts';
export { environmentVariable } from './environment.ts';
export { type EnvironmentArchives, environmentSources } from './environment-sources.ts';
export { type AptMirror, type HostMirrors, hostMirrors } from './host-mirrors.ts';
export { DEFAULT_CONFIG_FILE, type LoadOptions, loadConfig } from './load-config.ts';
export { ConfigError, type Mistake } from './mistakes.ts';
export { parseDuration, parseSize } from './quantities.ts';
