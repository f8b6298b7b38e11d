import { expect, test } from 'vitest';
import type { ContainerSpec } from './container.ts';
import { createFakeRunner, type FakeRun } from './fake.ts';
import { runToEnd } from './run-to-end.ts';

function fake(run: FakeRun) {
  const warnings: string[] = [];
  const output: string[] = [];
  const spec: ContainerSpec = {
    name: 'a-build',
    root: '/nowhere',
    command: ['build'],
    network: { kind: 'none' },
    onOutput: (chunk) => void output.push(chunk.toString()),
  };
  return {
    runner: createFakeRunner(
      () => run,
      (message) => warnings.push(message),
    ),
    spec,
    output,
    warnings,
  };
}

test('it prints its script, leaves its files and ends with its code', async () => {
  let written = false;
  const effect = () => {
    written = true;
  };
  const { runner, spec, output, warnings } = fake({ output: ['one\n', { pauseMs: 1 }, 'two\n'], effect, code: 3 });
  expect(await runToEnd(runner, spec)).toEqual({ code: 3, signal: null });
  expect(output).toEqual(['one\n', 'two\n']);
  expect(written).toBe(true);
  expect(warnings[0]).toContain('made up');
});

test('a hanging one ends when it is stopped, one that ignores SIGTERM after the grace', async () => {
  const polite = fake({ hang: true });
  const first = await polite.runner.start(polite.spec);
  await first.stop(60_000);
  expect(await first.exited).toEqual({ code: 255, signal: null });

  const stubborn = fake({ hang: true, ignoresTerm: true });
  const second = await stubborn.runner.start(stubborn.spec);
  await Promise.all([second.stop(20), second.stop(60_000)]);
  expect(await second.exited).toEqual({ code: null, signal: 'SIGKILL' });
});

test('an abort stops the container, and one that came before starts nothing', async () => {
  const { runner, spec } = fake({ hang: true });
  const abort = new AbortController();
  const end = runToEnd(runner, spec, { signal: abort.signal });
  abort.abort(new Error('cancelled'));
  expect(await end).toEqual({ code: 255, signal: null });
  await expect(runToEnd(runner, spec, { signal: abort.signal })).rejects.toThrow('cancelled');
});
