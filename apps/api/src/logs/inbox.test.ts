import { expect, test } from 'vitest';
import { openInbox } from './inbox.ts';

const piece = (offset: number, text: string) => ({ offset, bytes: Buffer.from(text) });

test('who keeps up is handed each piece, and nothing twice', async () => {
  const inbox = openInbox();
  expect(inbox.mayBeClosed()).toBe(true);
  expect(inbox.isBehind()).toBe(true);
  inbox.put(piece(0, 'ab'));
  await inbox.news();
  expect(inbox.take(0)).toEqual(piece(0, 'ab'));
  expect(inbox.take(2)).toBeUndefined();
  expect(inbox.isBehind()).toBe(false);
});

test('who is slow, or elsewhere in the log, is sent to the file', () => {
  const inbox = openInbox();
  inbox.isBehind();
  inbox.put(piece(0, 'ab'));
  inbox.put(piece(2, 'cd'));
  expect(inbox.take(0)).toBeUndefined();
  expect(inbox.isBehind()).toBe(true);
  inbox.put(piece(4, 'ef'));
  expect(inbox.take(3)).toBeUndefined();
  expect(inbox.isBehind()).toBe(true);
});

test('a log that may be closed is read to its end first', () => {
  const inbox = openInbox();
  inbox.mayBeClosed();
  inbox.isBehind();
  inbox.put();
  expect(inbox.mayBeClosed()).toBe(true);
  expect(inbox.isBehind()).toBe(true);
  expect(inbox.mayBeClosed()).toBe(false);
});
