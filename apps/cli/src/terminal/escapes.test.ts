import { expect, test } from 'vitest';
import { escapes } from './escapes.ts';

function typed(...pieces: string[]) {
  const take = escapes();
  return pieces.map((piece) => {
    const { send, leaves } = take(Buffer.from(piece));
    return leaves ? `${send}|` : `${send}`;
  });
}

test('a tilde and a dot at the beginning of a line leave', () => {
  expect(typed('~.')).toEqual(['|']);
  expect(typed('ls\r~', '.')).toEqual(['ls\r', '|']);
  expect(typed('ls\n~.rest')).toEqual(['ls\n|']);
});

test('everything else is sent, and a tilde is held back no longer than one key', () => {
  expect(typed('ls ~.\r')).toEqual(['ls ~.\r']);
  expect(typed('~', 'a')).toEqual(['', '~a']);
  expect(typed('~~.\r')).toEqual(['~.\r']);
  expect(typed('~\r~.')).toEqual(['~\r|']);
  expect(typed('cd ~/x\r', '~', '/y')).toEqual(['cd ~/x\r', '', '~/y']);
});
