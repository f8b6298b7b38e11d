import { parseArgs } from 'node:util';

/** What the command line of the worker says. */
export interface CommandLine {
  /** The configuration that was named; undefined: the usual one, if there is one. */
  config: string | undefined;
  /** Where to enrol, and with what. */
  enrolment: { api: string; token: string } | undefined;
}

/** Reads `[--config FILE] [--api URL --token TOKEN]`; throws an error to be shown to the user. */
export function parseCommandLine(
  args: readonly string[],
  environment: Record<string, string | undefined>,
): CommandLine {
  const { values } = parseArgs({
    args: [...args],
    options: { config: { type: 'string' }, api: { type: 'string' }, token: { type: 'string' } },
  });
  const { api, token } = values;
  const config = values.config ?? environment['FATBUILDR_CONFIG'];
  if (api === undefined && token === undefined) return { config, enrolment: undefined };
  if (api === undefined || token === undefined) {
    throw new Error('--api and --token go together: fatbuildrctl workers add NAME prints both');
  }
  if (!/^https?:\/\//.test(api)) throw new Error(`--api ${api} is not an http or https URL`);
  return { config, enrolment: { api, token } };
}
