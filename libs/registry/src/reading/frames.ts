/** Messages over a pipe: four bytes of length, then the message. */

const HEAD = 4;

export function frame(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(HEAD + message.length);
  framed.writeUInt32BE(message.length);
  framed.set(message, HEAD);
  return framed;
}

export function jsonFrame(message: object): Buffer {
  return frame(Buffer.from(JSON.stringify(message)));
}

/**
 * The messages that come over a pipe; ends with it.
 *
 * @throws RangeError for a message of more than `limit` bytes, or one that is cut off
 */
export async function* frames(stream: AsyncIterable<Buffer>, limit: number): AsyncGenerator<Buffer> {
  let chunks: Buffer[] = [];
  let size = 0;
  let wanted = HEAD;
  for await (const chunk of stream) {
    chunks.push(chunk);
    size += chunk.length;
    if (size < wanted) continue;
    let rest = chunks.length === 1 ? chunk : Buffer.concat(chunks, size);
    wanted = HEAD;
    while (rest.length >= HEAD) {
      wanted = HEAD + rest.readUInt32BE();
      if (wanted - HEAD > limit) throw new RangeError(`a message of ${wanted - HEAD} bytes`);
      if (rest.length < wanted) break;
      yield rest.subarray(HEAD, wanted);
      rest = rest.subarray(wanted);
      wanted = HEAD;
    }
    chunks = rest.length > 0 ? [rest] : [];
    size = rest.length;
  }
  if (size > 0) throw new RangeError('the last message is cut off');
}
