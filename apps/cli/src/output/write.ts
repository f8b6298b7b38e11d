/** Resolves when it has been taken, so that a slow reader slows the stream and not the memory. */
export function write(stream: NodeJS.WritableStream, data: string | Uint8Array): Promise<void> {
  return new Promise((resolve) => stream.write(data, () => resolve()));
}
