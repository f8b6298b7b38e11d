import type { Client } from '@fatbuildr/client';
import type { FileRef, Task } from '@fatbuildr/domain';

/** Bytes from memory into the blob store. */
export function uploadBytes(client: Client, name: string, bytes: Uint8Array<ArrayBuffer>): Promise<FileRef> {
  return client.uploadFile({ name, size: bytes.length, read: async (start, end) => bytes.subarray(start, end) });
}

/** Submits one build of a definition that is there already. */
export function submit(client: Client, archive: FileRef, artifact: string, submitter = 'Ann Packager'): Promise<Task> {
  return client.build({
    params: { instance: 'default' },
    body: {
      distribution: 'bookworm',
      artifact,
      source: { kind: 'definition', archive },
      submitter: { name: submitter, email: 'ann@fatbuildr.invalid' },
      message: 'Of a benchmark',
    },
  });
}

/** Submits `count` builds, `width` at a time, by four submitters in turn. */
export async function submitMany(client: Client, archive: FileRef, count: number, width = 8): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (let number = next++; number < count; number = next++) {
        await submit(client, archive, `package-${number}`, `Packager ${number % 4}`);
      }
    }),
  );
}
