import { enableCompileCache } from 'node:module';

enableCompileCache();
if (['--version', '-v'].includes(process.argv[2] ?? '')) {
  const { default: packageJson } = await import('../package.json', { with: { type: 'json' } });
  process.stdout.write(`fatbuildrctl ${packageJson.version}\n`);
  process.exit();
}
const { run, flush } = await import('@oclif/core');
const { reportError } = await import('./output/report-error.ts');

// a reader such as `head` that has seen enough is no error
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

try {
  await run(process.argv.slice(2), import.meta.url);
  await flush();
} catch (error) {
  process.exitCode = reportError(error, process.argv.includes('--json'));
}
