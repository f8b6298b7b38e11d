import { DEFAULT_CONFIG_FILE, loadConfig } from '@fatbuildr/config';
import { toFailure } from '@fatbuildr/domain';
import { createLogger, EXIT, refuseConfig, runService } from '@fatbuildr/service';
import packageJson from '../package.json' with { type: 'json' };
import { startWorker } from './app.ts';
import { type CommandLine, parseCommandLine } from './command-line.ts';
import { enrol } from './enrol.ts';

function refuse(error: unknown): never {
  const { message, hint } = toFailure(error);
  process.stderr.write(`fatbuildrd worker: ${message}\n${hint === undefined ? '' : `${hint}\n`}`);
  process.exit(EXIT.config);
}

function readCommandLine(): CommandLine {
  try {
    return parseCommandLine(process.argv.slice(2), process.env);
  } catch (error) {
    return refuse(error);
  }
}

const { config: named, enrolment } = readCommandLine();
const file = named ?? DEFAULT_CONFIG_FILE;
// A host that has enrolled may need no settings at all.
const config = await loadConfig({ file, optional: named === undefined, environment: process.env }).catch(refuseConfig);
const log = createLogger({ name: 'worker', ...config.log });
if (enrolment) {
  const { name, pool } = await enrol(config, { ...enrolment, fetch: globalThis.fetch }).catch(refuse);
  log.info({ name, pool, api: enrolment.api }, 'enrolled; later starts need no token');
}

runService({
  log,
  environment: process.env,
  start: (signal) =>
    startWorker(
      {
        config,
        version: packageJson.version,
        log,
        upstreamProxy: process.env['http_proxy'],
        onRevoked: () => process.exit(EXIT.config),
      },
      signal,
    ),
});
