import { Failure, type ShellOrder } from '@fatbuildr/domain';
import type { Host } from './host.ts';
import type { Work } from './job.ts';

/** A shell in a throw-away copy of a tool image or build environment. */
export function shell(_host: Host): Work<ShellOrder> {
  return () => Promise.reject(new Failure('rejected', 'This build host opens no shells.'));
}
