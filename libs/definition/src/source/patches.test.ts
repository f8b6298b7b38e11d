import { expect, it } from 'vitest';
import { patchHeader } from './patches.ts';

const diff = '--- a/x\n+++ b/x\n@@ -1 +1 @@\n-Formats: rpm\n+y\n';

it('reads the extra fields among whatever else stands before the patch', () => {
  const header = patchHeader(
    'p',
    `From: Jane\nFree text: with a colon\nand without\nFormats: deb osi\nTemplate: yes\n\n${diff}`,
  );
  expect(header?.get('Formats')).toBe('deb osi');
  expect(header?.get('template')).toBe('yes');
});

it('reads none out of the patch itself', () => {
  expect(patchHeader('p', diff)).toBeUndefined();
});

it('refuses a field that occurs twice', () => {
  expect(() => patchHeader('patches/1.0/p', `Formats: deb\nFormats: rpm\n${diff}`)).toThrow(
    'patches/1.0/p has a wrong header',
  );
});
