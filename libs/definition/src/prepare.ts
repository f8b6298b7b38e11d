import { readFile, rename, writeFile } from 'node:fs/promises';
import { type Failure, toFailure } from '@fatbuildr/domain';
import { fetchDefinition } from './git/fetch-definition.ts';
import { inspectImage } from './image/inspect-image.ts';
import { inspect } from './inspect.ts';
import { type GitResult, type ImageResult, type InspectResult, PrepareRequest, type SourceResult } from './protocol.ts';
import { makeSourcePackage } from './source/make-source-package.ts';
import { makeSourceFiles } from './spec/make-source-files.ts';

/**
 * Opens what a user sent: `node prepare.ts <command> <request.json>`.
 *
 * Runs as an ordinary user in a container without network, but for `git`. Progress goes to standard error, the result to the file
 * that the request names. The exit status is 0 when there is a result, be it a failure that was foreseen.
 */
async function main([command, path]: readonly string[]): Promise<void> {
  if (path === undefined) throw new Error('usage: prepare <command> <request.json>');
  const request = PrepareRequest.parse(JSON.parse(await readFile(path, 'utf8')));
  if (request.command !== command) throw new Error(`the request is for ${request.command}, not for ${command}`);
  process.umask(0o022);
  const result = await answer(request).catch((error: unknown) => failed(toFailure(error)));
  const temporary = `${request.result}.new`;
  await writeFile(temporary, JSON.stringify(result));
  await rename(temporary, request.result);
}

async function answer(request: PrepareRequest): Promise<InspectResult | SourceResult | ImageResult | GitResult> {
  if (request.command === 'git') return { ok: true, found: await fetchDefinition(request, log) };
  if (request.command === 'image') return { ok: true, image: await inspectImage(request, log) };
  if (request.command === 'inspect') return { ok: true, plan: await inspect(request, log) };
  const make = request.format === 'deb' ? makeSourcePackage : makeSourceFiles;
  return { ok: true, package: await make(request, log) };
}

function failed({ outcome, message, hint, where }: Failure): InspectResult & { ok: false } {
  log(`Error: ${message}`);
  const failure = {
    outcome,
    message: message.slice(0, 20_000),
    ...(hint === undefined ? {} : { hint: hint.slice(0, 4000) }),
    ...(where === undefined ? {} : { where: where.slice(0, 1000) }),
  };
  return { ok: false, failure };
}

function log(line: string): void {
  process.stderr.write(`${line}\n`);
}

await main(process.argv.slice(2));
