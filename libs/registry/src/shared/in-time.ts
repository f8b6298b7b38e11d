import { Failure } from '@fatbuildr/domain';

const SIGNER_TIMEOUT_MS = 60_000;

/** Whatever a signer does, the repository goes on. */
export async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () =>
        reject(
          new Failure('publish-failure', `the signer gave no answer within ${SIGNER_TIMEOUT_MS / 1000} s`, {
            hint: 'clients see what they saw before; see what keeps the publisher’s machine busy, and try again',
          }),
        ),
      SIGNER_TIMEOUT_MS,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
