import { Failure } from '@fatbuildr/domain';
import type { RepositorySigner } from '@fatbuildr/registry';

/** A signer whose every trouble is a `publish-failure`: retrying on another host would not help. */
export function signerOf(signer: RepositorySigner): RepositorySigner {
  return {
    signCleartext: (text) => named(signer.signCleartext(text)),
    signDetached: (data) => named(signer.signDetached(data)),
    verifyCleartext: (message) => named(signer.verifyCleartext(message)),
    verifyDetached: (data, signature) => named(signer.verifyDetached(data, signature)),
  };
}

async function named<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Failure('publish-failure', `the repository could not be signed: ${reason}`, { cause });
  }
}
