import { execFileSync } from 'node:child_process';
import { Person } from '@fatbuildr/domain';
import { UsageError } from '../output/report-error.ts';

export interface SubmitterSources {
  name?: string | undefined;
  email?: string | undefined;
  environment: Record<string, string | undefined>;
  preferences: { name?: string | undefined; email?: string | undefined };
  git?: (key: string) => string | undefined;
}

/**
 * Who signs the changelog entry: the options, then DEBFULLNAME and DEBEMAIL as Debian's own tools have it, then the
 * user's configuration, then git's.
 *
 * @throws {UsageError} when a part is missing or unfit
 */
export function submitter({ name, email, environment, preferences, git = gitConfig }: SubmitterSources): Person {
  const person = {
    name: name ?? environment['DEBFULLNAME'] ?? preferences.name ?? git('user.name'),
    email: email ?? environment['DEBEMAIL'] ?? environment['EMAIL'] ?? preferences.email ?? git('user.email'),
  };
  const read = Person.safeParse(person);
  if (read.success) return read.data;
  const wrong = read.error.issues.map(({ path }) => path[0]).join(' and ');
  throw new UsageError(
    `Whose build is it? The ${wrong} for the changelog is missing or unfit.`,
    'Give --name and --email, or set DEBFULLNAME and DEBEMAIL, or name and email in ~/.config/fatbuildr/config.yml.',
  );
}

function gitConfig(key: string): string | undefined {
  try {
    return execFileSync('git', ['config', '--get', key], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return undefined;
  }
}
