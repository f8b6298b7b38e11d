import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gitServer, type Interception } from '@fatbuildr/testing/git-server';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fetchCommit } from './fetch-commit.ts';
import { createRepository } from './repository.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fatbuildr-commit-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

async function failureOf(url: string): Promise<unknown> {
  const what = {
    command: 'git',
    name: 'https://example.org/hello.git',
    artifact: 'hello',
    ref: null,
    subdir: null,
  } as const;
  const where = { directory, archive: '/nowhere', result: '/nowhere' };
  return fetchCommit(await createRepository(directory), { ...what, ...where, url }).then(
    () => 'it was fetched',
    (thrown: unknown) => thrown,
  );
}

describe('a server is never a fault of this host, and git is quoted, when', () => {
  const packet = (text: string) => `${(text.length + 4).toString(16).padStart(4, '0')}${text}`;
  const answer = (nth: number, kind: string, body: string): Interception => {
    let asked = 0;
    return (_, response) => {
      asked += 1;
      if (asked !== nth) return false;
      response.writeHead(200, { 'content-type': `application/x-git-upload-pack-${kind}` }).end(body);
      return true;
    };
  };
  const refusal = `${packet('# service=git-upload-pack\n')}0000${packet('ERR moved away')}`;
  const pack = (bytes: string) => `${packet('packfile\n')}${packet(`\x01${bytes}`)}0000`;

  // The references are asked for first, then the value of HEAD, then the commit.
  test.each([
    ['it says no', answer(1, 'advertisement', refusal), /: fatal: remote error: moved away$/],
    ['it speaks otherwise', answer(2, 'result', 'nonsense'), /: fatal: .*bad line length character: nons$/],
    ['its pack is none', answer(3, 'result', pack('nonsense, and more')), /: fatal: .*bad pack header$/],
    ['its pack is cut off', answer(3, 'result', pack('PACK\0\0\0\x02\0\0\0\x01')), /: fatal: early EOF$/],
    ['it ends before the pack', answer(3, 'result', ''), /: fatal: expected 'packfile'$/],
  ])('%s', async (_, intercept, message) => {
    await using odd = await gitServer(intercept);
    const { url, commit } = await odd.repository('hello.git');
    await commit({ 'artifact.yml': '' });
    expect(await failureOf(url)).toMatchObject({
      outcome: 'rejected',
      message: expect.stringMatching(message),
      hint: expect.stringMatching(/git (clone|fsck)/),
    });
  });

  test('it has no such repository', async () => {
    await using server = await gitServer();
    expect(await failureOf(`${server.url}/hello.git`)).toMatchObject({
      outcome: 'rejected',
      message: expect.stringMatching(/^https:\/\/example\.org\/hello\.git could not be fetched: .*not found/),
      hint: expect.stringContaining('git clone'),
    });
  });
});
