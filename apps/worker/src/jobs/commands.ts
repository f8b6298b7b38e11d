import type { Config } from '@fatbuildr/config';

/** A call of a program, with the words that the configuration puts in place of its name. */
export function overridden(
  commands: Config['commands'],
  [program, ...rest]: readonly [string, ...string[]],
): [string, ...string[]] {
  const [first, ...more] = Object.hasOwn(commands, program)
    ? (commands[program as keyof Config['commands']] ?? [])
    : [];
  return first === undefined ? [program, ...rest] : [first, ...more, ...rest];
}
