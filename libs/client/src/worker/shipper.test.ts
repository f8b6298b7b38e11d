import { expect, test } from 'vitest';
import { phaseReporter } from './phase-reporter.ts';
import { createShipper } from './shipper.ts';

function growingLog() {
  let bytes = Buffer.alloc(0);
  return {
    get length() {
      return bytes.length;
    },
    read: (offset: number, size: number) => bytes.subarray(offset, offset + size),
    line(text: string) {
      bytes = Buffer.concat([bytes, Buffer.from(`${text}\n`)]);
    },
  };
}

test('ships in order, and again from where the other side says', async () => {
  const log = growingLog();
  let arrived = '';
  let loses = true;
  const shipper = createShipper({
    log,
    gatherMs: 1,
    append: async (offset, chunk) => {
      if (offset === arrived.length) arrived += chunk.toString();
      if (loses) arrived = arrived.slice(0, 4);
      loses = false;
      return arrived.length;
    },
  });
  log.line('one two');
  shipper.wake();
  await shipper.flush();
  log.line('three');
  await shipper.flush();
  expect(arrived).toBe('one two\nthree\n');
  shipper.stop();
  await shipper.ended;
});

test('ends with what stopped the shipping', async () => {
  const log = growingLog();
  const shipper = createShipper({ log, append: () => Promise.reject(new Error('stale')) });
  log.line('lost');
  await expect(shipper.flush()).rejects.toThrow('stale');
  await expect(shipper.ended).rejects.toThrow('stale');
});

test('phases are told with offsets, in order, and end when the work fails', async () => {
  const log = growingLog();
  const told: string[] = [];
  const phases = phaseReporter({
    log,
    send: async ({ phase, event, logOffset }) => void told.push(`${event} ${phase} ${logOffset}`),
    onError: () => {},
  });
  await phases.run('ingest', async () => log.line('hello'));
  await expect(phases.run('sign', () => Promise.reject(new Error('no key')))).rejects.toThrow('no key');
  await phases.settled();
  expect(told).toEqual(['begin ingest 0', 'end ingest 17', 'begin sign 17', 'end sign 26']);
});
