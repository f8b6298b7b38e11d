import type { Output } from './part.ts';

/**
 * Passes on what the parts write, to `write`. JSON log lines carry the name of their process already and stay as they
 * are; in JSON any other line becomes one, in text it is prefixed with the name.
 */
export function passOutput(format: 'json' | 'text', write: (text: string) => void): Output {
  return (name, line) => {
    if (line === '') return;
    if (format === 'text') write(`${name.padEnd(9)} | ${line}\n`);
    else if (line.startsWith('{')) write(`${line}\n`);
    else write(`${JSON.stringify({ level: 'info', time: new Date().toISOString(), name, msg: line })}\n`);
  };
}
