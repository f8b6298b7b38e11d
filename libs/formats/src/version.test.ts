import { compareDebVersions } from '@fatbuildr/domain';
import { describe, expect, it } from 'vitest';
import { fullDebVersion, fullRpmVersion, nextBuildNumber } from './version.ts';

const parts = { main: '2.10', release: '1', dist: 'deb12' };
const version = fullDebVersion(parts);

describe('fullDebVersion', () => {
  it('puts release, tag and build number after the upstream version', () => {
    expect(version).toBe('2.10-1.deb12');
    expect(fullDebVersion({ ...parts, build: 2 })).toBe('2.10-1.deb12+build2');
  });
});

describe('nextBuildNumber', () => {
  it.each<[string[], number | undefined]>([
    [[], undefined],
    [['2.10-1.deb11', '2.10-1.deb12~x', '2.10-1.deb12+b1', '2.10-1.deb120'], undefined],
    [['2.10-1.deb12'], 2],
    [['2.10-1.deb12+build0'], 2],
    [['2.10-1.deb12+build1'], 2],
    [['2.10-1.deb12+build10', '2.10-1.deb12', '2.10-1.deb12+build9'], 11],
  ])('after %j it is %o', (published, next) => {
    expect(nextBuildNumber(version, published)).toBe(next);
  });

  it('always sorts above what is published', () => {
    const published = [version];
    for (let round = 0; round < 12; round++) {
      const build = nextBuildNumber(version, published);
      expect(build).toBeDefined();
      const next = fullDebVersion({ ...parts, build: build ?? 0 });
      expect(published.every((other) => compareDebVersions(other, next) < 0)).toBe(true);
      published.push(next);
    }
  });
});

it('an RPM version has no dash in its upstream part', () => {
  expect(fullRpmVersion({ main: '1.2.3-beta1', release: '1', dist: 'el9', build: 2 })).toBe('1.2.3~beta1-1.el9+build2');
});
