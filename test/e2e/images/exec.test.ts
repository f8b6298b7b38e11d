import { describe, expect, test } from 'vitest';
import { farm } from '../this-farm.ts';

describe('a command', () => {
  test('runs as root in a tool image, without network', async () => {
    const script = 'id -u; cat /proc/net/dev | tail -n +3 | cut -d: -f1';
    const ran = await farm.ctl(['images', 'exec', '-f', 'deb', '--', 'sh', '-c', script]);
    expect(ran.status).toBe(0);
    expect(ran.stdout.split('\n').map((line) => line.trim())).toEqual(expect.arrayContaining(['0', 'lo']));
    expect(ran.stdout).not.toMatch(/host0|eth0|veth/);
  });

  test('runs in a copy of an environment that is thrown away', async () => {
    const run = (...command: string[]) => farm.ctl(['images', 'env-exec', '-d', 'bookworm', '--', ...command]);
    expect(await run('touch', '/left-behind')).toMatchObject({ status: 0 });
    const looked = await run('ls', '/');
    expect(looked.stdout).toMatch(/^usr$/m);
    expect(looked.stdout).not.toContain('left-behind');
  });

  test('that fails, or is not there, is told', async () => {
    const failed = await farm.ctl(['images', 'exec', '--', 'sh', '-c', 'exit 7']);
    expect(failed).toMatchObject({ status: 2, stderr: expect.stringContaining('ended with status 7') });
    const missing = await farm.ctl(['images', 'exec', '--', 'nonesuch']);
    expect(missing).toMatchObject({ status: 2, stderr: expect.stringContaining('Is there a nonesuch in it?') });
  });

  test('needs words, and an image that somebody holds', async () => {
    expect(await farm.ctl(['images', 'exec'])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('Which command?'),
    });
    const nowhere = await farm.ctl(['images', 'exec', '--host', 'nobody', '--', 'true']);
    expect(nowhere).toMatchObject({ status: 1, stderr: expect.stringContaining('no worker called nobody') });
  });
});
