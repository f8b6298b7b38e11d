/**
 * `node program.ts NAME < FILE`: what `readPackage` yields, as JSON on standard output; `{"unreadable": reason}` for a
 * file that is not what it should be. The file is given open, so that the program needs the right to open nothing.
 */
import { fstatSync } from 'node:fs';
import { UnreadablePackage } from './ar.ts';
import { readPackage } from './read-package.ts';

const name = process.argv[2] ?? '';
try {
  process.stdout.write(JSON.stringify(await readPackage(0, fstatSync(0).size, name)));
} catch (error) {
  if (!(error instanceof UnreadablePackage)) throw error;
  process.stdout.write(JSON.stringify({ unreadable: error.message }));
}
