import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure, FileName, isRpmVersion, parseDebVersion } from '@fatbuildr/domain';
import { mistakesFailure, place } from './artifact/mistakes.ts';
import { type Artifact, readArtifact } from './artifact/read-artifact.ts';
import type { SelectedSource } from './artifact/select.ts';
import { checkFileNames, readDsc } from './dsc.ts';
import { openDefinition } from './open-definition.ts';
import type { DefinitionPlan, PackageFormat, Plan, PlannedSource, PlannedVersion } from './plan.ts';
import type { InspectRequest } from './protocol.ts';
import { readSourceRpm } from './source-rpm.ts';
import { renderTemplates } from './templates/render.ts';

/** Opens what the user sent, and tells what it asks for. */
export async function inspect(request: InspectRequest, log: (line: string) => void): Promise<Plan> {
  const { input } = request;
  if (input.kind === 'dsc') {
    log(`Checking the files of ${input.dsc}`);
    const plan = await readDsc(input.directory, input.dsc);
    checkFileNames(plan);
    return plan;
  }
  if (input.kind === 'srpm') {
    log(`Checking ${input.srpm}`);
    return readSourceRpm(input.directory, input.srpm);
  }
  const { directory } = input;
  const { file, text } = await openDefinition(input.archive, directory, log);
  const local = new Map(input.local.map(({ id, version }) => [id, version]));
  const { artifact: name, format, derivative } = request;
  const artifact = readArtifact(text, {
    file,
    artifact: name,
    format,
    derivative,
    local,
  });
  await checkDirectory(directory, request);
  const version = plannedVersion(artifact, file, format);
  const sources = await planSources(request, artifact, file, version);
  const { buildargs, warnings } = artifact;
  for (const warning of warnings) log(`Warning: ${warning}`);
  return { kind: 'definition', name, version, sources, buildargs, warnings } satisfies DefinitionPlan;
}

/** What belongs into the directory of a format. */
const PACKAGING = {
  deb: 'Put the packaging files there: control, rules, copyright and so on, without changelog',
  rpm: 'Put the spec file there, called ARTIFACT.spec',
};

async function checkDirectory(directory: string, { format }: InspectRequest): Promise<void> {
  const isDirectory = await stat(join(directory, format)).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isDirectory) {
    throw new Failure('rejected', `The definition declares the format ${format} but has no directory ${format}/`, {
      hint: PACKAGING[format],
      where: `${format}/`,
    });
  }
  const hasPrescript = await stat(join(directory, 'pre.sh')).then(
    () => true,
    () => false,
  );
  if (hasPrescript) {
    throw new Failure('rejected', 'Prescripts are not supported by this version of Fatbuildr', {
      hint: 'Turn what pre.sh does into a patch below patches/, and remove pre.sh',
      where: 'pre.sh',
    });
  }
}

function plannedVersion(
  { sources: [main], release, lineOf }: Artifact,
  file: string,
  format: PackageFormat,
): PlannedVersion {
  const { version } = main;
  const why = { deb: notOfDebian, rpm: notOfRpm }[format](version, release);
  if (why !== undefined) {
    throw mistakesFailure(file, [{ line: lineOf(main.versionPath), message: `${version}-${release} ${why}` }]);
  }
  const [major = '', minor = ''] = version.split('.');
  return { main: version, major, minor, release };
}

function notOfDebian(version: string, release: string): string | undefined {
  const parsed = parseDebVersion(`${version}-${release}`);
  if (parsed?.epoch === 0 && /^[A-Za-z0-9.+~]+$/.test(release)) return undefined;
  return 'is not a Debian version: it starts with a digit, then letters, digits, . + - ~';
}

/** A `-` becomes `~` in the version of an RPM. */
function notOfRpm(version: string, release: string): string | undefined {
  if (isRpmVersion(`${version.replaceAll('-', '~')}-${release}`)) return undefined;
  return 'is not a version for an RPM: letters, digits, . + _ - ~';
}

async function planSources(
  request: InspectRequest,
  artifact: Artifact,
  file: string,
  main: PlannedVersion,
): Promise<PlannedSource[]> {
  const { artifact: name, distribution, derivative, input } = request;
  const local = new Map(input.kind === 'definition' ? input.local.map(({ id, filename }) => [id, filename]) : []);
  const pkg = { artifact: name, distribution, derivative, architectures: [] };
  const sources: PlannedSource[] = [];
  for (const source of artifact.sources) {
    const { id, version, digests, urlTemplate, urlPath } = source;
    const own = local.get(id);
    if (own !== undefined) {
      sources.push({ id, url: null, filename: own, version, checksums: {} });
      continue;
    }
    const [major = '', minor = ''] = version.split('.');
    const where = place(file, artifact.lineOf(urlPath));
    const variables = { version: { ...main, main: version, major, minor }, pkg };
    const [rendered = ''] = await renderTemplates([{ name: where, text: urlTemplate }], variables, '/');
    sources.push({ id, version, checksums: digests, ...parseSource(rendered.trim(), source, where) });
  }
  return sources;
}

/** A URL, or `URL!filename` when the URL does not end in a useful name. */
function parseSource(text: string, { id }: SelectedSource, where: string): { url: string; filename: string } {
  const [address = '', given] = text.split('!', 2);
  const url = URL.parse(address);
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    throw new Failure('rejected', `${where}: expected an http or https URL for the source ${id}, found "${address}"`, {
      hint: `Write where the archive is, or bring it along: --sources '${id}#FILE'`,
      where,
    });
  }
  const filename = given ?? decoded(url.pathname.split('/').at(-1) ?? '');
  if (!FileName.safeParse(filename).success) {
    throw new Failure('rejected', `${where}: "${filename}" is not a file name for the source ${id}`, {
      hint: 'Add a name to the URL: URL!filename',
      where,
    });
  }
  return { url: url.href, filename };
}

/** A name with a stray percent sign stays as it is. */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
