import { describe, expect, it } from 'vitest';
import { createDigester, parseChecksums } from './checksums.ts';

const MD5_OF_HELLO = '5d41402abc4b2a76b9719d911017c592';

describe('checksums', () => {
  it('take any hash the platform knows, in any case', () => {
    expect(parseChecksums({ MD5: ` ${MD5_OF_HELLO.toUpperCase()}\n`, 'sha3-256': 'a'.repeat(64) }, 'f')).toEqual([
      { algorithm: 'md5', hex: MD5_OF_HELLO },
      { algorithm: 'sha3-256', hex: 'a'.repeat(64) },
    ]);
  });

  it.each([
    [{}, 'f: the source has no checksum'],
    [{ sha265: 'aa' }, 'f: unknown kind of checksum: sha265'],
    [{ sha256: 'abc' }, 'f: its sha256 is not 64 hexadecimal digits: abc'],
    [{ md5: 'g'.repeat(32) }, 'f: its md5 is not 32 hexadecimal digits'],
  ])('are refused: %j', (declared, message) => {
    expect(() => parseChecksums(declared as Record<string, string>, 'f')).toThrow(message);
  });

  it('must all match; what differs is shown with both values', () => {
    const wrong = '0'.repeat(64);
    const digester = createDigester(parseChecksums({ md5: MD5_OF_HELLO, sha256: wrong }, 'f'));
    digester.update(Buffer.from('hel'));
    digester.update(Buffer.from('lo'));
    expect(() => digester.verify('f', 'there')).toThrow(
      `f from there is not the declared file: sha256 expected ${wrong}, actual 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824`,
    );
  });
});
