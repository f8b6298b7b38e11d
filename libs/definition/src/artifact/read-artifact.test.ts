import { describe, expect, it } from 'vitest';
import { type ArtifactQuestion, readArtifact } from './read-artifact.ts';

const sha256 = '31e066137a962676e89f69d1b65382de95a7ef7d914b8cb956f41ea72e0f516b';
const question: ArtifactQuestion = {
  ...{ file: 'artifact.yml', artifact: 'hello', format: 'deb', derivative: 'main', local: new Map() },
};

const hello = `source: https://example.org/hello-{{ version }}.tar.gz
version: "2.10"
checksums:
  "2.10":
    sha256: ${sha256}
deb:
  release: 1
`;

/** The message and first place of the refusal. */
function refusal(text: string, other: Partial<ArtifactQuestion> = {}): { message: string; where?: string } {
  try {
    readArtifact(text, { ...question, ...other });
  } catch (error) {
    return error as { message: string; where?: string };
  }
  throw new Error('was accepted');
}

describe('readArtifact', () => {
  it('reads the short form', () => {
    expect(readArtifact(hello, question)).toMatchObject({
      release: '1',
      warnings: [],
      sources: [{ id: 'hello', version: '2.10', digests: { sha256 } }],
    });
  });

  it('reads several sources with versions by derivative', () => {
    const text = `sources:
  hello: https://example.org/hello-{{ version }}.tar.gz
  data: https://example.org/data-{{ version }}.zip
versions: {hello: "2.10", data: a7}
derivatives:
  edge: {hello: 3.0.1, data: b1}
checksums:
  hello: {2.10: {sha256: ${sha256}}, 3.0.1: {sha256: ${sha256}}}
  data: {a7: {SHA256: ${sha256.toUpperCase()}}, b1: {sha256: ${sha256}}}
deb: {release: 2+beta1}
`;
    const { sources } = readArtifact(text, question);
    expect(sources.map(({ id, version, digests }) => [id, version, digests])).toEqual([
      ['hello', '2.10', { sha256 }],
      ['data', 'a7', { sha256 }],
    ]);
    const edge = readArtifact(text, { ...question, derivative: 'edge' });
    expect(edge.sources.map(({ version }) => version)).toEqual(['3.0.1', 'b1']);
    expect(refusal(text, { derivative: 'odd' }).message).toContain('declared: main, edge');
  });

  it('reads the keys of Fatbuildr 2.0 in meta.yml', () => {
    const text = hello.replace('source:', 'tarball:').replace('version: "2.10"', 'versions: {main: "2.10"}');
    const { sources } = readArtifact(text, { ...question, file: 'meta.yml' });
    expect(sources[0]).toMatchObject({ version: '2.10', urlTemplate: expect.stringContaining('{{ version }}') });
    expect(refusal(text).message).toContain('expected source or sources');
  });

  it('takes a version that the submitter brings along, without a checksum', () => {
    const { sources } = readArtifact(hello, { ...question, local: new Map([['hello', '9.9']]) });
    expect(sources[0]).toMatchObject({ version: '9.9', digests: {} });
  });

  it('refuses a source of the submitter that the definition does not have', () => {
    const { message } = refusal(hello, { local: new Map([['helo', undefined]]) });
    expect(message).toContain('the source helo was sent along, and there is none of that name: hello');
  });

  it('refuses a version that YAML reads as another number, with its line', () => {
    const { message, where } = refusal(hello.replace('"2.10"\nchecksums', '2.10\nchecksums'));
    expect(where).toBe('artifact.yml:2');
    expect(message).toBe('artifact.yml:2: version: 2.10 without quotes reads as the number 2.1; write "2.10"');
  });

  it('only warns of a number that reads as it is written', () => {
    const { warnings, sources } = readArtifact(hello.replaceAll('"2.10"', '2.1'), question);
    expect(sources[0].version).toBe('2.1');
    expect(warnings).toEqual(['artifact.yml:2: version: 2.1 is read as a number; put it in quotes: "2.1"']);
  });

  it('tells all mistakes at once, each with its line', () => {
    const { message } = refusal(`version: 1.50
source: []
sources: {}
checksums: {}
deb:
  relaese: 1
rpm: {release: "1 2"}
`);
    expect(message.split('\n')).toEqual([
      'artifact.yml has 5 mistakes:',
      'artifact.yml:1: version: 1.50 without quotes reads as the number 1.5; write "1.50"',
      'artifact.yml:2: source: expected a text',
      'artifact.yml:6: deb.release: expected a text',
      'artifact.yml:6: deb: Unrecognized key: "relaese"',
      'artifact.yml:7: rpm.release: expected a release: letters, digits and . + ~',
    ]);
  });

  it.each<[string, string, RegExp, Partial<ArtifactQuestion>?]>([
    ['broken YAML', 'version: "1\nx', /artifact.yml:\d/],
    ['a duplicate key', `${hello}version: "3"\n`, /artifact.yml:8/],
    ['a list', '- a\n', /expected keys and values/],
    ['nothing', '', /expected keys and values/],
    ['an undeclared format', hello.replace('deb:', 'rpm:'), /format deb is not declared \(declared: rpm\)/],
    ['a missing checksum', hello.replace('"2.10":', '"2.9":'), /artifact.yml:4: expected a checksum of hello 2.10/],
    ['no checksums at all', hello.replace(/checksums:\n.*\n.*\n/, ''), /expected a checksum of hello 2.10/],
    ['a digest cut short', hello.replace(sha256, 'abc'), /artifact.yml:5: .*expected 64 hex digits/],
    ['an unknown hash', hello.replace('sha256', 'crc7'), /unknown hash crc7/],
    ['neither version', hello.replace('version: "2.10"\n', ''), /expected one of version, versions and derivatives/],
    ['an unknown derivative', hello, /declared: main/, { derivative: 'edge' }],
    [
      'a directory as a further source',
      hello.replace('source: ', 'sources:\n  "a_b": x\n  hello: '),
      /sources\.a_b: expected a source id/,
    ],
    ['a path as a source', hello.replace('source: ', 'sources:\n  "../x": '), /expected \{id: URL\}/],
    ['another main source', hello.replace('source: ', 'sources:\n  other: '), /expected the first source to be hello/],
  ])('refuses %s', (_, text, message, other = {}) => {
    expect(refusal(text, other).message).toMatch(message);
  });

  it('warns of an unknown key and of a weak hash', () => {
    const text = `${hello.replace(/sha256: .*/, 'md5: d41d8cd98f00b204e9800998ecf8427e')}descripton: x\n`;
    expect(readArtifact(text, question).warnings).toEqual([
      'artifact.yml:8: unknown key descripton is ignored',
      'artifact.yml: the checksum of hello can be forged; use sha256',
    ]);
  });

  it('bears aliases, and not too many of them', () => {
    expect(readArtifact(hello.replace('deb:\n  release: 1', 'x: &d {release: 1}\ndeb: *d'), question).release).toBe(
      '1',
    );
    const bomb = [
      'a0: &a0 [x]',
      ...Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}]`),
    ];
    expect(refusal(`${hello}${bomb.join('\n')}\n`).message).toContain('more than 10000 values');
  });
});
