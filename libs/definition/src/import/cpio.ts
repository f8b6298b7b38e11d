import { UnreadableRpm } from '@fatbuildr/domain/rpm';

/** A file of a cpio archive. */
export interface CpioFile {
  name: string;
  content: Buffer;
}

const HEADER = 110;
const REGULAR = 0o100000;
const TYPE = 0o170000;

/**
 * The regular files of a cpio archive in the format of RPM payloads (`newc`; cpio(5)), each read whole.
 *
 * @param limit bytes that all of them may have together
 * @throws UnreadableRpm when it is cut off, too large or something else
 */
export async function* readCpio(chunks: AsyncIterable<Buffer>, limit: number): AsyncGenerator<CpioFile> {
  const take = taking(chunks);
  let left = limit;
  for (;;) {
    const header = (await take(HEADER)).toString('latin1');
    if (!/^07070[12][0-9A-Fa-f]{104}$/.test(header)) throw new UnreadableRpm('its payload is no cpio archive');
    const field = (index: number) => Number.parseInt(header.slice(6 + 8 * index, 14 + 8 * index), 16);
    const [mode, size, nameSize] = [field(1), field(6), field(11)];
    left -= size;
    if (left < 0 || nameSize > 4096) throw new UnreadableRpm(`its payload has more than ${limit} bytes`);
    const name = (await take(padded(HEADER + nameSize) - HEADER)).subarray(0, nameSize - 1).toString();
    if (name === 'TRAILER!!!') return;
    const content = (await take(padded(size))).subarray(0, size);
    if ((mode & TYPE) === REGULAR) yield { name: name.replace(/^\.\//, ''), content };
  }
}

const padded = (size: number) => Math.ceil(size / 4) * 4;

/** Hands out the bytes of a stream in wanted lengths. */
function taking(chunks: AsyncIterable<Buffer>): (length: number) => Promise<Buffer> {
  const source = chunks[Symbol.asyncIterator]();
  let held: Buffer[] = [];
  let have = 0;
  return async (length) => {
    while (have < length) {
      const next = await source.next();
      if (next.done) throw new UnreadableRpm('its payload is cut off');
      held.push(next.value);
      have += next.value.length;
    }
    const all = Buffer.concat(held);
    held = [all.subarray(length)];
    have -= length;
    return all.subarray(0, length);
  };
}
