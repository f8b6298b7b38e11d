import { RPM_BUILD_OPTIONS } from '@fatbuildr/domain';

const OPTIONS: readonly string[] = RPM_BUILD_OPTIONS;

/**
 * The words of `rpm.buildargs`, each option apart from its value: `--with mysql --define 'channel next'`. Quotes are as
 * in a shell, and nothing else is.
 */
export function readBuildArguments(text = ''): { words: string[] } | { mistake: string } {
  const words = split(text);
  if (words === undefined) return { mistake: 'rpm.buildargs: a quote is not closed' };
  const apart = words.flatMap((word) => {
    const [, option, value] = /^(--\w+)=(.*)$/s.exec(word) ?? [];
    return option === undefined || value === undefined ? [word] : [option, value];
  });
  for (let index = 0; index < apart.length; index += 2) {
    const [option = '', value] = apart.slice(index, index + 2);
    if (!OPTIONS.includes(option)) {
      return { mistake: `rpm.buildargs: expected ${OPTIONS.join(', ')}, each with a value; found "${option}"` };
    }
    if (value === undefined) return { mistake: `rpm.buildargs: expected a value after ${option}` };
  }
  return { words: apart };
}

/** Undefined when a quote stays open. */
function split(text: string): string[] | undefined {
  const words: string[] = [];
  const pattern = /\s*((?:"[^"]*"|'[^']*'|[^\s"'])+)\s*/y;
  while (pattern.lastIndex < text.length) {
    const found = pattern.exec(text);
    if (found === null) return text.trim() === '' ? words : undefined;
    words.push((found[1] ?? '').replace(/"([^"]*)"|'([^']*)'/g, (_, double, single) => double ?? single));
  }
  return words;
}
