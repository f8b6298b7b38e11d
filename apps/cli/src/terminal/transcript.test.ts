import { expect, test } from 'vitest';
import { transcript } from './transcript.ts';

function printer(isRaw = true, from?: number) {
  const out: string[] = [];
  const made = transcript({
    from,
    shell: (bytes) => void out.push(`shell ${Buffer.from(bytes)}`),
    log: (bytes) => void out.push(`log ${Buffer.from(bytes)}`),
    isRaw: () => isRaw,
    async onGap(gap, take) {
      out.push(`gap ${gap.from}-${gap.to}`);
      if (!isRaw) await take(Buffer.from('found'), gap.from);
    },
  });
  return { ...made, out, print: (text: string, offset: number) => made.print(Buffer.from(text), offset) };
}

test('what was logged before the shell is a log, in lines that begin on the left', async () => {
  const { begin, print, out } = printer();
  await print('make\n\x1b[2J', 0);
  begin(Promise.resolve(12));
  await print('é\r\n# ls\n\x1b[2J', 8);
  expect(out).toEqual(['log make\r\n', 'log é\r\n', 'shell # ls\n\x1b[2J']);
});

test('without raw mode line ends stay what they are', async () => {
  const { print, out } = printer(false);
  await print('a\nb\n', 0);
  expect(out).toEqual(['log a\nb\n']);
});

test('what was left out is told', async () => {
  const { begin, print, out } = printer();
  begin(Promise.resolve(0));
  await print('abc', 100);
  await print('d', 110);
  expect(out).toEqual(['shell abc', 'gap 103-110', 'shell d']);
});

test('what was left out comes in its place where it is found, up to the end of what the shell printed', async () => {
  const { begin, print, reach, out } = printer(false, 0);
  begin(Promise.resolve(2));
  await print('c', 5);
  await reach(6);
  await reach(11);
  expect(out).toEqual(['gap 0-5', 'log fo', 'shell und', 'shell c', 'gap 6-11', 'shell found']);
});
