/**
 * `node program.ts NAME < FILE`: what `readRpm` yields, as JSON on standard output; `{"unreadable": reason}` for a file
 * that is none. The file is given open, so that the program needs the right to open nothing.
 */
import { fstatSync } from 'node:fs';
import { UnreadableRpm } from '@fatbuildr/domain/rpm';
import { readRpm } from './read-rpm.ts';

try {
  process.stdout.write(JSON.stringify(await readRpm(0, fstatSync(0).size)));
} catch (error) {
  if (!(error instanceof UnreadableRpm)) throw error;
  process.stdout.write(JSON.stringify({ unreadable: error.message }));
}
