import { expect, test } from 'vitest';
import { safeText, terminalSafe } from './terminal-safe.ts';

const clean = (...chunks: string[]) => {
  const filter = terminalSafe();
  return Buffer.concat(chunks.map((chunk) => filter(Buffer.from(chunk)))).toString();
};

test.each([
  ['plain text, tabs\tand lines\r\n', 'plain text, tabs\tand lines\r\n'],
  ['über 日本', 'über 日本'],
  ['\x1b[1;31merror\x1b[0m', '\x1b[1;31merror\x1b[0m'],
  ['\x1b[2Jcleared', 'cleared'],
  ['\x1b]0;title\x07shown', 'shown'],
  ['\x1b]52;c;Zm9v\x1b\\shown', 'shown'],
  ['\x1bcreset', 'reset'],
  ['bell\x07 back\x08 del\x7f', 'bell back del'],
  ['\x1b[?1049hscreen', 'screen'],
  ['\x1b[>4;1mnot a colour', 'not a colour'],
])('%j', (input, expected) => {
  expect(clean(input)).toBe(expected);
});

test('a sequence may be cut anywhere', () => {
  for (let cut = 0; cut <= 9; cut++) {
    const text = '\x1b[31mx\x1b[Ky';
    expect(clean(text.slice(0, cut), text.slice(cut))).toBe('\x1b[31mxy');
  }
});

test('an unfinished sequence does not swallow the lines after it', () => {
  expect(clean('\x1b]0;never ended\nnext line\n')).toBe('\nnext line\n');
});

test('control characters in their two-byte form are none either, and other letters of that block stay', () => {
  const safe = terminalSafe();
  const out = Buffer.concat([
    safe(Buffer.from('a\u009b2Jb').subarray(0, 2)),
    safe(Buffer.from('a\u009b2Jb').subarray(2)),
  ]);
  expect(out.toString()).toBe('a2Jb');
  expect(terminalSafe()(Buffer.from('\u00a9 \u00e9 \u20ac')).toString()).toBe('\u00a9 \u00e9 \u20ac');
});

test('what a build or a host said of itself is harmless in messages and tables', () => {
  expect(safeText('\u001b]0;title\u0007error: \u001b[31mno\u001b[0m \u009b2J')).toBe('error: \u001b[31mno\u001b[0m 2J');
});
