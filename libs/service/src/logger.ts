import { type DestinationStream, type Logger, pino } from 'pino';
import { textDestination } from './text-log.ts';

export type { Logger };

export interface LoggerOptions {
  /** The process, a field of every line. */
  name: string;
  level?: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** `json`: a JSON object a line; `text`: for people. */
  format?: 'json' | 'text';
  /** Where lines go; standard output by default. */
  destination?: DestinationStream;
}

/**
 * A logger. Messages are constant sentences and what varies goes into fields, `log.info({ task: id }, 'task queued')`,
 * so that lines can be counted and searched; an error goes into the field `err`.
 */
export function createLogger({ name, level = 'info', format = 'json', destination }: LoggerOptions): Logger {
  const output = destination ?? pino.destination({ dest: 1, sync: true });
  const options = {
    name,
    level,
    base: {},
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return pino(options, format === 'text' ? textDestination(output) : output);
}
