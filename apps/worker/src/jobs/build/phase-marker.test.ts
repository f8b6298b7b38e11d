import { expect, test } from 'vitest';
import { createPhaseMarker } from './phase-marker.ts';

function marked(points: (string | undefined)[], told?: Parameters<typeof createPhaseMarker>[1]): string[] {
  const marks: string[] = [];
  const marker = createPhaseMarker({ mark: (phase, event) => marks.push(`${event} ${phase}`) }, told);
  for (const point of points) marker.reached(point);
  marker.over();
  marker.over();
  return marks;
}

test('a phase ends where the next point is reached, and at the end', () => {
  expect(marked(['dependencies', undefined, 'build', undefined])).toEqual([
    ...['begin dependencies', 'end dependencies', 'begin build', 'end build'],
  ]);
  expect(marked(['dependencies', 'build', 'built'])).toEqual(marked(['dependencies', 'build']));
});

test('those that are not told are left alone', () => {
  expect(marked(['dependencies', 'build'], ['build'])).toEqual(['begin build', 'end build']);
});
