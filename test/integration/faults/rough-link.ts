import { execFileSync } from 'node:child_process';
import type { OtherHost } from '../hosts/other-host.ts';

/**
 * Makes the cable to another host slow and lossy, in both directions: by netem where the kernel has it (200 ms there
 * and back, one packet in twenty lost, 8 Mbit/s), elsewhere by a token bucket and a packet filter, without the delay.
 * Goes with the cable. Returns what it is like now.
 */
export function roughen({ namespace, near, far }: OtherHost): string {
  const inside = (...command: string[]) => run('ip', 'netns', 'exec', namespace, ...command);
  const ends = [
    (...qdisc: string[]) => run('tc', 'qdisc', 'replace', 'dev', near, 'root', ...qdisc),
    (...qdisc: string[]) => inside('tc', 'qdisc', 'replace', 'dev', far, 'root', ...qdisc),
  ];
  try {
    for (const end of ends) end('netem', 'delay', '100ms', 'loss', '5%', 'rate', '8mbit');
    return 'netem: 200 ms, 5 % lost, 8 Mbit/s';
  } catch (error) {
    if (!String(error).includes('qdisc kind is unknown')) throw error;
  }
  for (const end of ends) end('tbf', 'rate', '8mbit', 'burst', '16kb', 'latency', '100ms');
  for (const direction of ['INPUT', 'OUTPUT']) {
    inside('iptables', '-A', direction, '-m', 'statistic', '--mode', 'random', '--probability', '0.05', '-j', 'DROP');
  }
  return 'no netem in this kernel: 5 % lost, 8 Mbit/s';
}

function run(program: string, ...args: string[]): void {
  execFileSync(program, args, { stdio: 'pipe', env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` } });
}
