import { availableParallelism } from 'node:os';
import { Failure } from '@fatbuildr/domain';
import type { PackageFile } from '../apt/read/read-package.ts';
import type { RpmFile } from '../rpm/read/read-rpm.ts';
import { type ReadableFile, type ReadingChild, type ReadingUser, startReadingChild, Unread } from './child.ts';
import type { ListReadings } from './protocol.ts';

export interface ReadersOptions extends ReadingUser {
  /** Milliseconds for one file; 120,000 by default. */
  timeoutMs?: number;
}

/** A file whose `name` tells its kind and whose `path` holds the bytes. */
type NamedFile = Pick<ReadableFile, 'path' | 'name'>;

/** Reads the packages of one task, several at a time where many wait. */
export interface ReadingSession extends AsyncDisposable {
  /** @throws Failure `rejected` when the file is not what its name says or is too costly to read */
  readPackage(file: NamedFile): Promise<PackageFile>;
  /** @throws Failure `rejected` when the file is no RPM or is too costly to read */
  readRpm(file: NamedFile): Promise<RpmFile>;
  /** Reads a list of a repository. @throws Failure `rejected` when the file is none or is too costly to read */
  readList<List extends keyof ListReadings>(list: List, file: NamedFile): Promise<ListReadings[List]>;
}

/**
 * Processes that read packages: nothing in a package is to be trusted, and where keys are nobody parses one. Each
 * session has processes of its own, so that what one task brings never touches what another says. They may read our
 * code and are given the bytes of their files; no key, no network credentials, an empty environment (Node's permission
 * model; another user as well, where `uid` says so). Time, memory and output are bounded.
 */
export interface Readers {
  session(): ReadingSession;
  close(): Promise<void>;
}

/** How many files wait before another process is worth its start. */
const WORTH_ANOTHER = 8;

/** Starting a process holds up this one, the longer the larger it is: not before who waits is answered, ms. */
const SPARE_AFTER = 20;

/** Keeps one process ready, whose start takes longer than the reading of most packages. */
export function openReaders({ timeoutMs = 120_000, ...user }: ReadersOptions = {}): Readers {
  const sessions = new Set<AsyncDisposable>();
  let spare: ReadingChild | undefined = startReadingChild(user);
  let starting: NodeJS.Timeout | undefined;
  let closed = false;
  const take = () => {
    const taken = spare ?? startReadingChild(user);
    spare = undefined;
    return taken;
  };
  return {
    session() {
      const read = openSession(take, timeoutMs);
      const session: ReadingSession = {
        readPackage: (file) => read(file, DEB_REFUSAL) as Promise<PackageFile>,
        readRpm: (file) => read(file, RPM_REFUSAL) as Promise<RpmFile>,
        readList: <List extends keyof ListReadings>(list: List, file: NamedFile) =>
          read({ ...file, list }, LIST_REFUSAL) as Promise<ListReadings[List]>,
        async [Symbol.asyncDispose]() {
          if (!sessions.delete(session)) return;
          await read.stop();
          if (closed || spare) return;
          starting ??= setTimeout(() => {
            starting = undefined;
            spare ??= startReadingChild(user);
          }, SPARE_AFTER).unref();
        },
      };
      sessions.add(session);
      return session;
    },
    async close() {
      closed = true;
      clearTimeout(starting);
      for (const session of sessions) await session[Symbol.asyncDispose]();
      await spare?.stop();
    },
  };
}

/** How a file is refused that cannot be read. */
interface Refusal {
  what: string;
  hint: string;
}

const DEB_REFUSAL: Refusal = {
  what: 'cannot be published',
  hint: 'look at it with dpkg-deb --info or dscverify, and build it again',
};
const RPM_REFUSAL: Refusal = {
  what: 'cannot be published',
  hint: 'look at it with rpm -qpi and rpm -K, and build it again',
};
const LIST_REFUSAL: Refusal = {
  what: 'is no list that packages can be imported by',
  hint: 'see that the location is that of the repository, and have its lists made anew by what keeps it',
};

function openSession(take: () => ReadingChild, timeoutMs: number) {
  const children: ReadingChild[] = [];
  const idle: ReadingChild[] = [];
  const waiting: ((child: ReadingChild) => void)[] = [];
  const start = () => {
    const child = take();
    children.push(child);
    return child;
  };
  const get = async (): Promise<ReadingChild> => {
    const free = idle.pop() ?? (children.length === 0 ? start() : undefined);
    if (free) return free;
    if (waiting.length >= WORTH_ANOTHER && children.length < availableParallelism()) return start();
    return new Promise((resolve) => waiting.push(resolve));
  };
  /** One that ended is not lent again. */
  const giveBack = (lent: ReadingChild) => {
    const child = lent.ended() ? start() : lent;
    const next = waiting.shift();
    if (next) next(child);
    else idle.push(child);
  };
  const read = async (file: ReadableFile, refused: Refusal): Promise<object> => {
    const child = await get();
    try {
      const answer = await child.read(file, timeoutMs);
      if ('unreadable' in answer) throw refusal(file.name, answer.unreadable, refused);
      return answer.result;
    } catch (cause) {
      if (cause instanceof Unread) throw refusal(file.name, cause.message, refused, cause);
      throw cause;
    } finally {
      giveBack(child);
    }
  };
  return Object.assign(read, { stop: () => Promise.all(children.map((child) => child.stop())) });
}

function refusal(name: string, reason: string, { what, hint }: Refusal, cause?: Error): Failure {
  return new Failure('rejected', `${name} ${what}: ${reason}`, { hint, ...(cause ? { cause } : {}) });
}
