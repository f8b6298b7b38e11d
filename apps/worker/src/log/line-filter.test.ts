import { expect, test } from 'vitest';
import { createLineFilter } from './line-filter.ts';

function filtered(chunks: (string | Buffer)[], marker: string): { passed: string; lines: string[] } {
  const passed: Buffer[] = [];
  const lines: string[] = [];
  const filter = createLineFilter(
    (bytes) => passed.push(Buffer.from(bytes)),
    (line) => {
      lines.push(line);
      return line === marker;
    },
  );
  for (const chunk of chunks) filter.write(Buffer.from(chunk));
  filter.end();
  return { passed: Buffer.concat(passed).toString('latin1'), lines };
}

test('a marker is taken out with the empty line before it, however it is cut into chunks', () => {
  const text = 'one\n\nMARK\ntwo\n\n\nthree';
  for (let cut = 0; cut < text.length; cut++) {
    expect(filtered([text.slice(0, cut), text.slice(cut)], 'MARK').passed).toBe('one\ntwo\n\n\nthree');
  }
});

test('bytes that are not UTF-8 and lines without an end pass as they are', () => {
  const bytes = Buffer.from([0xff, 0xfe, 0x0a, 0x00, 0x1b, 0x0a]);
  expect(filtered([bytes], 'MARK').passed).toBe(bytes.toString('latin1'));
});

test('an endless line is passed on in pieces and asked about never', () => {
  const long = 'x'.repeat(40_000);
  const { passed, lines } = filtered([long, long, 'MARK\nMARK\nend\n'], 'MARK');
  expect(passed).toBe(`${long}${long}MARK\nend\n`);
  expect(lines).toEqual(['MARK', 'end']);
});
