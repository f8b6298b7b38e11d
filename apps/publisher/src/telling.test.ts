import { ProblemError, type ProblemKind, type PublicationPart } from '@fatbuildr/domain';
import type { Publication, PublishedPackage, RepositoryRef } from '@fatbuildr/registry';
import { createLogger } from '@fatbuildr/service';
import { expect, test } from 'vitest';
import { openTelling } from './telling.ts';

const ref: RepositoryRef = { instance: 'default', format: 'deb', distribution: 'bookworm' };
const other: RepositoryRef = { ...ref, distribution: 'trixie' };

function packageNamed(name: string, relations: Record<string, string> = {}): PublishedPackage {
  return {
    ...{ kind: 'binary', derivative: 'main', name, version: '1', architecture: 'amd64', section: 'misc' },
    ...{ source: { name, version: '1' }, summary: '', relations, since: 1, published: 0, task: null, size: 1 },
    ...{
      digest: '0'.repeat(64),
      content: '0'.repeat(64),
      files: [{ path: 'pool/x', size: 1, sha256: '0'.repeat(64) }],
    },
  };
}

/** A registry of made-up publications, each of which adds so many packages, and an api that takes notes. */
function scene(added: number[], { oldest = 1, known = 0, repositories = [ref], relations = {} } = {}) {
  const state = { oldest, known, syncs: 0, lineage: 'first', refused: '', kind: 'too-large' as ProblemKind };
  const lines: string[] = [];
  const parts: PublicationPart[] = [];
  const telling = openTelling({
    signal: new AbortController().signal,
    log: createLogger({ name: 'publisher', destination: { write: (line) => void lines.push(line) } }),
    instances: () => [{ instance: 'default', keyring: async () => null, repositories }],
    registry: {
      lineage: 'first',
      revisions: () => ({ oldest: state.oldest, current: added.length }),
      publication: (_ref, revision) =>
        ({ revision, previous: revision - 1, created: 0, tasks: [], manifest: [] }) as unknown as Publication,
      *changes(_ref, revision) {
        for (let index = 0; index < (added[revision - 1] ?? 0); index += 1) {
          yield { change: 'added', package: packageNamed(`p${index}`, relations) };
        }
      },
    },
    api: {
      async sync({ repositories }) {
        state.syncs += 1;
        if (state.known < (repositories[0]?.oldest ?? 0)) state.known = 0;
        return { repositories: repositories.map((one) => ({ ...one, known: state.known })) };
      },
      async tellPublication(part) {
        if (part.distribution === state.refused) throw new ProblemError(state.kind, 'At most so many bytes at once.');
        if ((part.previous ?? 0) !== state.known) return { known: state.known };
        parts.push(part);
        if (part.files) state.known = part.revision;
        return { known: state.known };
      },
    },
  });
  const told = () =>
    parts.map((part) => `${part.previous}>${part.revision} +${part.added.length}${part.files ? '.' : ''}`);
  return { telling, state, told, parts, lines, add: (count: number) => void added.push(count) };
}

test('what the api does not know is told, one publication after the other', async () => {
  const { telling, told, state, add } = scene([1, 2]);
  await telling.everything();
  expect(told()).toEqual(['null>1 +1.', '1>2 +2.']);
  add(3);
  await Promise.all([telling.repository(ref), telling.repository(ref)]);
  expect(told().slice(2)).toEqual(['2>3 +3.']);
  add(1);
  await telling.news();
  await telling.news();
  expect(told().slice(3)).toEqual(['3>4 +1.']);
  expect(state.syncs).toBe(1);
});

test('a large publication goes in parts of bounded size', async () => {
  const { telling, told } = scene([1201]);
  await telling.everything();
  expect(told()).toEqual(['null>1 +500', 'null>1 +500', 'null>1 +201.']);
});

test('it goes on where the api knows it', async () => {
  const { telling, told } = scene([1, 1, 1], { known: 2 });
  await telling.everything();
  expect(told()).toEqual(['2>3 +1.']);
});

test('an api that was set back says where to go on', async () => {
  const { telling, told, state, add } = scene([1, 1]);
  await telling.everything();
  state.known = 1;
  add(1);
  await telling.repository(ref);
  expect(told().slice(2)).toEqual(['1>2 +1.', '2>3 +1.']);
});

test('what was collected before it was told is told from the oldest on that is left', async () => {
  const { telling, told, state, add } = scene([1, 1]);
  await telling.everything();
  add(1);
  add(1);
  state.oldest = 4;
  await telling.repository(ref);
  expect(told().slice(2)).toEqual(['null>4 +1.']);
  expect(state.syncs).toBe(2);
});

test('an api that takes nothing is no reason to try for ever, nor to stop', async () => {
  const { telling, state, lines } = scene([1]);
  Object.defineProperty(state, 'known', { get: () => 0, set: () => {} });
  await telling.everything();
  expect(lines.join('')).toContain('the api does not take revision 1 of default/deb/bookworm');
});

test('a part is closed by its bytes too, and no package fills one alone', async () => {
  const { telling, told, parts } = scene([20], { relations: { requires: 'x'.repeat(1 << 20) } });
  await telling.everything();
  expect(told()).toEqual(['null>1 +7', 'null>1 +7', 'null>1 +6.']);
  const large = scene([2], { relations: { requires: 'x'.repeat((1 << 20) + 1) } });
  await large.telling.everything();
  expect(large.parts.flatMap(({ added }) => added.map(({ relations }) => relations))).toEqual([{}, {}]);
  expect(Math.max(...parts.map((part) => JSON.stringify(part).length))).toBeLessThan(9 << 20);
});

test('what the api does not take of one repository holds up no other, and is said once until it does', async () => {
  const { telling, told, state, lines } = scene([1], { repositories: [other, ref] });
  state.refused = 'trixie';
  await telling.everything();
  await telling.news();
  expect(told()).toEqual(['null>1 +1.']);
  expect(await telling.repository(other)).toBe(false);
  expect(telling.troubles()).toEqual(['default/deb/trixie']);
  expect(lines.filter((line) => line.includes('default/deb/trixie'))).toHaveLength(1);
  state.refused = '';
  state.known = 0;
  expect(await telling.repository(other)).toBe(true);
  expect(telling.troubles()).toEqual([]);
});

test('of a repository that is not configured any more there is nothing to tell', async () => {
  const { telling, told, state } = scene([1, 1]);
  await telling.everything();
  expect(await telling.repository(other)).toBe(true);
  expect([told().length, state.syncs]).toEqual([2, 2]);
});

test('a keyring that cannot be read keeps its instance from being told, and no other', async () => {
  const lines: string[] = [];
  const synced: string[] = [];
  let isBroken = true;
  const keyring = async () => {
    if (isBroken) throw new Error('its passphrase is gone');
    return null;
  };
  const telling = openTelling({
    signal: new AbortController().signal,
    log: createLogger({ name: 'publisher', destination: { write: (line) => void lines.push(line) } }),
    registry: { lineage: '', revisions: () => undefined, publication: () => undefined, *changes() {} },
    instances: () => [
      { instance: 'broken', keyring, repositories: [] },
      { instance: 'default', keyring: async () => null, repositories: [] },
    ],
    api: {
      async sync({ instance }) {
        synced.push(instance);
        return { repositories: [] };
      },
      tellPublication: () => Promise.reject(new Error('nothing to tell')),
    },
  });
  await telling.everything();
  expect([synced, telling.troubles()]).toEqual([['default'], ['broken']]);
  expect(lines.join('')).toContain('its passphrase is gone');
  isBroken = false;
  await telling.news();
  expect([synced, telling.troubles()]).toEqual([['default', 'broken'], []]);
});

test('one that has no good answer to what it is told was asked all the same: the rest is told', async () => {
  const { telling, state, told } = scene([1], { repositories: [other, ref] });
  state.refused = 'trixie';
  state.kind = 'internal';
  await telling.everything();
  expect([told(), telling.troubles()]).toEqual([['null>1 +1.'], ['default/deb/trixie']]);
});

test('an api that is away is not asked for the rest', async () => {
  const { telling, state } = scene([1], { repositories: [ref, other] });
  Object.defineProperty(state, 'syncs', {
    get: () => 0,
    set: () => {
      throw new TypeError('fetch failed');
    },
  });
  await expect(telling.everything()).rejects.toThrow('fetch failed');
  expect(telling.troubles()).toEqual([]);
});
