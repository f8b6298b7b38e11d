import type { ContainerExit, ContainerTerminal, RunningContainer } from '@fatbuildr/containers';
import type { ShellTime, TerminalAudience } from '@fatbuildr/domain';
import type { Job } from '../jobs/job.ts';
import { exitStatus } from '../jobs/run-in-image.ts';
import { connectTerminal } from './connect.ts';
import { openTerminalLink, type TerminalLink } from './link.ts';

/** The window of whoever came first. */
export type Window = NonNullable<TerminalAudience['terminal']>;

export interface Shell {
  time: ShellTime;
  /** Between the last one leaving and the end of the shell, ms: somebody may have been cut off, and come again. */
  leftMs: number;
  /** How long it waits for somebody to come, ms. */
  patienceMs: number;
  /** Starts it in a container with a terminal, once somebody is there. */
  start(window: Window, onOutput: (chunk: Buffer) => Promise<void>): Promise<RunningContainer>;
}

/** How a shell ended. */
export type ShellEnd =
  | { why: 'exit'; exit: ContainerExit }
  /** Nobody came, everybody left, its time was over, or nothing was typed or printed for too long. */
  | { why: 'nobody' | 'left' | 'time' | 'silence' };

/** From the hang-up to the kill, ms. */
const GRACE_MS = 2_000;
/** For the last of what was printed to reach those who are there, ms. */
const LAST_WORDS_MS = 3_000;
const LOOK_MS = 500;

/**
 * Holds a shell for the people at the terminal of this attempt, from the first that comes to its end, and leaves no
 * process of it. What is printed is in the log as well.
 *
 * @throws the reason of the job's signal when that ended it
 */
export async function holdShell(job: Job, shell: Shell): Promise<ShellEnd> {
  job.untimed();
  const began = Date.now();
  const people = watchPeople();
  const typing: { terminal?: ContainerTerminal } = {};
  const link = openTerminalLink({
    connect: (events) => connectTerminal(job.api.terminal, events),
    log: job.log,
    onAudience(audience) {
      people.now(audience);
      if (audience?.terminal) typing.terminal?.resize(audience.terminal);
    },
    async onInput(bytes) {
      people.typed();
      await typing.terminal?.type(bytes);
    },
  });
  try {
    const window = await people.first(shell.patienceMs, job.signal);
    if (window === undefined) return { why: 'nobody' };
    return await run(job, shell, window, { people, typing, link, began });
  } finally {
    await link.close(LAST_WORDS_MS);
  }
}

interface Ends {
  people: People;
  typing: { terminal?: ContainerTerminal };
  link: TerminalLink;
  /** When the waiting for the first one began, ms. */
  began: number;
}

async function run(job: Job, shell: Shell, window: Window, { people, typing, link, began }: Ends): Promise<ShellEnd> {
  const container = await shell.start(window, async (chunk) => {
    job.log.output(chunk);
    await link.room();
  });
  if (container.terminal) typing.terminal = container.terminal;
  link.report({ running: true });

  const opened = Date.now();
  let why: 'left' | 'time' | 'silence' | undefined;
  const look = setInterval(() => {
    why = whyOver(shell, { began, last: Math.max(people.lastTyped, job.log.lastWrite, opened), left: people.left });
    if (why === undefined) return;
    clearInterval(look);
    hangUp();
  }, LOOK_MS);
  const hangUp = () => {
    container.terminal?.hangUp();
    void container.stop(GRACE_MS);
  };
  if (job.signal.aborted) hangUp();
  job.signal.addEventListener('abort', hangUp, { once: true });
  try {
    const exit = await container.exited;
    job.signal.throwIfAborted();
    if (why !== undefined) return { why };
    link.report({ exited: { status: exitStatus(exit) } });
    return { why: 'exit', exit };
  } finally {
    clearInterval(look);
    job.signal.removeEventListener('abort', hangUp);
  }
}

/** Why a shell is to end, by the clock. Times in ms since the epoch; `left`: when the last one left, if all did. */
export function whyOver(
  { time: { wallMs, silenceMs }, leftMs }: Pick<Shell, 'time' | 'leftMs'>,
  { began, last, left }: { began: number; last: number; left: number | undefined },
  now: number = Date.now(),
): 'left' | 'time' | 'silence' | undefined {
  if (now - began >= wallMs) return 'time';
  if (left !== undefined && now - left >= leftMs) return 'left';
  if (now - last >= silenceMs) return 'silence';
  return undefined;
}

interface People {
  /** What the api says of who is there. */
  now(audience: TerminalAudience | undefined): void;
  typed(): void;
  /** When somebody typed last, ms. */
  readonly lastTyped: number;
  /** When the last one left; undefined while somebody is there, or nobody knows. */
  readonly left: number | undefined;
  /** The window of the first who comes; undefined if nobody does within `patienceMs`. */
  first(patienceMs: number, signal: AbortSignal): Promise<Window | undefined>;
}

function watchPeople(): People {
  const came = Promise.withResolvers<Window>();
  let lastTyped = 0;
  let left: number | undefined;
  return {
    now(audience) {
      // while the api is away nobody can be there, and none of them left
      if (audience === undefined || audience.clients > 0) left = undefined;
      else left ??= Date.now();
      if (audience?.terminal && audience.clients > 0) came.resolve(audience.terminal);
    },
    typed() {
      lastTyped = Date.now();
    },
    get lastTyped() {
      return lastTyped;
    },
    get left() {
      return left;
    },
    async first(patienceMs, signal) {
      const over = Promise.withResolvers<undefined>();
      const timer = setTimeout(() => over.resolve(undefined), patienceMs);
      const abort = () => over.reject(signal.reason);
      signal.throwIfAborted();
      signal.addEventListener('abort', abort, { once: true });
      try {
        return await Promise.race([came.promise, over.promise]);
      } finally {
        clearTimeout(timer);
        signal.removeEventListener('abort', abort);
      }
    },
  };
}
