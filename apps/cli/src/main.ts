import { findCommand } from './commands.ts';
import { leaveQuietly } from './output/closed-output.ts';
import { reportError } from './output/report-error.ts';

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  void leaveQuietly();
});

const words = process.argv.slice(2);
try {
  const found = findCommand(words);
  if (found) await (await found.load()).run(found.rest);
  else if (['--version', '-v'].includes(words[0] ?? '')) await printVersion();
  else await leaveToOclif();
} catch (error) {
  process.exitCode = reportError(error, words.includes('--json'));
}

async function printVersion(): Promise<void> {
  const { default: packageJson } = await import('../package.json', { with: { type: 'json' } });
  process.stdout.write(`fatbuildrctl ${packageJson.version}\n`);
}

/** Help, topics, and words that call nothing: all of oclif is loaded for them, with every command. */
async function leaveToOclif(): Promise<void> {
  const { run } = await import('@oclif/core/run');
  await run(words, import.meta.url);
}
