import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BuiltFile } from '@fatbuildr/testing/deb';
import { syntheticPackages } from '@fatbuildr/testing/synthetic';
import { writeDebs } from '@fatbuildr/testing/synthetic-deb';
import { writeRpms } from '@fatbuildr/testing/synthetic-rpm';
import { type Cost, figuresOf, ratio } from './publisher/measure.ts';
import { aptly, checkTools, createrepo, listFlat, type OtherTool, reprepro, rpmsign } from './publisher/other-tools.ts';
import { type OurRegistry, startOurs } from './publisher/ours.ts';
import { type Figure, type Report } from './report.ts';

const ROUNDS = Number(process.env['BENCH_PUBLISHER_ROUNDS'] ?? 5);
const MANY = Number(process.env['BENCH_PUBLISHER_PACKAGES'] ?? 5_000);
const MIRROR = Number(process.env['BENCH_PUBLISHER_MIRROR'] ?? 60_000);
const SIGNED = 300;

/** What publishing costs beside the tools that others publish with. */
export async function publisher(): Promise<Report> {
  await checkTools();
  const directory = await mkdtemp(join(tmpdir(), 'fatbuildr-bench-'));
  try {
    const debs = await writeDebs(join(directory, 'debs'), syntheticPackages(MANY));
    // The first round finds nothing warm.
    const more = await writeDebs(join(directory, 'more'), oneMore(1 + 2 * ROUNDS));
    const rpms = await writeRpms(join(directory, 'rpms'), syntheticPackages(MANY));
    const moreRpms = await writeRpms(join(directory, 'more-rpms'), oneMore(1 + ROUNDS));
    const small = await debsOneByOne(join(directory, 'apt'), debs, more.slice(0, 1 + ROUNDS));
    const figures = [
      ...small.figures,
      ...(await mirrorOneByOne(join(directory, 'mirror'), more.slice(ROUNDS), small.ours)),
      ...(await rpmsOneByOne(join(directory, 'rpm'), rpms, moreRpms)),
      ...(await debsAtOnce(join(directory, 'once'), debs)),
      ...(await debsImported(join(directory, 'import'), debs)),
      ...(await rpmsSigned(join(directory, 'sign'), rpms.slice(0, SIGNED))),
    ];
    return {
      title: 'Publisher: beside reprepro, aptly, createrepo_c and rpmsign',
      how:
        `Made-up packages, ${MANY} of each kind. Our side is a process that holds the registry open, as the publisher does: it reads each ` +
        `package in a child, signs with RSA 4096, verifies, syncs to the disk and moves the head; the others are commands, with keys ` +
        `of the same kind, and sync nothing. Our Contents of so many lag and come with the first of them: one deb more is compared with reprepro and aptly without. ${ROUNDS} rounds in turn after one that does not count; ` +
        `time from start to end, processor with all children, memory the highest sum over a process and its children, looked at every 20 ms. ` +
        `Ratios are of medians of time. The ${MIRROR} are this machine's mirror as apt lists it, with made-up paths and empty pool files.`,
      figures,
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Packages that sort anywhere among the others. */
function* oneMore(count: number) {
  for (let index = 0; index < count; index++) {
    const [each] = syntheticPackages(1, { seed: 1000 + index });
    if (each) yield { ...each, name: `${each.name}-more${index}` };
  }
}

async function debsOneByOne(directory: string, debs: BuiltFile[], more: BuiltFile[]) {
  const others = {
    reprepro: await reprepro(join(directory, 'reprepro'), { contents: false }),
    'reprepro with Contents': await reprepro(join(directory, 'reprepro-contents'), { contents: true }),
    aptly: await aptly(join(directory, 'aptly'), { contents: false }),
  };
  const ours = await startOurs(join(directory, 'ours'));
  try {
    await ours.cost('addDebs', debs);
    for (const each of Object.values(others)) await each.add(pathsOf(debs));
    const costs = await inTurn(more, { ours: (deb) => ours.cost('addDebs', [deb]), ...addsOf(others) });
    return {
      ours: costs.ours,
      figures: [
        ...Object.entries(costs).flatMap(([name, each]) => figuresOf(`one deb to ${MANY}, ${name}`, each)),
        ratio('one deb, ours ÷ reprepro', costs.ours, costs.reprepro, 0.5),
        ratio('one deb, ours ÷ aptly', costs.ours, costs.aptly, 0.1),
      ],
    };
  } finally {
    await stopAll(ours, ...Object.values(others));
  }
}

async function mirrorOneByOne(directory: string, more: BuiltFile[], small: Cost[]): Promise<Figure[]> {
  const ours = await startOurs(directory);
  try {
    await ours.cost('seedFromMirror', MIRROR);
  } finally {
    await ours.stop();
  }
  // Another process: what seeding took is not what publishing takes.
  const again = await startOurs(directory);
  try {
    const costs = await inTurn(more, { ours: (deb) => again.cost('addDebs', [deb]) });
    const { resident, peak } = await again.memory();
    return [
      ...figuresOf(`one deb to ${MIRROR}, ours`, costs.ours),
      ratio(`one deb, ours at ${MIRROR} ÷ at ${MANY}`, costs.ours, small, 3),
      { name: `resident at ${MIRROR}`, value: resident / 1e6, unit: 'MB', target: { below: 300 } },
      { name: `resident at ${MIRROR}, at its highest`, value: peak / 1e6, unit: 'MB', target: { below: 300 } },
    ];
  } finally {
    await again.stop();
  }
}

async function rpmsOneByOne(directory: string, rpms: BuiltFile[], more: BuiltFile[]): Promise<Figure[]> {
  const theirs = await createrepo(join(directory, 'createrepo'));
  const ours = await startOurs(join(directory, 'ours'));
  try {
    await ours.cost('addRpms', rpms);
    await theirs.add(pathsOf(rpms));
    const costs = await inTurn(more, {
      ours: (rpm) => ours.cost('addRpms', [rpm]),
      createrepo_c: (rpm) => theirs.add([rpm.path]),
    });
    return [
      ...Object.entries(costs).flatMap(([name, each]) => figuresOf(`one rpm to ${MANY}, ${name}`, each)),
      ratio('one rpm, ours ÷ createrepo_c --update', costs.ours, costs.createrepo_c, 0.3),
    ];
  } finally {
    await ours.stop();
  }
}

async function debsAtOnce(directory: string, debs: BuiltFile[]): Promise<Figure[]> {
  const costs = await inTurn(
    Array.from({ length: ROUNDS }, (_, round) => String(round)),
    {
      ours: async (round) => {
        const ours = await startOurs(join(directory, `ours-${round}`));
        const cost = await ours.cost('addDebs', debs);
        await ours.stop();
        await rm(join(directory, `ours-${round}`), { recursive: true });
        return cost;
      },
      reprepro: async (round) => {
        const theirs = await reprepro(join(directory, `reprepro-${round}`), { contents: true });
        const cost = await theirs.add(pathsOf(debs));
        await theirs.stop();
        await rm(join(directory, `reprepro-${round}`), { recursive: true });
        return cost;
      },
    },
  );
  return [
    ...Object.entries(costs).flatMap(([name, each]) => figuresOf(`${MANY} debs at once, ${name}`, each)),
    ratio('debs at once, ours ÷ reprepro', costs.ours, costs.reprepro, 1.5),
  ];
}

/** A repository that others made, taken over whole. */
async function debsImported(directory: string, debs: BuiltFile[]): Promise<Figure[]> {
  const origin = join(directory, 'origin');
  await listFlat(origin, pathsOf(debs));
  const ours = await startOurs(join(directory, 'ours'));
  try {
    const cost = await ours.cost('importDebs', origin);
    const { peak } = await ours.memory();
    return [
      ...figuresOf(`${MANY} debs imported`, [cost]),
      { name: `${MANY} debs imported: memory without readers`, value: peak / 1e6, unit: 'MB', target: { below: 300 } },
    ];
  } finally {
    await ours.stop();
  }
}

async function rpmsSigned(directory: string, rpms: BuiltFile[]): Promise<Figure[]> {
  const theirs = await rpmsign(join(directory, 'rpmsign'));
  const ours = await startOurs(join(directory, 'ours'));
  try {
    const costs = await inTurn(
      Array.from({ length: ROUNDS }, (_, round) => String(round)),
      {
        ours: (round) => ours.cost('signRpms', rpms, join(directory, `signed-${round}`)),
        rpmsign: () => theirs.add(pathsOf(rpms)),
      },
    );
    return [
      ...Object.entries(costs).flatMap(([name, each]) => figuresOf(`${rpms.length} rpms signed, ${name}`, each)),
      ratio('rpms signed, ours ÷ rpmsign', costs.ours, costs.rpmsign, 0.5),
    ];
  } finally {
    await stopAll(ours, theirs);
  }
}

/** Each of the works with each of the subjects; what the first subject took is left out where there are more than rounds. */
async function inTurn<Subject, Name extends string>(
  subjects: readonly Subject[],
  works: Record<Name, (subject: Subject) => Promise<Cost>>,
): Promise<Record<Name, Cost[]>> {
  const costs = Object.fromEntries(Object.keys(works).map((name) => [name, []])) as unknown as Record<Name, Cost[]>;
  for (const subject of subjects) {
    for (const name of Object.keys(works) as Name[]) costs[name].push(await works[name](subject));
  }
  for (const name of Object.keys(costs) as Name[]) costs[name] = costs[name].slice(-ROUNDS);
  return costs;
}

function addsOf<Name extends string>(tools: Record<Name, OtherTool>): Record<Name, (file: BuiltFile) => Promise<Cost>> {
  const adds = Object.entries<OtherTool>(tools).map(([name, tool]) => [
    name,
    (file: BuiltFile) => tool.add([file.path]),
  ]);
  return Object.fromEntries(adds) as Record<Name, (file: BuiltFile) => Promise<Cost>>;
}

async function stopAll(...all: readonly (OurRegistry | OtherTool)[]): Promise<void> {
  for (const each of all) await each.stop();
}

function pathsOf(files: readonly BuiltFile[]): string[] {
  return files.map(({ path }) => path);
}
