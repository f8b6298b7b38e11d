/**
 * The process that reads packages, and lists of them. It opens nothing: it is told the name and size of a file, asks for the bytes that it
 * wants of it, and answers with what the file says of itself, or why it cannot be read; then comes the next one. All of
 * it in frames, over standard input and output.
 */
import { UnreadableRpm } from '@fatbuildr/domain/rpm';
import { UnreadablePackage } from '../apt/read/ar.ts';
import { readPackage } from '../apt/read/read-package.ts';
import { readAptList, readRelease } from '../import/read/apt-list.ts';
import { readComps, readModules, readUpdateinfo } from '../import/read/metadata.ts';
import { readRepomd, readRpmList } from '../import/read/rpm-list.ts';
import { readRpm } from '../rpm/read/read-rpm.ts';
import type { Bytes } from './bytes.ts';
import { frames, jsonFrame } from './frames.ts';
import { type Answer, type ListReadings, type Opening, READ_LIMIT, type Wish } from './protocol.ts';

const incoming = frames(process.stdin, READ_LIMIT);

async function next(): Promise<Buffer> {
  const { value, done } = await incoming.next();
  // Whom we read for is gone.
  return done ? process.exit() : value;
}

function say(message: Answer | Wish): void {
  process.stdout.write(jsonFrame(message));
}

const LISTS: { [List in keyof ListReadings]: (bytes: Bytes, name: string) => Promise<ListReadings[List]> } = {
  release: readRelease,
  'apt-list': readAptList,
  repomd: readRepomd,
  'rpm-list': readRpmList,
  group: readComps,
  updateinfo: readUpdateinfo,
  modules: readModules,
};

function read(bytes: Bytes, { name, list }: Opening): Promise<object> {
  if (list) return LISTS[list](bytes, name);
  return name.endsWith('.rpm') ? readRpm(bytes) : readPackage(bytes, name);
}

async function answer(opening: Opening): Promise<Answer> {
  const { size } = opening;
  let over = false;
  let last: Promise<unknown> = Promise.resolve();
  const ask = async (offset: number, length: number) => {
    if (over) throw new Error('nobody reads this file any more');
    say({ read: [offset, length] });
    return next();
  };
  const bytes: Bytes = {
    size,
    read(offset, length) {
      const answered = last.then(() => askAll(ask, offset, Math.min(length, size - offset)));
      last = answered.catch(() => {});
      return answered;
    },
  };
  try {
    return { result: await read(bytes, opening) };
  } catch (error) {
    if (error instanceof UnreadablePackage || error instanceof UnreadableRpm) return { unreadable: error.message };
    throw error;
  } finally {
    over = true;
    // What was asked for is still to come, and is no name of another file.
    await last;
  }
}

/** In pieces of what may be asked for at once. */
async function askAll(
  ask: (offset: number, length: number) => Promise<Buffer>,
  offset: number,
  length: number,
): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for (let done = 0; done < length; ) {
    const piece = await ask(offset + done, Math.min(READ_LIMIT, length - done));
    if (piece.length === 0) break;
    pieces.push(piece);
    done += piece.length;
  }
  return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces);
}

for (;;) say(await answer(JSON.parse((await next()).toString()) as Opening));
