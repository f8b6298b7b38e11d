import { closeSync, constants, openSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

export interface OutputPipe {
  /** Ends when the last writer is gone. */
  reader: Socket;
  /** Descriptor for the child; `closeWriter` after it was handed over. */
  writer: number;
  closeWriter(): void;
}

/**
 * A real pipe. Node gives its children sockets, and a build that opens `/dev/stdout` or `/dev/stderr` by name fails on
 * those (ENXIO); writable for all because a build's ordinary user opens them too.
 */
export async function openOutputPipe(): Promise<OutputPipe> {
  const directory = await mkdtemp(join(tmpdir(), 'fatbuildr-pipe-'));
  try {
    const path = join(directory, 'pipe');
    await execa('mkfifo', [path]);
    await chmod(path, 0o666);
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const writer = openSync(path, constants.O_WRONLY);
    return {
      reader: new Socket({ fd: reader, readable: true, writable: false }),
      writer,
      closeWriter: () => closeSync(writer),
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
