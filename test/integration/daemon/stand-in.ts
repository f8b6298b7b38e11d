import { appendFileSync, existsSync, rmSync, writeSync } from 'node:fs';

/**
 * A service as fatbuildrd expects it, for tests: `node stand-in.ts NAME DIRECTORY`. It writes what happens to it into
 * DIRECTORY/events, and obeys files there: NAME.fail ends it before it is ready, once; NAME.mute keeps it from ever
 * saying ready; NAME.stubborn makes it ignore SIGTERM; NAME.config makes it refuse its configuration.
 */
const [name = '', directory = ''] = process.argv.slice(2);
const event = (what: string) => appendFileSync(`${directory}/events`, `${name} ${what}\n`);
const told = (what: string) => existsSync(`${directory}/${name}.${what}`);

event('started');
console.log(`hello from ${name}`);
if (told('config')) process.exit(78);
if (told('fail')) {
  rmSync(`${directory}/${name}.fail`);
  process.exit(3);
}
process.on('SIGTERM', () => {
  event('SIGTERM');
  if (told('stubborn')) return;
  event('stopped');
  process.exit(0);
});
process.stdin.resume().on('end', () => {
  event('orphaned');
  process.exit(0);
});
appendFileSync(`${directory}/${name}.pid`, `${process.pid}\n`);
if (!told('mute')) {
  setTimeout(() => {
    event('ready');
    writeSync(Number(process.env['FATBUILDR_READY_FD']), 'ready\n');
  }, 50);
}
