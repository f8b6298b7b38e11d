import { expect, test } from 'vitest';
import { extensionOf, isDirectory, readImageSettings } from './settings.ts';

const summary = (changes: object = {}) =>
  JSON.stringify({
    Images: [
      { Distribution: 'debian', Release: 'sid', Format: 'directory', Output: 'base' },
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
    parts: ['base'],
  });
  expect(readImageSettings(summary({ Mirror: 'http://a', LocalMirror: 'http://b' })).mirror).toBe('http://b');
});

test.each([
  [{ RepartOffline: false, Format: 'disk' }, 'needs loop devices for Format=disk'],
  [{ Format: 'none' }, 'Format=none makes no image'],
  [{ ToolsTree: 'default' }, 'ToolsTree= would fetch tools'],
  [{ BaseTrees: ['/fatbuildr/definition/osi/base.raw'] }, 'to read base.raw needs loop devices'],
  [{ ExtraTrees: [{ Source: '/x/extra.raw', Target: null }] }, 'to read extra.raw needs loop devices'],
  [{ Format: 'sysext', Packages: ['curl'], BaseTrees: [] }, 'Format=sysext with Packages= needs BaseTrees='],
])('what a build cannot do is refused: %j', (changes, message) => {
  expect(() => readImageSettings(summary(changes))).toThrow(message);
});

test('what it does without is not asked for', () => {
  const copied = { ExtraTrees: [{ Source: '/x/extra.raw', Target: '/srv/extra.raw' }] };
  for (const changes of [copied, { Format: 'sysext', Packages: [] }, { Format: 'disk', Packages: ['curl'] }]) {
    expect(readImageSettings(summary(changes)).distribution).toBe('debian');
  }
});

test('what a part cannot do is refused too', () => {
  const { Images } = JSON.parse(summary()) as { Images: object[] };
  const parts = [{ ...Images[0], RepartOffline: false }, Images[1]];
  expect(() => readImageSettings(JSON.stringify({ Images: parts }))).toThrow('RepartOffline=no');
});

test('what is no summary is the fault of the tool image', () => {
  for (const text of ['', '{}', '[]', '{"Images": [{}]}']) {
    expect(() => readImageSettings(text)).toThrow('cannot be read');
  }
});

test('directories are packed, files are as they are', () => {
  expect(extensionOf({ format: 'directory' })).toBe('tar');
  expect([isDirectory({ format: 'oci' }), isDirectory({ format: 'disk' })]).toEqual([true, false]);
  expect(extensionOf({ format: 'of tomorrow' })).toBeUndefined();
});
