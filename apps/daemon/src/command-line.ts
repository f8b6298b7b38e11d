import { parseArgs } from 'node:util';
import { type ServiceName, services } from './parts.ts';

export const usage = `Usage: fatbuildrd [--config FILE] [--check]
       fatbuildrd api|publisher|worker [OPTION...]

Starts a whole farm on this machine: Redis, api, publisher and worker.
With a name, that process alone takes the place of this one, with the options given.
On another build host: fatbuildrd worker --api URL --token TOKEN, as fatbuildrctl workers add prints it;
later starts need no token.

  --config FILE  the configuration (/etc/fatbuildr/fatbuildr.yml, or FATBUILDR_CONFIG)
  --check        check the configuration, print it with all defaults and end
  --help         print this
`;

/** What the command line asks for. */
export type Command =
  | { action: 'help' }
  | { action: 'check' | 'run'; config: string | undefined }
  | { action: 'exec'; service: ServiceName; args: string[] };

/** Reads the arguments; throws an error to be shown to the user. */
export function parseCommandLine([first, ...rest]: readonly string[]): Command {
  const service = services.find((name) => name === first);
  if (service) return { action: 'exec', service, args: rest };
  const { values } = parseArgs({
    args: first === undefined ? [] : [first, ...rest],
    options: { config: { type: 'string' }, check: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) return { action: 'help' };
  return { action: values.check ? 'check' : 'run', config: values.config };
}
