let work: (() => Promise<unknown>) | undefined;
let leaving: Promise<never> | undefined;

/** What is to be done once nobody reads standard output any more, before this program ends. */
export function whenOutputCloses(last: () => Promise<unknown>): void {
  work = last;
}

/** Ends this program without a word: a reader such as `head` that has seen enough is no error. */
export function leaveQuietly(): Promise<never> {
  leaving ??= (async () => {
    await work?.().catch(() => undefined);
    return process.exit(0);
  })();
  return leaving;
}
