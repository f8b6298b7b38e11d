export type { Config } from './config.ts';
export { environmentVariable } from './environment.ts';
export { DEFAULT_CONFIG_FILE, type LoadOptions, loadConfig } from './load-config.ts';
export { ConfigError, type Mistake } from './mistakes.ts';
export { parseDuration, parseSize } from './quantities.ts';
