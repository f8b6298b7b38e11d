import { Failure, type JobLimits } from '@fatbuildr/domain';

/** Ends a job that takes too long, or says nothing for too long. */
export function watchDeadlines(
  { wallMs, silenceMs }: Pick<JobLimits, 'wallMs' | 'silenceMs'>,
  log: { readonly lastWrite: number },
  end: (reason: Failure) => void,
): { stop(): void } {
  const wall = setTimeout(
    () =>
      end(
        new Failure('timeout', `The job was not done after ${inWords(wallMs)}.`, {
          hint: 'See the log for what it was at; limits.wall sets the time it has.',
        }),
      ),
    wallMs,
  );
  const silence = setInterval(
    () => {
      if (Date.now() - log.lastWrite < silenceMs) return;
      end(
        new Failure('timeout', `The job wrote nothing to its log for ${inWords(silenceMs)}.`, {
          hint: 'It probably hangs: the last lines of the log tell where.',
        }),
      );
    },
    Math.min(1000, silenceMs / 4),
  );
  return {
    stop() {
      clearTimeout(wall);
      clearInterval(silence);
    },
  };
}

/** `15 min`, for people. */
export function inWords(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}
