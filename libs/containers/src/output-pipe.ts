import { closeSync, constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { withFifo } from './fifo.ts';

export interface OutputPipe {
  /** Ends when the last writer is gone. */
  reader: Socket;
  /** Descriptor for the child; `closeWriter` after it was handed over. */
  writer: number;
  closeWriter(): void;
}

/** A pipe for what a child prints. */
export function openOutputPipe(): Promise<OutputPipe> {
  return withFifo((path) => {
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const writer = openSync(path, constants.O_WRONLY);
    return {
      reader: new Socket({ fd: reader, readable: true, writable: false }),
      writer,
      closeWriter: () => closeSync(writer),
    };
  });
}
