/** The end of an output that is kept for a look at it, bytes. */
const KEPT = 256 * 1024;

/** Passes output on and keeps the end of it. */
export function outputTail(pass: (chunk: Buffer) => void): { write: (chunk: Buffer) => void; text(): string } {
  let kept: Buffer = Buffer.alloc(0);
  return {
    write(chunk) {
      pass(chunk);
      kept = Buffer.concat([kept, chunk]).subarray(-KEPT);
    },
    text: () => kept.toString(),
  };
}
