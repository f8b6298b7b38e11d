import { read as readFd } from 'node:fs';
import { promisify } from 'node:util';

/** The bytes of a file, wherever they come from. */
export interface Bytes {
  size: number;
  /** Up to `length` bytes from `offset` on: fewer where the file ends. */
  read(offset: number, length: number): Promise<Buffer>;
}

const readInto = promisify(readFd);

/** Of an open file, whose position does not matter. */
export function bytesOf(fd: number, size: number): Bytes {
  return {
    size,
    async read(offset, length) {
      const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(length, size - offset)));
      let done = 0;
      while (done < bytes.length) {
        const { bytesRead } = await readInto(fd, bytes, done, bytes.length - done, offset + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return bytes.subarray(0, done);
    },
  };
}
