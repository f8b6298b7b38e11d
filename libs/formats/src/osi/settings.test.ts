import { expect, test } from 'vitest';
import { packedAs, readImageSettings } from './settings.ts';

const summary = (changes: object = {}) =>
  JSON.stringify({
    Images: [
      { Distribution: 'debian', Release: 'sid', Format: 'esp' },
      {
        Distribution: 'debian',
        Release: 'bookworm',
        Format: 'directory',
        Mirror: null,
        LocalMirror: null,
        Repositories: ['contrib'],
        RepartOffline: true,
        ToolsTree: null,
        ...changes,
      },
    ],
  });

test('the last image is the one that is made of the others', () => {
  expect(readImageSettings(summary())).toEqual({
    distribution: 'debian',
    release: 'bookworm',
    mirror: undefined,
    repositories: ['contrib'],
    format: 'directory',
  });
  expect(readImageSettings(summary({ Mirror: 'http://a', LocalMirror: 'http://b' })).mirror).toBe('http://b');
});

test.each([
  [{ RepartOffline: false, Format: 'disk' }, 'needs loop devices for Format=disk'],
  [{ Format: 'none' }, 'Format=none makes no image'],
  [{ ToolsTree: 'default' }, 'ToolsTree= would fetch tools'],
])('what a build cannot do is refused: %j', (changes, message) => {
  expect(() => readImageSettings(summary(changes))).toThrow(message);
});

test('what is no summary is the fault of the tool image', () => {
  for (const text of ['', '{}', '[]', '{"Images": [{}]}']) {
    expect(() => readImageSettings(text)).toThrow('cannot be read');
  }
});

test('directories are packed, files are as they are', () => {
  expect(packedAs({ format: 'directory' })).toBe('tar');
  expect(packedAs({ format: 'disk' })).toBeUndefined();
});
