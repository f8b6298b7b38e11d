import { expect, test } from 'vitest';
import { checkImageFiles, isOfImage } from './image-files.ts';

const called = { stem: 'router_1.0', extension: 'tar', checksums: 'router_1.0.SHA256SUMS' };
const check = (sizes: Record<string, number>, more: Partial<typeof called> = {}) =>
  checkImageFiles(
    Object.entries(sizes).map(([name, size]) => ({ name, size })),
    { ...called, ...more },
  );

test('an image, compressed or not, with what belongs to it', () => {
  const unknown = { ...called, extension: undefined };
  expect(() => {
    check({ 'router_1.0.tar': 10 });
    check({ 'router_1.0.manifest': 0, 'router_1.0.tar.zst': 10 });
    checkImageFiles([{ name: 'router_1.0.new', size: 1 }], unknown);
  }).not.toThrow();
});

test.each([
  [{}, 'mkosi left no router_1.0.tar but nothing.'],
  [{ 'router_1.0.manifest': 9 }, 'mkosi left no router_1.0.tar but router_1.0.manifest.'],
  [{ 'router_1.0.tarball': 9 }, 'mkosi left no router_1.0.tar but'],
  [{ 'router_1.0.tar': 0 }, 'mkosi left an empty router_1.0.tar.'],
  [{ 'router_1.0.tar': 9, 'router_1.0.SHA256SUMS': 9 }, 'router_1.0.SHA256SUMS, which the farm writes itself'],
])('what is none is the failure of the build: %j', (sizes, message) => {
  expect(() => check(sizes)).toThrow(message);
});

test.each([
  ['router_1.0.tar.zst', true],
  ['router_1.0.root-x86-64.raw', true],
  ['router_1.0_arm64.tar', false],
  ['router_1.0', false],
  ['router_1.0.', false],
  ['router_1.0.2nd.tar', false],
  ['../router_1.0.tar', false],
  ['router_1.0.x/../../etc', false],
  ['other_1.0.tar', false],
  ['SHA256SUMS', false],
])('%s is a file of the image: %s', (name, expected) => {
  expect(isOfImage(called.stem)(name)).toBe(expected);
});
