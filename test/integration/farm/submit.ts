import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@fatbuildr/client';
import { packDefinition } from '@fatbuildr/definition/pack';
import type { FileRef, Task } from '@fatbuildr/domain';

const SUBMITTER = { name: 'Ann Packager', email: 'ann@fatbuildr.invalid' };

export interface Submission {
  artifact: string;
  version?: string;
  instance?: string;
  format?: 'deb' | 'rpm';
  distribution?: string;
  derivative?: string;
  message?: string;
  architectures?: string[];
}

/** Submits a definition; on a fake host its artifact's name says how the build ends. */
export async function submit(client: Client, { artifact, version = '1.0', ...where }: Submission): Promise<Task> {
  const archive = await uploadDefinition(client, artifact, version);
  return client.build({
    params: { instance: where.instance ?? 'default' },
    body: {
      format: where.format ?? 'deb',
      distribution: where.distribution ?? 'bookworm',
      derivative: where.derivative ?? 'main',
      artifact,
      ...(where.architectures ? { architectures: where.architectures } : {}),
      source: { kind: 'definition', archive },
      submitter: SUBMITTER,
      message: where.message ?? 'A change',
    },
  });
}

async function uploadDefinition(client: Client, artifact: string, version: string): Promise<FileRef> {
  const work = await mkdtemp(join(tmpdir(), 'fatbuildr-definition-'));
  try {
    await mkdir(join(work, 'definition/deb'), { recursive: true });
    await mkdir(join(work, 'definition/rpm'));
    await writeFile(
      join(work, 'definition/artifact.yml'),
      `version: "${version}"\ndeb:\n  release: 1\nrpm:\n  release: 1\n`,
    );
    await writeFile(join(work, 'definition/deb/control'), `Source: ${artifact}\n`);
    await writeFile(join(work, `definition/rpm/${artifact}.spec`), `Name: ${artifact}\n`);
    const file = join(work, `${artifact}.tar.gz`);
    await packDefinition(join(work, 'definition'), file);
    return await upload(client, `${artifact}.tar.gz`, await readFile(file));
  } finally {
    await rm(work, { recursive: true });
  }
}

/** Uploads bytes that are in memory. */
function upload(client: Client, name: string, bytes: Uint8Array): Promise<FileRef> {
  return client.uploadFile({
    name,
    size: bytes.length,
    read: async (start, end) => new Uint8Array(bytes.subarray(start, end)),
  });
}
