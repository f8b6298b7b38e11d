import { describe, expect, test } from 'vitest';
import { compareEvr, compareRpmVersions, parseEvr, renderEvr } from './evr.ts';

// What `rpm --eval '%{lua:print(rpm.vercmp("A", "B"))}'` says.
test.each([
  ['1.0', '1.0', 0],
  ['1.0', '2.0', -1],
  ['2.0.1', '2.0', 1],
  ['2.0.1a', '2.0.1', 1],
  ['5.5p1', '5.5p10', -1],
  ['xyz10', 'xyz10.1', -1],
  ['10xyz', '10.1xyz', -1],
  ['1.0010', '1.9', 1],
  ['1.05', '1.5', 0],
  ['a', '1', -1],
  ['1.0~rc1', '1.0', -1],
  ['1.0~rc1', '1.0~rc2', -1],
  ['1.0^', '1.0', 1],
  ['1.0^git1', '1.01', -1],
  ['1.0^git1~pre', '1.0^git1', -1],
  ['2_0', '2.0', 0],
])('%s and %s', (a, b, order) => {
  expect(Math.sign(compareRpmVersions(a, b))).toBe(order);
  expect(Math.sign(compareRpmVersions(b, a)) + order).toBe(0);
});

describe('compareEvr', () => {
  test('looks at the epoch first and the release last', () => {
    expect(compareEvr('1:1-1', '2-1')).toBeGreaterThan(0);
    expect(compareEvr('2-1', '2-2')).toBeLessThan(0);
    expect(compareEvr('0:2-1', '2-1')).toBe(0);
  });

  test('reads what it writes', () => {
    for (const evr of ['2-1', '1:2-1.el9', '2~rc1-0.1']) expect(renderEvr(parseEvr(evr))).toBe(evr);
  });
});
