import { expect, test } from 'vitest';
import { BuildRequest } from './api.ts';
import { BuildDebOrder, BuildRpmOrder } from './order.ts';

function requested(format: 'deb' | 'rpm' | 'osi', artifact: string) {
  const archive = { name: 'definition.tar.gz', sha256: '0'.repeat(64), size: 1 };
  const submitter = { name: 'Jane Doe', email: 'jane@example.org' };
  const source = { kind: 'definition' as const, archive };
  return BuildRequest.safeParse({ format, distribution: 'any', artifact, source, submitter, message: 'A change' });
}

test.each(['mod_wsgi', 'NetworkManager', 'PyYAML', 'R', 'libstdc++', 'python3.12'])(
  'an RPM may be called %s',
  (name) => {
    expect(requested('rpm', name).success).toBe(true);
    expect(BuildRpmOrder.shape.artifact.safeParse(name).success).toBe(true);
  },
);

test.each(['mod_wsgi', 'NetworkManager', 'R'])('a Debian package or image may not be called %s', (name) => {
  for (const format of ['deb', 'osi'] as const) {
    const { issues } = requested(format, name).error ?? { issues: [] };
    expect(issues).toMatchObject([{ path: ['artifact'], message: expect.stringContaining('lower-case letters') }]);
  }
  expect(BuildDebOrder.shape.artifact.safeParse(name).success).toBe(false);
});

test.each(['', '.', '..', '../x', 'a/b', '.hidden', '-rf', '+x', '_x', 'a b', 'ä', 'a\n', 'a'.repeat(129)])(
  'what leads elsewhere is no name of any format: %j',
  (name) => {
    for (const format of ['deb', 'rpm', 'osi'] as const) expect(requested(format, name).success).toBe(false);
  },
);
