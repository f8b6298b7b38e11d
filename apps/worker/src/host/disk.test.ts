import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { watchDisks } from './disk.ts';

test('a disk is full below the limit, and the reason names it', async () => {
  const { free, total } = await watchDisks([tmpdir()]).read();
  expect(free).toBeLessThanOrEqual(total);
  expect(await watchDisks([tmpdir()], 1).full()).toBeUndefined();
  const full = await watchDisks([tmpdir()], total * 2).full();
  expect(full).toMatch(new RegExp(`^the disk of ${tmpdir()} has .*iB free, it takes .* GiB$`));
});
