import type { ContainerExit } from '@fatbuildr/containers';
import { Failure, type JobLimits } from '@fatbuildr/domain';

/**
 * A command that failed and met a limit on its way failed by it, as far as anybody can tell: the kernel kills or refuses
 * a process deep in the build, and what the build then says of it is seldom clear.
 *
 * @throws Failure `build-failure`
 */
export function throwIfLimited({ code, exceeded = [] }: ContainerExit, limits: JobLimits): void {
  if (code === 0) return;
  if (exceeded.includes('memory') && limits.memoryBytes !== null) {
    throw new Failure('build-failure', `It used more than ${inBytes(limits.memoryBytes)} of memory.`, {
      hint: 'The kernel killed a process of it. Let it do less at once, or have limits.memoryBytes raised.',
    });
  }
  if (exceeded.includes('processes') && limits.processes !== null) {
    throw new Failure('build-failure', `It needed more than ${limits.processes} processes at once.`, {
      hint: 'Let it do less at once, or have limits.processes raised.',
    });
  }
}

/** `512 MiB`, `1.5 GiB`: for people. */
export function inBytes(count: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, count)) / 10));
  return `${Number((count / 1024 ** power).toFixed(1))} ${units[power]}`;
}
