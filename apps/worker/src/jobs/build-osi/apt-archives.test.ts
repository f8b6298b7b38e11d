import type { OsiTarget } from '@fatbuildr/domain';
import { expect, test } from 'vitest';
import { type ArchiveSuite, aptArchives } from './apt-archives.ts';

const MAIN = 'http://mirror.example/debian';
const SECURITY = 'http://mirror.example/debian-security';
const UBUNTU = 'http://mirror.example/ubuntu';
const host = { mirror: { uri: 'http://own.example/debian', signedBy: '/own.gpg' }, security: undefined };

interface Asked {
  release?: string;
  mirrors?: string[];
  target?: Partial<OsiTarget>;
  there?: string[];
}

/** What an image of `release` is made from, where the archives have the suites `there`; and what was asked of them. */
async function archives({ release = 'trixie', mirrors = [MAIN], target = {}, there = [] }: Asked) {
  const asked: string[] = [];
  const text = ({ mirror, suite }: ArchiveSuite) => `${mirror} ${suite}`;
  const { sources, warnings } = await aptArchives(
    {
      settings: { release, repositories: ['contrib'] },
      target: { distribution: 'images', tag: 'images', mirrors, packages: null, ...target },
      ...{ mirror: mirrors[0] ?? '', allowed: mirrors, host },
    },
    async (suites) => {
      asked.push(...suites.map(text));
      return suites.filter((one) => there.includes(text(one)));
    },
  );
  return { sources, suites: sources.map(({ uri, suite }) => `${uri} ${suite}`), warnings, asked };
}

test('an image from a mirror that is named gets the updates it has, and security from whichever of them has it', async () => {
  const there = [`${MAIN} trixie-updates`, `${SECURITY} trixie-security`];
  const { sources, suites, warnings } = await archives({ mirrors: [MAIN, SECURITY], there });
  expect(suites).toEqual([`${MAIN} trixie`, `${MAIN} trixie-updates`, `${SECURITY} trixie-security`]);
  expect(sources.map(({ components }) => components.join(' '))).toEqual(Array(3).fill('main contrib'));
  expect(warnings).toEqual([]);
});

test('one mirror may have all of it, as those of Ubuntu do', async () => {
  const there = ['noble-updates', 'noble-security'].map((suite) => `${UBUNTU} ${suite}`);
  const { suites, warnings } = await archives({ release: 'noble', mirrors: [UBUNTU], there });
  expect(suites).toEqual(['noble', 'noble-updates', 'noble-security'].map((suite) => `${UBUNTU} ${suite}`));
  expect(warnings).toEqual([]);
});

test('without security updates there is a warning, unless nobody wants any', async () => {
  const { suites, warnings } = await archives({});
  expect(suites).toEqual([`${MAIN} trixie`]);
  expect(warnings).toEqual([expect.stringContaining(`no security updates: trixie-security is not at ${MAIN}.`)]);
  const none = await archives({ target: { security: false, suites: [] } });
  expect(none).toMatchObject({ suites: [`${MAIN} trixie`], warnings: [], asked: [] });
  expect(await archives({ release: 'sid' })).toMatchObject({ suites: [`${MAIN} sid`], warnings: [], asked: [] });
});

test('suites that are named are taken by images of their release', async () => {
  const target = {
    suites: ['trixie-backports', 'trixie/more', 'bookworm-backports', 'trixies-own'],
    security: false as const,
  };
  const { suites, asked } = await archives({ target });
  expect(suites).toEqual(['trixie', 'trixie-backports', 'trixie/more'].map((suite) => `${MAIN} ${suite}`));
  expect(asked).toEqual([]);
  const { suites: older } = await archives({ release: 'bookworm', target });
  expect(older).toEqual(['bookworm', 'bookworm-backports'].map((suite) => `${MAIN} ${suite}`));
});

test('a keyring that is named checks all of them', async () => {
  const { sources } = await archives({ there: [`${MAIN} trixie-security`], target: { keyring: '/keys/own.gpg' } });
  expect(sources.map(({ signedBy }) => signedBy)).toEqual(['/keys/own.gpg', '/keys/own.gpg']);
});
