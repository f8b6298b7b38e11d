import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { derivativeChain, findDistribution, findInstance } from '@fatbuildr/domain';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadConfig } from './load-config.ts';
import { ConfigError } from './mistakes.ts';

const host = { hostname: 'builder1', architecture: 'amd64' };
let directory: string;
let file: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fatbuildr-config-'));
  file = join(directory, 'fatbuildr.yml');
});
afterEach(() => rm(directory, { recursive: true }));

async function write(files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries({ 'fatbuildr.yml': '', ...files })) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), text);
  }
}

/** The list of mistakes, with the directory left out. */
async function mistakes(files: Record<string, string>, environment = {}): Promise<string[]> {
  await write(files);
  const error: unknown = await loadConfig({ file, environment, host }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ConfigError)) throw new Error('not a list of mistakes', { cause: error });
  const [head, ...list] = error.message.replaceAll(`${directory}/`, '').split('\n');
  expect(head).toMatch(/^The configuration has /);
  expect(list).toHaveLength(error.mistakes.length);
  return list.map((line) => line.trim());
}

const minimal = 'name: Test\ngpg: {name: Test, email: test@example.org}\n';

test('an empty file means all the defaults', async () => {
  await write({});
  expect(await loadConfig({ file, host })).toEqual({
    file,
    paths: {
      state: '/var/lib/fatbuildr',
      cache: '/var/cache/fatbuildr',
      run: '/run/fatbuildr',
      registry: '/var/lib/fatbuildr/registry',
    },
    api: {
      listen: { host: '127.0.0.1', port: 8470 },
      socket: '/run/fatbuildr/api.sock',
      internalSocket: '/run/fatbuildr/publisher.sock',
      publicUrl: 'http://127.0.0.1:8470',
      uploadLimit: 2 * 2 ** 30,
      trustedProxies: [],
      rates: { requestsPerMinute: 3000, submissionsPerHour: undefined },
    },
    redis: { url: undefined, socket: '/run/fatbuildr/redis.sock' },
    worker: {
      name: 'builder1',
      api: 'http://127.0.0.1:8470',
      slots: 2,
      pool: 'default',
      secretFile: '/var/lib/fatbuildr/worker/secret',
      instances: undefined,
      warm: { enabled: true, maxBytes: 10 * 1024 ** 3 },
      ccache: { maxBytes: 10 * 1024 ** 3, artifactBytes: 1024 ** 3 },
    },
    containers: { driver: 'nspawn' },
    images: {
      bootstrap: { release: 'trixie' },
      deb: { distribution: 'debian', release: 'trixie', packages: [] },
      rpm: { distribution: 'fedora', release: '43', packages: [] },
      osi: { distribution: 'fedora', release: '43', packages: [] },
    },
    environments: {},
    commands: {},
    limits: {
      wall: 6 * 3_600_000,
      silence: 3_600_000,
      shell: 3_600_000,
      shellSilence: 15 * 60_000,
      total: 24 * 3_600_000,
      logBytes: 2 ** 30,
      sourceBytes: 2 * 2 ** 30,
      resultBytes: 8 * 2 ** 30,
    },
    metrics: { open: false },
    imports: { roots: [] },
    retention: { uploads: 24 * 3_600_000, registry: 72 * 3_600_000, publications: 10 },
    log: { level: 'info', format: 'json' },
    instances: [],
    policy: { roles: {}, members: {}, anonymous: [], repositories: 'public' },
  });
});

test('defaults follow the keys they depend on', async () => {
  await write({
    'fatbuildr.yml':
      'paths: {state: /srv/s, run: /srv/r}\napi: {listen: {host: "::", port: 80}, publicUrl: "https://farm.example/"}',
  });
  const config = await loadConfig({ file, host });
  expect(config.paths.registry).toBe('/srv/s/registry');
  expect(config.worker.secretFile).toBe('/srv/s/worker/secret');
  expect(config.redis.socket).toBe('/srv/r/redis.sock');
  expect(config.api.publicUrl).toBe('https://farm.example');
  expect(config.worker.api).toBe('http://[::1]:80');
});

test('the environment overrides the file', async () => {
  await write({ 'fatbuildr.yml': 'api: {listen: {port: 1}}\nlog: {level: warn}' });
  const environment = {
    FATBUILDR_API_LISTEN_PORT: '8123',
    FATBUILDR_API_PUBLIC_URL: 'https://farm.example',
    FATBUILDR_LIMITS_WALL: '90m',
    FATBUILDR_WORKER_NAME: '42',
    FATBUILDR_WORKER_INSTANCES: 'prod, test',
    FATBUILDR_LOG_LEVEL: '',
    FATBUILDR_URI: 'not ours',
  };
  const config = await loadConfig({ file, environment, host });
  expect(config.api).toMatchObject({ listen: { port: 8123 }, publicUrl: 'https://farm.example' });
  expect(config.limits.wall).toBe(90 * 60_000);
  expect(config.worker).toMatchObject({ name: '42', instances: ['prod', 'test'] });
  expect(config.log.level).toBe('warn');
});

test('an instance file of Fatbuildr 2.1 is read as it is', async () => {
  await write({
    'instances.d/default.yml': `
name: Default instance
gpg:
  name: Default
  email: packages@example.org
architectures: [aarch64, x86_64]
formats:
  deb:
  - name: bookworm
    env: bookworm
    tag: deb12
  - name: sid
    tag: unstable
  rpm:
  - name: el9
    env: rocky-9
    tag: el9
  osi:
  - name: debian12
    tag: '12'
derivatives:
  backports:
    formats: [deb]
  next:
    extends: backports
`,
    'instances.d/notes.txt': 'not an instance',
  });
  const instance = findInstance(await loadConfig({ file, host }), 'default');
  expect(instance).toMatchObject({
    id: 'default',
    name: 'Default instance',
    gpg: { name: 'Default', email: 'packages@example.org' },
    architectures: ['amd64', 'arm64'],
    derivatives: [
      { name: 'backports', formats: ['deb'], extends: 'main' },
      { name: 'next', formats: ['deb'], extends: 'backports' },
    ],
  });
  expect(findDistribution(instance, 'deb', 'bookworm')).toEqual({
    format: 'deb',
    name: 'bookworm',
    env: 'bookworm',
    tag: 'deb12',
    suite: 'bookworm',
    mirror: undefined,
    components: ['main'],
    suites: ['bookworm-updates'],
    security: { suite: 'bookworm-security', mirror: undefined },
    keyring: undefined,
    builder: 'pbuilder',
  });
  expect(findDistribution(instance, 'deb', 'sid')).toMatchObject({ env: 'sid', suites: [], security: undefined });
  expect(findDistribution(instance, undefined, 'el9')).toEqual({
    format: 'rpm',
    name: 'el9',
    env: 'rocky-9',
    tag: 'el9',
    repositories: [],
    dbpath: '/var/lib/rpm',
    modules: [],
  });
  expect(derivativeChain(instance, 'next', 'deb')).toEqual(['next', 'backports', 'main']);
});

test('an rpm distribution says which repositories its environment is made from', async () => {
  await write({
    'instances.d/prod.yml': `${minimal}formats:
  rpm:
    el9: {tag: el9, builder: rpmbuild, releasever: 9, modules: ['nodejs:20'], dbpath: /usr/lib/sysimage/rpm,
      repositories: [{id: base, baseurl: 'http://mirror.example/9/', gpgkey: /etc/pki/key}, {id: more, metalink: 'https://m.example/?repo=more'}]}
`,
  });
  const { instances } = await loadConfig({ file, host });
  expect(instances[0]?.distributions[0]).toMatchObject({
    builder: 'rpmbuild',
    releasever: '9',
    modules: ['nodejs:20'],
    dbpath: '/usr/lib/sysimage/rpm',
    repositories: [
      { id: 'base', baseurl: 'http://mirror.example/9', gpgkey: '/etc/pki/key' },
      { id: 'more', metalink: 'https://m.example/?repo=more' },
    ],
  });
});

test('a deb or rpm distribution may want ccache, whatever others of its environment want', async () => {
  await write({
    'instances.d/prod.yml': `${minimal}formats:
  deb: [{name: bookworm, tag: deb12}, {name: fast, env: bookworm, tag: deb12f, ccache: true}]
  rpm: [{name: el9, tag: el9, mock: rocky-9-x86_64, ccache: true}]
`,
  });
  const { instances } = await loadConfig({ file, host });
  const wanted = instances[0]?.distributions.map((one) => 'ccache' in one && one.ccache);
  expect(wanted).toEqual([undefined, true, true]);
});

test('an osi distribution says which archives its images are made from', async () => {
  const osi = (written: string) =>
    write({ 'instances.d/prod.yml': `${minimal}formats:\n  osi: [{name: images, ${written}}]\n` });
  await osi(`mirrors: ['http://m.example/debian/'], suites: [trixie-backports], keyring: /keys/own.gpg,
      security: {mirror: 'http://m.example/security/'}`);
  expect((await loadConfig({ file, host })).instances[0]?.distributions[0]).toMatchObject({
    mirrors: ['http://m.example/debian'],
    suites: ['trixie-backports'],
    security: { mirror: 'http://m.example/security' },
    keyring: '/keys/own.gpg',
  });
  await osi('security: false');
  expect((await loadConfig({ file, host })).instances[0]?.distributions[0]).toMatchObject({ security: false });
  await osi('security: {suite: trixie-security}');
  await expect(loadConfig({ file, host })).rejects.toThrow('security');
});

test('a distribution of any format keeps versions and has a gate; of images some versions unless all are wanted', async () => {
  await write({
    'instances.d/prod.yml': `${minimal}formats:
  deb: [{name: bookworm, tag: deb12}, {name: trixie, tag: deb13, keepVersions: all}]
  rpm: [{name: el9, tag: el9, keepVersions: 3}]
  osi: [{name: images, gate: /usr/bin/boot-it}, {name: few, keepVersions: 1}, {name: many, keepVersions: all}]
`,
  });
  const { instances } = await loadConfig({ file, host });
  expect(instances[0]?.distributions.map(({ name, keepVersions, gate }) => [name, keepVersions, gate])).toEqual([
    ['bookworm', undefined, undefined],
    ['trixie', undefined, undefined],
    ['el9', 3, undefined],
    ['images', 5, '/usr/bin/boot-it'],
    ['few', 1, undefined],
    ['many', undefined, undefined],
  ]);
  const wrong = {
    0: 'found 0, expected at least 1',
    none: 'found "none", expected a number of versions from 1 on, or all',
  };
  for (const [written, told] of Object.entries(wrong)) {
    await write({ 'instances.d/prod.yml': `${minimal}formats:\n  osi: [{name: images, keepVersions: ${written}}]\n` });
    await expect(loadConfig({ file, host })).rejects.toThrow(told);
  }
});

test('repositories of an rpm distribution have one address, and an environment one recipe', async () => {
  await write({
    'instances.d/prod.yml': `${minimal}formats:
  rpm:
    el9: {tag: el9, repositories: [{id: base}]}
    other: {tag: o, env: el9}
    third: {tag: t, repositories: [{id: 'a/b', baseurl: 'file:///x'}]}
`,
  });
  const loading = loadConfig({ file, host });
  await expect(loading).rejects.toThrow('exactly one of baseurl, metalink, mirrorlist');
  await expect(loading).rejects.toThrow('an http or https URL');
  await write({
    'instances.d/prod.yml': `${minimal}formats:\n  rpm:\n    el9: {tag: e, modules: ['a:1']}\n    other: {tag: o, env: el9}\n`,
  });
  await expect(loadConfig({ file, host })).rejects.toThrow(
    'of the environment el9: builder, mock, repositories, releasever, dbpath and modules',
  );
});

test('distributions may be a mapping and say where their packages come from', async () => {
  await write({
    'instances.d/prod.yml': `${minimal}formats:
  deb:
    noble: {tag: ubuntu24, mirror: 'http://mirror.example/ubuntu/', components: [main, universe], security: {mirror: 'http://sec.example/ubuntu'}, builder: cowbuilder}
    plain: {tag: p1, suite: stable, suites: [], security: false}
`,
  });
  const { instances } = await loadConfig({ file, host });
  expect(instances[0]?.architectures).toEqual(['amd64']);
  expect(instances[0]?.distributions).toMatchObject([
    {
      name: 'noble',
      mirror: 'http://mirror.example/ubuntu',
      components: ['main', 'universe'],
      suites: ['noble-updates'],
      security: { suite: 'noble-security', mirror: 'http://sec.example/ubuntu' },
      builder: 'cowbuilder',
    },
    { name: 'plain', suite: 'stable', suites: [], security: undefined },
  ]);
});

test('every mistake of every file is reported at once', async () => {
  const found = await mistakes(
    {
      'fatbuildr.yml':
        'api:\n  listen: {port: eighty}\n  uploadLmit: 1GiB\nlimits: {wall: 6, logBytes: many}\nworker:\n  slots: 0\npaths: {state: here}\n',
      'instances.d/a.yml': 'name: A\ngpg: {name: A}\nformats:\n  deb:\n    one: {tag: deb-12}\n    two: {tag: 2}\n',
      'instances.d/b.yml': `${minimal}formats: {deb: [{name: x, tag: t, builder: sbuild}], debb: []}\n`,
      'instances.d/B.yml': minimal,
    },
    { FATBUILDR_LOG_FORMAT: 'xml', FATBUILDR_WORKER_POOL: 'A Pool' },
  );
  expect(found).toEqual([
    'fatbuildr.yml:7: paths.state: found "here", expected an absolute path',
    'fatbuildr.yml:2: api.listen.port: found "eighty", expected a port number',
    'fatbuildr.yml:3: api.uploadLmit: unknown key, did you mean uploadLimit?',
    'fatbuildr.yml:6: worker.slots: found 0, expected at least 1',
    'environment variable FATBUILDR_WORKER_POOL: worker.pool: found "A Pool", expected a pool name: lower-case letters, digits and "-"',
    'fatbuildr.yml:4: limits.wall: found 6, expected a duration such as 90s, 30m, 6h or 7d',
    'fatbuildr.yml:4: limits.logBytes: found "many", expected a size such as 500MB, 2GiB or a number of bytes',
    'environment variable FATBUILDR_LOG_FORMAT: log.format: found "xml", expected one of json, text',
    'instances.d/B.yml: the file\'s name is the instance\'s, expected an instance name: lower-case letters, digits, "-" and "_"',
    'instances.d/a.yml:2: gpg.email: missing, expected text',
    'instances.d/a.yml:5: formats.deb[0].tag: found "deb-12", expected a release tag such as deb12: letters, digits and ".+~"',
    'instances.d/a.yml:6: formats.deb[1].tag: found 2, expected text',
    'instances.d/b.yml:3: formats.deb[0].builder: found "sbuild", expected one of pbuilder, cowbuilder',
    'instances.d/b.yml:3: formats.debb: unknown key, did you mean deb?',
  ]);
});

test('derivatives that cannot be are refused, beside their other mistakes', async () => {
  const found = await mistakes({
    'instances.d/a.yml': `${minimal}formats: {}
derivatives:
  one: {extends: two}
  two: {extends: one}
  three: {extends: four, formats: [debian]}
  main: {}
`,
  });
  expect(found).toEqual([
    'instances.d/a.yml:7: derivatives.three.formats[0]: found "debian", expected one of deb, rpm, osi',
    'instances.d/a.yml:8: derivatives.main: found {}, expected another name, as main is implicit',
    'instances.d/a.yml:5: derivatives.one.extends: found "two", expected no circle of derivatives that extend one another',
    'instances.d/a.yml:6: derivatives.two.extends: found "one", expected no circle of derivatives that extend one another',
    'instances.d/a.yml:7: derivatives.three.extends: found "four", expected one of main, one, two',
  ]);
});

test('one name for two distributions of a format is refused', async () => {
  const found = await mistakes({
    'instances.d/a.yml': `${minimal}formats:\n  deb:\n  - {name: x, tag: a}\n  - {name: x, tag: b}\n  osi: [{name: x}]\n`,
  });
  expect(found).toEqual(['instances.d/a.yml:6: formats.deb[1].name: found "x", expected a name not used above']);
});

test('one environment made in two ways is refused', async () => {
  const found = await mistakes({
    'instances.d/a.yml': `${minimal}formats:
  deb:
  - {name: x, env: e, tag: a}
  - {name: y, env: e, tag: b, builder: cowbuilder}
  - {name: z, env: e, tag: c, components: [main, contrib]}
`,
  });
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(
    /^instances.d\/a.yml:7: formats.deb\[2\]: found .*, expected what the distribution above says/,
  );
});

test('a file that is not YAML is named with its line', async () => {
  const [found] = await mistakes({ 'fatbuildr.yml': 'api:\n  listen: {port: 1\nlog: {}\n' });
  expect(found).toMatch(/^fatbuildr\.yml:\d: is not valid YAML: /);
});

test('files that are not there or hold something else are named', async () => {
  expect(await mistakes({ 'fatbuildr.yml': '[1]', 'instances.d/a.yml': '' })).toEqual([
    'fatbuildr.yml:1: found [1], expected a mapping',
    'instances.d/a.yml: name: missing, expected text',
    'instances.d/a.yml: gpg: missing, expected a mapping',
    'instances.d/a.yml: formats: missing, expected a mapping',
  ]);
  await expect(loadConfig({ file: join(directory, 'none.yml'), host })).rejects.toThrow(
    /none\.yml: cannot be read: ENOENT/,
  );
});

test('the suite of a Debian image can stand in place of its distribution, as it once did', async () => {
  await write({ 'fatbuildr.yml': 'images: {deb: {distribution: forky}, osi: {distribution: debian}}' });
  const { images } = await loadConfig({ file, host });
  expect(images.deb).toMatchObject({ distribution: 'debian', release: 'forky' });
  expect(images.osi).toMatchObject({ distribution: 'debian', release: 'trixie' });
  await write({ 'fatbuildr.yml': 'images: {rpm: {distribution: fedoar, release: "43"}}' });
  await expect(loadConfig({ file, host })).rejects.toThrow('images.rpm.distribution');
});
