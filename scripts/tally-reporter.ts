import { appendFileSync } from 'node:fs';
import type { SerializedError } from 'vitest';
import type { Reporter, TestCase, TestModule, TestRunEndReason } from 'vitest/node';

/** What became of one test, or of something that kept tests from running. */
interface Tally {
  verdict: 'passed' | 'failed' | 'skipped';
  name: string;
  /** Why it was skipped. */
  reason: string;
}

/** Everything that ended, one entry each. A file that failed outside its tests counts as one failure. */
function tally(modules: readonly TestModule[], errors: readonly SerializedError[]): Tally[] {
  const entries = modules.flatMap((module) => {
    const tests = [...module.children.allTests()].map(tallyTest);
    const brokenOutside = module.state() === 'failed' && !tests.some(({ verdict }) => verdict === 'failed');
    return brokenOutside ? [...tests, failed(module.relativeModuleId)] : tests;
  });
  return [...entries, ...errors.map((error) => failed(`unhandled error: ${error.message}`))];
}

function failed(name: string): Tally {
  return { verdict: 'failed', name, reason: '' };
}

function tallyTest(test: TestCase): Tally {
  const name = `${test.module.relativeModuleId} > ${test.fullName}`;
  const result = test.result();
  if (result.state === 'passed') return { verdict: 'passed', name, reason: '' };
  if (result.state === 'skipped') return { verdict: 'skipped', name, reason: result.note ?? whySkipped(test) };
  return failed(name);
}

function whySkipped(test: TestCase): string {
  return test.options.mode === 'run' ? 'not run: the set-up before it failed' : 'no reason given';
}

const oneLine = (text: string) => text.replaceAll(/\s+/g, ' ');

/** Appends one line per test to the file in `FATBUILDR_TALLY`: verdict, name and reason, separated by tabs. */
export default class TallyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[], _reason: TestRunEndReason): void {
    const file = process.env.FATBUILDR_TALLY;
    if (file === undefined) throw new Error('FATBUILDR_TALLY must name the file to write to');
    const lines = tally(modules, errors).map(({ verdict, name, reason }) =>
      [verdict, name, reason].map(oneLine).join('\t'),
    );
    appendFileSync(file, lines.map((line) => `${line}\n`).join(''));
  }
}
