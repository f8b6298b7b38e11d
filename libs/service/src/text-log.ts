import type { DestinationStream } from 'pino';

/** Rewrites pino's JSON lines for people: `12:00:00.123 INFO  api: task queued  task=abc`. */
export function textDestination(output: DestinationStream): DestinationStream {
  return { write: (line: string) => output.write(renderLine(line)) };
}

interface Line {
  time: string;
  level: string;
  name: string;
  msg?: string;
  err?: { stack?: string; message?: string };
  [field: string]: unknown;
}

function renderLine(line: string): string {
  const { time, level, name, msg = '', err, ...fields } = JSON.parse(line) as Line;
  const details = Object.entries(fields).map(([key, value]) => `  ${key}=${show(value)}`);
  const head = `${time.slice(11, 23)} ${level.toUpperCase().padEnd(5)} ${name}: ${msg}`;
  return `${head}${details.join('')}\n${renderError(err)}`;
}

function show(value: unknown): string {
  return typeof value === 'string' && /^\S+$/.test(value) ? value : JSON.stringify(value);
}

function renderError(error: Line['err']): string {
  if (!error) return '';
  return `${(error.stack ?? error.message ?? '').replaceAll(/^/gm, '    ')}\n`;
}
