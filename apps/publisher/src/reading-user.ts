import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { ReadersOptions } from '@fatbuildr/registry';
import type { Logger } from '@fatbuildr/service';

/** The user called nobody, everywhere. */
const NOBODY = 65_534;
const OUR_CODE = fileURLToPath(import.meta.url);

/**
 * Whom packages are read as: where this process is root, a user who may read no key whatever comes of what is read. That
 * user must be able to execute Node and to read our code; where not, the readers are root as well, held back by Node's
 * permission model alone, and the log says so.
 */
export async function readingUser(
  log: Pick<Logger, 'warn'>,
  { uid = process.getuid?.(), executable = process.execPath } = {},
): Promise<Pick<ReadersOptions, 'uid' | 'gid'>> {
  if (uid !== 0) return {};
  const user = { uid: NOBODY, gid: NOBODY };
  const attempt = `require('node:fs').accessSync(${JSON.stringify(OUR_CODE)}, 4)`;
  try {
    await promisify(execFile)(executable, ['--eval', attempt], { ...user, cwd: '/', env: {} });
    return user;
  } catch (err) {
    log.warn({ err }, `packages are read as root: user ${NOBODY} cannot execute ${executable} or read our code`);
    return {};
  }
}
