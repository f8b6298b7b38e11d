import { describe, expect, it } from 'vitest';
import { Deb822Error, paragraph, parseDeb822, renderDeb822 } from './deb822.ts';

const signed = `-----BEGIN PGP SIGNED MESSAGE-----
Hash: SHA512

Source: hello
- -dashed: yes
Version: 2.10-3

-----BEGIN PGP SIGNATURE-----

iQIz
-----END PGP SIGNATURE-----
`;

function errorOf(text: string): Deb822Error {
  try {
    parseDeb822(text);
  } catch (error) {
    if (error instanceof Deb822Error) return error;
  }
  throw new Error('no Deb822Error was thrown');
}

describe('parseDeb822', () => {
  it('takes spaces and tabs alone for an empty line', () => {
    expect(parseDeb822('Package: a\n \t\nPackage: b\n')).toHaveLength(2);
    for (const looksEmpty of ['\u00a0', '\ufeff', '\u2028']) {
      const [found, ...more] = parseDeb822(`Package: a\nDescription: one\n ${looksEmpty}\n two\n`);
      expect(more).toEqual([]);
      expect(found?.get('Description')).toMatch(/^one\n.*\ntwo$/);
    }
  });

  it('reads folded values, comments and several paragraphs', () => {
    const [first, second, ...rest] = parseDeb822(
      'Source: hello\n# a comment\nBuild-Depends: a,\n# another\n b,\n\tc\n\n\nPackage: hello\nDescription: short\n long\n .\n  verbatim\n',
    );
    expect(first?.get('build-depends')).toBe('a,\nb,\nc');
    expect(second?.get('Description')).toBe('short\nlong\n\n verbatim');
    expect(rest).toEqual([]);
  });

  it('takes off the armour of a signed text', () => {
    const [only] = parseDeb822(signed.replace('- -dashed: yes\n', ''));
    expect(only?.fields.map(({ name }) => name)).toEqual(['Source', 'Version']);
  });

  it('refuses what stands outside the signature', () => {
    expect(errorOf(`${signed.replace('- -dashed: yes\n', '')}Evil: 1\n`)).toMatchObject({ line: 11 });
    expect(errorOf(signed.slice(0, 90)).message).toContain('cut off');
  });

  it('names the line of a duplicate, of a stray continuation and of a line without a colon', () => {
    expect(errorOf('A: 1\nB: 2\na: 3\n')).toMatchObject({ line: 3, message: 'the field a occurs twice' });
    expect(errorOf('\n stray\n')).toMatchObject({ line: 2 });
    expect(errorOf('A: 1\nnonsense\n')).toMatchObject({ line: 2 });
  });

  it('takes as long as the text is, however many fields it has', () => {
    const begin = performance.now();
    const text = Array.from({ length: 20_000 }, (_, index) => `F${index}: x\n`).join('');
    expect(parseDeb822(text)[0]?.fields).toHaveLength(20_000);
    expect(performance.now() - begin).toBeLessThan(500);
    expect(parseDeb822('A: 1\n\nA: 2\n')).toHaveLength(2);
  });

  it('is the inverse of renderDeb822', () => {
    const paragraphs = [
      paragraph([
        { name: 'Package', value: 'x' },
        { name: 'Files', value: '\nabc 1 x.deb\ndef 2 y.deb' },
        { name: 'Description', value: 'one\ntwo\n\nthree' },
      ]),
      paragraph([{ name: 'Package', value: 'y' }]),
    ];
    const text = renderDeb822(paragraphs);
    expect(text).toContain('Files:\n abc 1 x.deb\n def 2 y.deb\nDescription: one\n two\n .\n three\n\nPackage: y\n');
    expect(parseDeb822(text).map(({ fields }) => fields)).toEqual(paragraphs.map(({ fields }) => fields));
  });
});
