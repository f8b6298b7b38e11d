import { z } from 'zod';

/** The options of a build that a definition may set: rpmbuild and mock know them by the same names. */
export const RPM_BUILD_OPTIONS = ['--with', '--without', '--define', '-D'] as const;

const Option = z.enum(RPM_BUILD_OPTIONS);

/** Options of rpmbuild, each followed by its value. */
export const RpmBuildArguments = z
  .array(z.string().max(1000))
  .max(200)
  .refine(
    (words) =>
      words.length % 2 === 0 && words.every((word, index) => index % 2 === 1 || Option.safeParse(word).success),
    `${RPM_BUILD_OPTIONS.join(', ')}, each with a value`,
  );
