import { join } from 'node:path';
import { execa } from 'execa';
import { startBenchFarm } from './farm.ts';
import { median, medianOf, type Report, root } from './report.ts';

const ROUNDS = 15;

/** What a command costs beside a program that does nothing. */
export async function cli(): Promise<Report> {
  const farm = await startBenchFarm({ workers: [] });
  try {
    const list = join(root, 'apps/cli/bin/fatbuildrctl');
    const environment = { FATBUILDR_URI: `unix://${farm.directory}/run/api.sock`, FATBUILDR_NODE: process.execPath };
    const command: number[] = [];
    const empty: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      command.push(await cpuTime([list, 'list'], environment));
      empty.push(await cpuTime([process.execPath, '--eval', '0'], {}));
    }
    return {
      title: 'Command line: fatbuildrctl list',
      how: `Processor time, user and system, of \`fatbuildrctl list\` against a running api and of \`node --eval 0\`; ${ROUNDS} times in turn.`,
      figures: [
        medianOf('fatbuildrctl list', 'ms', command),
        medianOf('empty Node program', 'ms', empty),
        { name: 'list ÷ empty', value: median(command) / median(empty), unit: '', target: { below: 4 } },
      ],
    };
  } finally {
    await farm.stop();
  }
}

/** Of a command with all its children, ms. */
async function cpuTime(command: readonly string[], env: Record<string, string>): Promise<number> {
  const script = 'TIMEFORMAT=\'%U %S\'; time "$@" >/dev/null';
  const { stderr } = await execa('bash', ['-c', script, 'bash', ...command], { env });
  const [user = 0, system = 0] = (stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
  return (user + system) * 1000;
}
