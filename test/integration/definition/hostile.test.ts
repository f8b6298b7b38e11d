import { createWriteStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBench, definitionFiles, failureOf } from './fixture.ts';

let bench: Awaited<ReturnType<typeof createBench>>;
let upstream: string;
beforeAll(async () => {
  bench = await createBench();
  upstream = await bench.upstream();
});
afterAll(() => bench.close());

/** One header block of a ustar archive (POSIX.1-1988), which no tool would write for us. */
function header(name: string, type: string, { link = '', size = 0 } = {}): Buffer {
  const block = Buffer.alloc(512);
  block.write(name, 0, 100, 'latin1');
  block.write('0000644\0', 100);
  block.write('0000000\0'.repeat(2), 108);
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  block.write('00000000000\0        ', 136);
  block.write(type, 156);
  block.write(link, 157, 100, 'latin1');
  block.write('ustar\x0000', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

const end = Buffer.alloc(1024);
const content = Buffer.alloc(512, 'x');

describe('a hostile archive', () => {
  const outside = `prepare-escape-${process.pid}`;

  it.each<[string, Buffer[], RegExp]>([
    ['an absolute name', [header(`/tmp/${outside}`, '0', { size: 1 }), content], /unsafe name/],
    ['a climbing name', [header(`a/../../${outside}`, '0', { size: 1 }), content], /unsafe name/],
    ['an absolute link', [header('link', '2', { link: '/tmp' })], /leaves the archive/],
    ['a climbing link', [header('d/link', '2', { link: '../../x' })], /leaves the archive/],
    [
      'links that climb only together',
      [header('a/b/up', '2', { link: '../..' }), header('link', '2', { link: 'a/b/up/../x' })],
      /entry link is a link that leaves/,
    ],
    [
      'a write through a link',
      [header('link', '2', { link: '/tmp' }), header(`link/${outside}`, '0', { size: 1 }), content],
      /goes through the link link/,
    ],
    ['a hard link to the outside', [header('hard', '1', { link: '/etc/passwd' })], /unsafe name/],
    ['a hard link that climbs', [header('hard', '1', { link: '../request.json' })], /unsafe name/],
    [
      'a hard link through a link',
      [header('l', '2', { link: '/etc' }), header('hard', '1', { link: 'l/passwd' })],
      /goes through the link l/,
    ],
    ['a device node', [header('null', '3')], /neither file, directory nor link/],
    ['a pipe', [header('pipe', '6')], /neither file, directory nor link/],
    ['no tar at all', [Buffer.from('hello')], /cannot be read/],
  ])('with %s is refused', async (_, blocks, message) => {
    const path = join(bench.root, 'evil.tar');
    await pipeline([...blocks, end], createWriteStream(path));
    const failure = await failureOf(bench.inspect(path));
    expect(failure).toMatchObject({ outcome: 'rejected', message: expect.stringMatching(message) });
    expect(await readdir('/tmp')).not.toContain(outside);
    const asUpstream = await failureOf(bench.build(definitionFiles, path));
    expect(asUpstream).toMatchObject({ outcome: 'rejected', message: expect.stringMatching(message) });
  });

  it('that unpacks to far more than its size is refused before the disk is full', async () => {
    const path = join(bench.root, 'bomb.tar.gz');
    const size = 512 * 1024 * 1024;
    const zeros = Buffer.alloc(1024 * 1024);
    const blocks = [header('zeros', '0', { size }), ...Array.from({ length: 512 }, () => zeros), end];
    await pipeline(blocks, createGzip({ level: 9 }), createWriteStream(path));
    const failure = await failureOf(bench.inspect(path));
    expect(failure).toMatchObject({ outcome: 'rejected', message: expect.stringContaining('times its size') });
  });

  it('with too many entries is refused', async () => {
    const path = join(bench.root, 'many.tar');
    await pipeline([...Array.from({ length: 20_001 }, () => header('d/', '5')), end], createWriteStream(path));
    expect((await failureOf(bench.inspect(path))).message).toContain('more than 20000 entries');
  });
});

describe('a template', () => {
  const withControl = (text: string) => ({ ...definitionFiles, 'deb/control.j2': text });

  it.each([
    ['with a syntax error', 'Source: sample\n{% if %}\n', 'deb/control.j2:2', 'Expected an expression'],
    ['with an undefined variable', 'Source: sample\n\n{{ verison }}\n', 'deb/control.j2:3', "'verison' is undefined"],
    ['with an undefined attribute', '{{ version.mian }}\n', 'deb/control.j2:1', 'mian'],
    ['that climbs to the interpreter', "a\n{{ ''.__class__.__mro__ }}\n", 'deb/control.j2:2', 'unsafe'],
    ['that climbs through format', "{{ '{0.__class__}'.format(version) }}\n", 'deb/control.j2:1', 'unsafe'],
    ['that includes what is not beside it', '{% include "../artifact.yml" %}\n', 'deb/control.j2:1', 'not beside it'],
    ['that needs too much memory', "{{ 'x' * 10 ** 10 }}\n", 'deb/control.j2:1', 'too much memory'],
    [
      'that never ends its output',
      '{% for a in range(9999) %}{% for b in range(9999) %}xxxxxxxx{% endfor %}{% endfor %}',
      'deb/control.j2',
      'too long',
    ],
  ])('%s is refused', async (_, text, where, message) => {
    const failure = await failureOf(bench.build(withControl(text), upstream));
    expect(failure).toMatchObject({ outcome: 'rejected', where, message: expect.stringContaining(message) });
  });

  it('that never ends is stopped, and named', async () => {
    const nested = '{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}';
    const failure = await failureOf(bench.build(withControl(nested), upstream));
    expect(failure).toMatchObject({ outcome: 'rejected', where: 'deb/control.j2' });
    expect(failure.message).toContain('takes longer than 5 s');
  });

  it('in artifact.yml is refused with its line there', async () => {
    const artifact = (definitionFiles['artifact.yml'] ?? '').replace('{{ version }}', '{{ oops }}');
    const files = { ...definitionFiles, 'artifact.yml': `# first\n${artifact}` };
    const failure = await failureOf(bench.inspect(await bench.archive(files, 'd.tar')));
    expect(failure).toMatchObject({ outcome: 'rejected', where: 'artifact.yml:2' });
  });
});

describe('a definition', () => {
  it.each([
    ['without artifact.yml', { 'artifact.yml': undefined }, 'no artifact.yml; at its top are deb'],
    ['without deb/', { 'deb/control.j2': undefined, 'deb/rules': undefined }, 'has no directory deb/'],
    ['with a prescript', { 'pre.sh': 'true\n' }, 'Prescripts are not supported'],
    ['whose version is a number', { 'artifact.yml': 'version: 2.10\nsource: x\n' }, 'artifact.yml:1: version: 2.10'],
    [
      'whose version is none of Debian’s',
      { 'artifact.yml': definitionFiles['artifact.yml']?.replaceAll('"1.0"', 'v1') },
      'artifact.yml:2: v1-1',
    ],
    [
      'with a source of another scheme',
      { 'artifact.yml': definitionFiles['artifact.yml']?.replace('https', 'file') },
      'artifact.yml:1: expected an http or https URL',
    ],
  ])('%s is refused', async (_, changes, message) => {
    const files = Object.entries({ ...definitionFiles, ...changes }).filter(([, text]) => text !== undefined);
    const path = await bench.archive(Object.fromEntries(files) as typeof definitionFiles, 'definition.tar.xz');
    const failure = await failureOf(bench.inspect(path));
    expect(failure).toMatchObject({ outcome: 'rejected', message: expect.stringContaining(message) });
  });

  it('that is good gives a plan', async () => {
    const { plan, directory } = await bench.inspect(await bench.archive(definitionFiles, 'definition.tar.gz'));
    expect(plan).toEqual({
      ...{ kind: 'definition', name: 'sample', buildargs: [], warnings: [] },
      version: { main: '1.0', major: '1', minor: '0', release: '1' },
      sources: [
        {
          ...{ id: 'sample', version: '1.0', url: 'https://example.org/sample-1.0.tar.gz' },
          ...{ filename: 'sample-1.0.tar.gz', checksums: { sha256: '0'.repeat(64) } },
        },
      ],
    });
    expect((await stat(join(directory, 'deb/rules'))).isFile()).toBe(true);
  });
});
