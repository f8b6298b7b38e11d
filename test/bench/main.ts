import { parseArgs } from 'node:util';
import { cli } from './cli.ts';
import { hello } from './hello.ts';
import { log } from './log.ts';
import { memory } from './memory.ts';
import { publisher } from './publisher.ts';
import { recovery } from './recovery.ts';
import { isReached, printReport, type Report, writeReport } from './report.ts';
import { rpm } from './rpm.ts';
import { tasks } from './tasks.ts';
import { trees } from './trees.ts';

/*
 * npm run bench [-- NAME…]: each bench prints a table and writes reports/bench/NAME.json. One at a time: they measure the
 * machine as much as the farm. The exit status is 1 when a figure was missed, 2 when a bench could not be run.
 */

const benches: Record<string, () => Promise<Report>> = {
  cli,
  tasks,
  log,
  memory,
  publisher,
  recovery,
  hello,
  rpm,
  trees,
};

const { positionals } = parseArgs({ allowPositionals: true });
const names = positionals.length > 0 ? positionals : Object.keys(benches);
const unknown = names.find((name) => !benches[name]);
if (unknown !== undefined) {
  console.error(`There is no bench ${unknown}: ${Object.keys(benches).join(', ')}`);
  process.exit(2);
}

for (const name of names) {
  try {
    const report = await (benches[name] as () => Promise<Report>)();
    printReport(report);
    console.log(`\n${await writeReport(name, report)}`);
    if (report.figures.some((figure) => isReached(figure) === false)) process.exitCode ??= 1;
  } catch (error) {
    console.error(`bench ${name} could not be run:`, error);
    process.exitCode = 2;
  }
}
