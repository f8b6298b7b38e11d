import { expect, it } from 'vitest';
import { parseUnmetDependencies } from './unmet-dependencies.ts';

it('reads what apt-get build-dep prints, with alternatives', () => {
  const log = `The following packages have unmet dependencies:
 builddeps:./foo : Depends: nonexistent-thing (>= 2.0) but it is not installable
                   Depends: debhelper (>= 99) but 13.11.4 is to be installed
                   Depends: libfoo-none but it is not installable or
                            libbar-none but it is not installable
                   Depends: another-missing:any but it is not installable
                   Depends: make (>= 99)
E: Unable to correct problems, you have held broken packages.`;
  expect(parseUnmetDependencies(log)).toEqual([
    { dependency: 'nonexistent-thing (>= 2.0)', reason: 'not installable' },
    { dependency: 'debhelper (>= 99)', reason: '13.11.4 is to be installed' },
    { dependency: 'libfoo-none | libbar-none', reason: 'not installable' },
    { dependency: 'another-missing:any', reason: 'not installable' },
    { dependency: 'make (>= 99)', reason: 'no such version' },
  ]);
});

it('bears standard error on the same line, repeats, and other words of apt', () => {
  const log = ` builddeps:x : Depends: a (>= 99) but it is not going to be installedE: Unable to correct problems
 builddeps:x : Depends: a (>= 99) but it is not going to be installed
E: Unable to locate package gone`;
  expect(parseUnmetDependencies(log)).toEqual([
    { dependency: 'a (>= 99)', reason: 'not going to be installed' },
    { dependency: 'gone', reason: 'no such package' },
  ]);
});

it('finds nothing in other output', () => {
  expect(parseUnmetDependencies('Depends: on the weather\nReading package lists...')).toEqual([]);
});
