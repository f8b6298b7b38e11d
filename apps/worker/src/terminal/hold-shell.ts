import type { ContainerExit, ContainerInput, ContainerSpec, RunningContainer } from '@fatbuildr/containers';
import type { ShellTime, TerminalAudience, TerminalReport } from '@fatbuildr/domain';
import type { Job } from '../jobs/job.ts';
import { exitStatus } from '../jobs/run-in-image.ts';
import { connectTerminal } from './connect.ts';
import { openTerminalLink, type TerminalLink } from './link.ts';
import { type Opener, type People, watchPeople } from './people.ts';
import { pipedInput } from './piped-input.ts';

/** Of the container of a shell: what it reads. */
export type ShellInput = Pick<ContainerSpec, 'terminal' | 'input'> & { environment: Record<string, string> };

export interface Shell {
  time: ShellTime;
  /** Between the last one leaving and the end of the shell, ms: somebody may have been cut off, and come again. */
  leftMs: number;
  /** How long it waits for somebody to come, ms. */
  patienceMs: number;
  /** Starts it in a container, on a terminal or a pipe, once somebody is there. */
  start(input: ShellInput, onOutput: (chunk: Buffer) => Promise<void>): Promise<RunningContainer>;
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

/** What a shell reads, as the people at it reach it. */
interface Reached {
  running?: () => TerminalReport;
  resize?: (size: NonNullable<TerminalAudience['terminal']>) => void;
  take?: (bytes: Uint8Array, took: (count: number) => void) => void;
  end?: (length: number) => void;
}

/**
 * Holds a shell for the people at the terminal of this attempt, from the first that comes to its end, and leaves no
 * process of it. Whoever came first has it on a terminal like theirs, or on their pipe. What is printed is in the log as
 * well; lines of our own come after what is printed into a pipe.
 *
 * @throws the reason of the job's signal when that ended it
 */
export async function holdShell(job: Job, shell: Shell): Promise<ShellEnd> {
  job.untimed();
  const people = watchPeople();
  const reached: Reached = {};
  const link = openTerminalLink({
    connect: (events) => connectTerminal(job.api.terminal, events),
    log: job.log,
    onAudience(audience) {
      people.now(audience);
      if (audience?.terminal) reached.resize?.(audience.terminal);
    },
    onInput(bytes, took) {
      people.typed();
      reached.take?.(bytes, took);
    },
    onEof: (length) => reached.end?.(length),
    running: () => reached.running?.(),
  });
  let status: number | null = null;
  let writeLines = () => {};
  try {
    const opener = await people.first(shell.patienceMs, job.signal);
    if (opener === undefined) return { why: 'nobody' };
    // What the command prints is somebody's file, perhaps: nothing of ours is to be in the middle of it.
    if ('pipe' in opener) writeLines = job.log.holdLines();
    const end = await run(job, shell, opener, { people, reached, link });
    if (end.why === 'exit') status = exitStatus(end.exit);
    return end;
  } finally {
    await link.close(LAST_WORDS_MS);
    job.shellEnded({ status, printed: job.log.length });
    writeLines();
  }
}

interface Ends {
  people: People;
  reached: Reached;
  link: TerminalLink;
}

async function run(job: Job, shell: Shell, opener: Opener, { people, reached, link }: Ends): Promise<ShellEnd> {
  const start = (input: ShellInput) =>
    shell.start(input, async (chunk) => {
      job.log.output(chunk);
      await link.room();
    });
  const container = await ('pipe' in opener
    ? startOnPipe(job, opener.pipe, { reached, link, start })
    : startOnTerminal(opener.window, { reached, link, start }));

  const opened = Date.now();
  let why: 'left' | 'time' | 'silence' | undefined;
  const look = setInterval(() => {
    why = whyOver(shell, { opened, last: Math.max(people.lastTyped, job.log.lastWrite, opened), left: people.left });
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
    return why === undefined ? { why: 'exit', exit } : { why };
  } finally {
    clearInterval(look);
    job.signal.removeEventListener('abort', hangUp);
  }
}

type Start = Pick<Ends, 'reached' | 'link'> & { start(input: ShellInput): Promise<RunningContainer> };

async function startOnTerminal(
  { term, ...size }: NonNullable<TerminalAudience['terminal']>,
  { reached, link, start }: Start,
): Promise<RunningContainer> {
  const container = await start({ terminal: size, environment: { TERM: term } });
  const { terminal } = container;
  reached.resize = (now) => terminal?.resize(now);
  let typing = Promise.resolve();
  reached.take = (bytes, took) => {
    typing = typing.then(() => terminal?.type(bytes)).then(() => took(bytes.length));
    typing.catch(() => undefined);
  };
  reached.running = () => ({ running: true });
  link.report(reached.running());
  return container;
}

/** The pipe can be told before the container is there: so nobody takes a byte of what it prints for one of the log's. */
async function startOnPipe(job: Job, name: string, { reached, link, start }: Start): Promise<RunningContainer> {
  const input = Promise.withResolvers<ContainerInput>();
  const from = job.log.length;
  const piped = pipedInput(input.promise, (taken) => link.report({ taken }));
  reached.take = piped.take;
  reached.end = piped.end;
  reached.running = () => ({ running: true, pipe: { name, taken: piped.taken, from } });
  link.report(reached.running());
  const container = await start({ input: 'piped', environment: {} });
  if (container.input) input.resolve(container.input);
  return container;
}

/** Why a shell is to end, by the clock. Times in ms since the epoch; `left`: when the last one left, if all did. */
export function whyOver(
  { time: { wallMs, silenceMs }, leftMs }: Pick<Shell, 'time' | 'leftMs'>,
  { opened, last, left }: { opened: number; last: number; left: number | undefined },
  now: number = Date.now(),
): 'left' | 'time' | 'silence' | undefined {
  if (now - opened >= wallMs) return 'time';
  if (left !== undefined && now - left >= leftMs) return 'left';
  if (now - last >= silenceMs) return 'silence';
  return undefined;
}
