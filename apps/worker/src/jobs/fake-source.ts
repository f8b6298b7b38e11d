import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { packDefinition } from '@fatbuildr/definition/pack';
import type { FetchOrder } from '@fatbuildr/domain';
import { extract } from 'tar-stream';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Finished, Job } from './job.ts';

/** What a fake build needs to know of its source. */
export interface FakeSource {
  version: string;
  release: string;
}

/** The version of the first `artifact.yml` in a definition's archive, `1.0` and `1` where it has none. */
export async function definitionVersion(path: string, format: 'deb' | 'rpm'): Promise<FakeSource> {
  const tar = extract();
  decompressed(path, await magic(path)).pipe(tar);
  for await (const entry of tar) {
    if (/(^|\/)(artifact\.ya?ml|meta\.yml)$/.test(entry.header.name)) {
      const chunks: Buffer[] = [];
      for await (const chunk of entry as AsyncIterable<Buffer>) chunks.push(chunk);
      return versionOf(parse(Buffer.concat(chunks).toString('utf8')), format);
    }
    entry.resume();
  }
  return versionOf(undefined, format);
}

const Release = z.object({ release: z.coerce.string().default('1') }).default({ release: '1' });
const Versions = z.object({
  version: z.coerce.string().optional(),
  versions: z.record(z.string(), z.coerce.string()).default({}),
  deb: Release,
  rpm: Release,
});

function versionOf(artifact: unknown, format: 'deb' | 'rpm'): FakeSource {
  const { version, versions, ...releases } = Versions.catch(Versions.parse({})).parse(artifact);
  return { version: version ?? Object.values(versions)[0] ?? '1.0', release: releases[format].release };
}

/** Name and version of a ready source package. */
export async function dscVersion(path: string): Promise<{ name: string; version: string }> {
  const text = await readFile(path, 'utf8');
  const field = (name: string) => new RegExp(`^${name}: *(\\S+)`, 'm').exec(text)?.[1] ?? '';
  return { name: field('Source'), version: field('Version') };
}

/** Hands in a definition that was fetched from nowhere; the id of its commit goes by what was asked for. */
export async function fakeFetch({ order, api, log, workspace }: Job<FetchOrder>): Promise<Finished> {
  const { artifact, definition } = order;
  const directory = join(workspace, 'definition');
  await mkdir(directory);
  await writeFile(join(directory, 'artifact.yml'), 'version: "1.0"\n');
  const path = join(workspace, 'definition.tar.gz');
  await packDefinition(directory, path);
  const content = await readFile(path);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const archive = { name: `${artifact}.tar.gz`, sha256, size: content.length };
  await api.putFile(archive, path);
  const commit = createHash('sha1').update(JSON.stringify(definition)).digest('hex');
  log.line(`fetched ${commit}, or so it seems`);
  return { build: null, fetched: { commit, subdir: definition.subdir ?? null, archive } };
}

async function magic(path: string): Promise<Buffer> {
  const file = createReadStream(path, { end: 3 });
  const chunks: Buffer[] = [];
  for await (const chunk of file as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function decompressed(path: string, head: Buffer): Readable {
  const file = createReadStream(path);
  if (head.subarray(0, 2).equals(Buffer.from([0x1f, 0x8b]))) return file.pipe(createGunzip());
  if (head.equals(Buffer.from([0x28, 0xb5, 0x2f, 0xfd]))) return file.pipe(createZstdDecompress());
  return file;
}
