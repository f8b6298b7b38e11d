import { expect, test } from 'vitest';
import { readImage } from './read-image.ts';

const question = { file: 'artifact.yml', artifact: 'appliance', derivative: 'main' };
const read = (text: string, changes: Partial<typeof question> = {}) => readImage(text, { ...question, ...changes });

test('an image needs a version and nothing else', () => {
  expect(read('version: "1.0"\nosi: {}\n')).toEqual({ version: '1.0', warnings: [] });
  expect(read('version: "1.0"\nosi:\n')).toMatchObject({ version: '1.0' });
});

test('a definition for packages too gives the image the version of its main source', () => {
  const text = `
sources: {appliance: "https://example.org/a-{{ version }}.tar.gz", data: "https://example.org/d.tar.gz"}
versions: {appliance: "3.1", data: "7"}
deb: {release: 2}
osi: {}
`;
  expect(read(text)).toMatchObject({ version: '3.1' });
});

test('a derivative has its own version', () => {
  const text = 'version: "1.0"\nderivatives: {next: "2.0~rc1"}\nosi: {}\n';
  expect(read(text, { derivative: 'next' })).toMatchObject({ version: '2.0~rc1' });
  expect(() => read(text, { derivative: 'other' })).toThrow(
    'derivative other has no version here; declared: main, next',
  );
});

test.each([
  [
    'version: "1.0"\nsource: https://example.org/a.tgz\ndeb: {release: 1}\n',
    'format osi is not declared (declared: deb)',
  ],
  ['version: "1_0"\nosi: {}\n', 'artifact.yml:1: '],
  ['version: 1.10\nosi: {}\n', 'write "1.10"'],
  ['version: "1.0"\ndeb: {release: 1}\nosi: {}\n', 'expected source or sources'],
])('%j is refused', (text, message) => {
  expect(() => read(text)).toThrow(message);
});
