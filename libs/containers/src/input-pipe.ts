import { closeSync, constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import type { ContainerInput } from './container.ts';
import { withFifo } from './fifo.ts';

export interface InputPipe {
  /** Descriptor for the child; `closeReader` after it was handed over. */
  reader: number;
  closeReader(): void;
  input: ContainerInput;
  /** The child is gone. */
  drop(): void;
}

/** A pipe for what a child reads. */
export function openInputPipe(): Promise<InputPipe> {
  return withFifo((path) => {
    // neither end of a pipe can be opened, and wait, before the other is there
    const first = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const writer = new Socket({
      fd: openSync(path, constants.O_WRONLY | constants.O_NONBLOCK),
      readable: false,
      writable: true,
    });
    const reader = openSync(path, constants.O_RDONLY);
    closeSync(first);
    // that nobody reads any more is told by the end of the child
    writer.on('error', () => undefined);
    const gone = new Promise<void>((resolve) => writer.once('close', () => resolve()));
    return {
      reader,
      closeReader: () => closeSync(reader),
      input: {
        write: (bytes) => Promise.race([new Promise<void>((resolve) => writer.write(bytes, () => resolve())), gone]),
        // closed, and not ended: the end of a socket cannot be told to a pipe
        end: () => void writer.destroy(),
      },
      drop: () => void writer.destroy(),
    };
  });
}
