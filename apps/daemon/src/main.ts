import { DEFAULT_CONFIG_FILE, loadConfig } from '@fatbuildr/config';
import { createLogger, refuseConfig, runService } from '@fatbuildr/service';
import { type Command, parseCommandLine, usage } from './command-line.ts';
import { startDaemon } from './daemon.ts';
import { passOutput } from './output.ts';
import { farmParts, nodeOptions, serviceProgram } from './parts.ts';
import { printable } from './printable.ts';

function usageError(error: unknown): never {
  process.stderr.write(`fatbuildrd: ${(error as Error).message}\n\n${usage}`);
  process.exit(1);
}

function readCommand(): Command {
  try {
    return parseCommandLine(process.argv.slice(2));
  } catch (error) {
    return usageError(error);
  }
}

async function load(file: string | undefined) {
  const chosen = file ?? process.env['FATBUILDR_CONFIG'] ?? DEFAULT_CONFIG_FILE;
  return loadConfig({ file: chosen, environment: process.env }).catch(refuseConfig);
}

async function run(file: string | undefined): Promise<void> {
  const config = await load(file);
  const parts = farmParts(config);
  const log = createLogger({ name: 'fatbuildrd', ...config.log });
  const output = passOutput(config.log.format, (text) => process.stdout.write(text));
  runService({
    log,
    environment: process.env,
    start: (signal) => startDaemon({ config, parts, log, output, signal }),
    stopWithin: parts.reduce((sum, part) => sum + part.stopWithin, 5000),
  });
}

const command = readCommand();
if (command.action === 'help') {
  process.stdout.write(usage);
} else if (command.action === 'exec') {
  const { env, execPath } = process;
  process.execve?.(
    execPath,
    [execPath, ...nodeOptions(command.service), serviceProgram(command.service), ...command.args],
    env,
  );
} else if (command.action === 'check') {
  process.stdout.write(printable(await load(command.config)));
} else {
  await run(command.config);
}
