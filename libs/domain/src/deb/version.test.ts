import { describe, expect, it } from 'vitest';
import { compareDebVersions, parseDebVersion } from './version.ts';

/** Each checked once with `dpkg --compare-versions`. */
const ascending: [string, string][] = [
  ['1.0~rc1', '1.0'],
  ['1.0~~', '1.0~'],
  ['1.0~~a', '1.0~'],
  ['1.0', '1.0a'],
  ['1.0a', '1.0+'],
  ['1.0-1', '1.0-1.deb12'],
  ['2.10-1.deb12', '2.10-1.deb12+build0'],
  ['2.10-1.deb12+build2', '2.10-1.deb12+build10'],
  ['2.10-1.deb12+build2', '2.10-1.deb13'],
  ['2+rc1.deb12', '2.deb12'],
  ['2.9', '2.10'],
  ['9', '1:0.1'],
  ['1.2-3', '1.2-3+b1'],
  ['1.0.', '1.0..'],
  ['0.99999999999999999998', '0.99999999999999999999'],
  ['1.2-1', '1.2-1-1'],
];

const equal: [string, string][] = [
  ['1.0', '1.0-0'],
  ['0:1.0', '1.0'],
  ['1.001', '1.1'],
];

describe('compareDebVersions', () => {
  it.each(ascending)('%s is before %s', (a, b) => {
    expect(compareDebVersions(a, b)).toBeLessThan(0);
    expect(compareDebVersions(b, a)).toBeGreaterThan(0);
  });

  it.each(equal)('%s equals %s', (a, b) => {
    expect(compareDebVersions(a, b)).toBe(0);
  });

  it('throws on what is no version', () => {
    expect(() => compareDebVersions('1.0', 'v1')).toThrow(RangeError);
  });
});

describe('parseDebVersion', () => {
  it('splits at the last dash and the first colon', () => {
    expect(parseDebVersion('2:1.0-rc1-3')).toEqual({ epoch: 2, upstream: '1.0-rc1', revision: '3' });
    expect(parseDebVersion('1.0')).toEqual({ epoch: 0, upstream: '1.0', revision: '' });
  });

  it.each(['', 'v1', '1.0-', '-1', '1 0', ':1', '1.0_2', 'a:1', '1/2', '1.0-1:2'])('refuses %o', (text) => {
    expect(parseDebVersion(text)).toBeUndefined();
  });
});
