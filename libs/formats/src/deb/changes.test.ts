import { describe, expect, it } from 'vitest';
import { parseChanges } from './changes.ts';

const digest = 'a'.repeat(64);
const text = `Format: 1.8
Source: hello
Binary: hello
Architecture: amd64
Version: 2.10-1.deb12
Distribution: bookworm
Checksums-Sha256:
 ${digest} 51234 hello_2.10-1.deb12_amd64.deb
 ${digest} 5123 hello_2.10-1.deb12_amd64.buildinfo
Files:
 d41d8cd98f00b204e9800998ecf8427e 51234 devel optional hello_2.10-1.deb12_amd64.deb
`;

describe('parseChanges', () => {
  it('tells source, version, architectures and files', () => {
    expect(parseChanges(text)).toEqual({
      source: 'hello',
      version: '2.10-1.deb12',
      architectures: ['amd64'],
      distribution: 'bookworm',
      files: [
        { name: 'hello_2.10-1.deb12_amd64.deb', size: 51234, sha256: digest },
        { name: 'hello_2.10-1.deb12_amd64.buildinfo', size: 5123, sha256: digest },
      ],
    });
  });

  it.each([
    ['a missing field', text.replace('Version: 2.10-1.deb12\n', ''), 'no field Version'],
    ['a name with a directory', text.replace(' hello_2.10-1.deb12_amd64.deb\n', ' ../x.deb\n'), '../x.deb'],
    ['a file listed twice', text.replace('amd64.buildinfo', 'amd64.deb'), 'twice'],
    ['two paragraphs', `${text}\nSource: x\n`, 'exactly one'],
    ['nonsense', 'nonsense', 'line 1'],
  ])('refuses %s', (_, broken, message) => {
    expect(() => parseChanges(broken)).toThrow(message);
  });
});
