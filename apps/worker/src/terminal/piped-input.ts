import type { ContainerInput } from '@fatbuildr/containers';
import { PIPE_WINDOW, readLogFrame } from '@fatbuildr/domain';

/** What a client pipes into a command, on its way there. */
export interface PipedInput {
  /** So many bytes of it the command's pipe has taken. */
  readonly taken: number;
  /** A piece with its offset. What is there already is not taken again; what does not follow on it comes again later. */
  take(frame: Uint8Array): void;
  /** It ends after so many bytes, all of which are there; else that comes again too, after the others. */
  end(length: number): void;
}

/**
 * Every byte reaches the command once and in order, however often a connection is cut on its way, and its end only after
 * the last one: a command never takes half of what was piped in for the whole.
 */
export function pipedInput(to: Promise<ContainerInput>, onTaken: (taken: number) => void): PipedInput {
  let arrived = 0;
  let taken = 0;
  let isEnded = false;
  let writing: Promise<void> = to.then(() => undefined);
  // the container could not be started: who waits for that tells
  const then = (step: () => Promise<void>) => {
    writing = writing.then(step);
    writing.catch(() => undefined);
  };
  writing.catch(() => undefined);

  return {
    get taken() {
      return taken;
    },
    take(frame) {
      const piece = readLogFrame(frame);
      if (!piece || piece.offset > arrived) return;
      const fresh = piece.bytes.subarray(arrived - piece.offset);
      if (fresh.length === 0 || arrived + fresh.length > taken + PIPE_WINDOW) return;
      arrived += fresh.length;
      then(async () => {
        await (await to).write(fresh);
        taken += fresh.length;
        onTaken(taken);
      });
    },
    end(length) {
      if (length !== arrived || isEnded) return;
      isEnded = true;
      then(async () => (await to).end());
    },
  };
}
