import { isAbsolute } from 'node:path';
import { RpmBuilder } from '@fatbuildr/domain';
import { z } from 'zod';
import { HttpUrl, urlHasProtocol } from './urls.ts';

const GpgKey = z
  .string()
  .refine(
    (text) => isAbsolute(text) || urlHasProtocol(text, ['http:', 'https:']),
    'an http or https URL, or an absolute path on the build host',
  );

const ADDRESSES = ['baseurl', 'metalink', 'mirrorlist'] as const;

const Repository = z
  .strictObject({
    id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9:._-]*$/, 'a repository id: letters, digits and ":._-"'),
    baseurl: HttpUrl.optional(),
    metalink: HttpUrl.optional(),
    mirrorlist: HttpUrl.optional(),
    gpgkey: GpgKey.optional(),
  })
  .superRefine((repository, context) => {
    const given = ADDRESSES.filter((key) => repository[key] !== undefined);
    if (given.length === 1) return;
    context.addIssue({ code: 'custom', message: `exactly one of ${ADDRESSES.join(', ')}`, path: [] });
  });

/** What an rpm distribution has beside what every distribution has. */
export const rpmKeys = {
  builder: RpmBuilder.optional(),
  mock: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9.+_-]*$/, 'the name of a mock configuration such as rocky-9-x86_64')
    .optional(),
  repositories: z.array(Repository).default([]),
  releasever: z.coerce
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'a release such as 9')
    .optional(),
  dbpath: z.string().startsWith('/', 'an absolute path').default('/var/lib/rpm'),
  modules: z
    .array(z.string().regex(/^[A-Za-z0-9._+-]+:[A-Za-z0-9._+-]+$/, 'a module and its stream such as nodejs:20'))
    .default([]),
};
