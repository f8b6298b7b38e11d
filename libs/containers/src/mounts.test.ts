import { expect, test } from 'vitest';
import { mountsBeneath, parseMountInfo } from './mounts.ts';

const text = String.raw`22 1 0:1 / / rw,relatime - ext4 /dev/root rw
30 22 0:2 / /w/a\040b rw,relatime shared:2 - overlay overlay rw,lowerdir=/l,upperdir=/w/up,workdir=/w/work
31 30 0:3 / /w/a\040b/proc rw - proc proc rw
32 22 0:4 / /w/a\040bc rw - tmpfs tmpfs rw
`;

test('mount points are read with their escapes and options', () => {
  const mounts = parseMountInfo(text);
  expect(mounts[1]).toEqual({ path: '/w/a b', options: 'rw,lowerdir=/l,upperdir=/w/up,workdir=/w/work' });
});

test('mounts beneath a tree come deepest first, and a neighbour with the same beginning is not among them', () => {
  expect(mountsBeneath(parseMountInfo(text), '/w/a b')).toEqual(['/w/a b/proc', '/w/a b']);
});
