import { fileURLToPath } from 'node:url';
import type { Config } from '@fatbuildr/config';
import type { Part } from './part.ts';
import { redisPart } from './redis.ts';

/** The processes that Node runs, in the order they are started. */
export const services = ['api', 'publisher', 'worker'] as const;
export type ServiceName = (typeof services)[number];

/**
 * Options of Node for a service; the units and docker-compose.yml give the same. What passes through (logs, files, rows
 * of a queue) is collected after a few megabytes instead of dozens: the memory of a process stays what it holds. The
 * publisher's packages pass through memory that V8 counts but does not hold: with its own few megabytes as measure it
 * would look through all of them in each publication.
 */
export function nodeOptions(name: ServiceName): string[] {
  return ['--max-semi-space-size=2', ...(name === 'publisher' ? ['--initial-old-space-size=32'] : [])];
}

/** The program of a service; apps are separate, so it is named by path and never imported. */
export function serviceProgram(name: ServiceName): string {
  return fileURLToPath(new URL(`../../${name}/src/main.ts`, import.meta.url));
}

/** What fatbuildrd runs for `config`, in order: a private Redis unless one is configured, then each service. */
export function farmParts(config: Config, program: (name: ServiceName) => string = serviceProgram): Part[] {
  const { socket, url, listen } = config.redis;
  const redis = url === undefined ? [redisPart({ socket, directory: `${config.paths.state}/redis`, listen })] : [];
  return [...redis, ...services.map((name) => servicePart(name, program(name), config.file))];
}

function servicePart(name: ServiceName, program: string, configFile: string): Part {
  return {
    name,
    command: process.execPath,
    args: [...nodeOptions(name), program, '--config', configFile],
    startWithin: 60_000,
    // Services give themselves 30 s for a graceful stop; a little more lets them report that it failed.
    stopWithin: 35_000,
  };
}
