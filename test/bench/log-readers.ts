import { connect } from '@fatbuildr/cli/src/server/connect.ts';

/*
 * The readers of the log bench, a process of their own: told by a message whom to follow, they answer once when all are
 * about to read and once when all have read to the end.
 */

export interface ReaderOrder {
  uri: string;
  attempts: string[];
  readers: number;
}

export interface ReaderResult {
  lines: number;
  /** ms */
  p50: number;
  p95: number;
  p99: number;
  longest: number;
}

const AT = 0x40;
const NEWLINE = 0x0a;
/** `@` and thirteen digits. */
const STAMP = 14;

process.once('message', (order: ReaderOrder) => void read(order));

async function read({ uri, attempts, readers }: ReaderOrder): Promise<void> {
  const client = connect(uri, undefined);
  /** How many lines took so many ms. */
  const counts: number[] = [];
  const following = Array.from({ length: readers }, (_, index) => {
    let rest: Uint8Array = new Uint8Array();
    return client.followLog(attempts[index % attempts.length] ?? '', {
      onBytes(bytes) {
        const now = Date.now();
        const text = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
        let from = 0;
        for (let end = text.indexOf(NEWLINE); end >= 0; end = text.indexOf(NEWLINE, from)) {
          if (text[from] === AT) count(now - stampOf(text, from));
          from = end + 1;
        }
        rest = text.slice(from);
      },
    });
  });
  const count = (ms: number) => {
    const took = Math.max(0, ms);
    counts[took] = (counts[took] ?? 0) + 1;
  };
  // Their connections are made meanwhile; one that is late reads from the beginning all the same.
  await new Promise((resolve) => setTimeout(resolve, 2000));
  process.send?.({});
  await Promise.all(following);
  process.send?.(summary(counts));
  process.disconnect();
}

function stampOf(text: Uint8Array, from: number): number {
  let value = 0;
  for (let index = from + 1; index < from + STAMP; index++) value = value * 10 + ((text[index] ?? 0) - 48);
  return value;
}

function summary(counts: number[]): ReaderResult {
  const lines = counts.reduce((sum, one) => sum + (one ?? 0), 0);
  const quantile = (q: number) => {
    let seen = 0;
    return counts.findIndex((one) => {
      seen += one ?? 0;
      return seen >= q * lines;
    });
  };
  return { lines, p50: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99), longest: counts.length - 1 };
}
