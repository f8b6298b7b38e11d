import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { PROBE } from '@fatbuildr/worker/src/jobs/build-osi/archive-suites.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';

const run = promisify(execFile);

const answers: Record<string, number> = {
  '/debian/dists/trixie-updates/InRelease': 200,
  '/old/dists/trixie-security/Release': 200,
  '/store/dists/trixie-security/InRelease': 403,
  '/store/dists/trixie-security/Release': 403,
  '/ill/dists/trixie-security/InRelease': 503,
};
const server = createServer((request, response) => {
  response.writeHead(answers[request.url ?? ''] ?? 404).end();
});

beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => server.close());

const probe = (...directories: string[]) => {
  const { port } = server.address() as AddressInfo;
  const urls = directories.map((one) => `http://127.0.0.1:${port}/${one}`);
  return run('python3', ['-I', '-c', PROBE, ...urls], { env: { PATH: process.env['PATH'], no_proxy: '*' } });
};

test('an archive tells which suites it has, in one file or the other', async () => {
  const { stdout } = await probe(
    'debian/dists/trixie-updates',
    'debian/dists/trixie-security',
    'store/dists/trixie-security',
    'old/dists/trixie-security',
  );
  expect(stdout.split('\n')).toEqual(['0', '3', '']);
});

test('a mirror that is ill has not said that it has none', async () => {
  const failed = probe('debian/dists/trixie-updates', 'ill/dists/trixie-security');
  await expect(failed).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('trixie-security: HTTP Error 503'),
  });
});
