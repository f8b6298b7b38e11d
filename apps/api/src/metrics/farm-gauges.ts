import { Gauge, type Registry } from 'prom-client';
import type { FarmReading } from './read-farm.ts';

/** The gauges of the farm's state. Returns what sets all of them from one reading; what it does not name disappears. */
export function farmGauges(registers: Registry[]): (reading: FarmReading) => void {
  const all: Gauge[] = [];
  const gauge = (name: string, help: string, ...labelNames: string[]): Gauge => {
    const made = new Gauge({ name: `fatbuildr_${name}`, help, labelNames, registers });
    all.push(made);
    return made;
  };
  const queued = gauge('jobs_queued', 'Jobs that wait for a host', 'capability');
  const oldest = gauge('jobs_oldest_wait_seconds', 'Age of the oldest job that waits, 0 without one', 'capability');
  const running = gauge('jobs_running', 'Jobs that a host holds', 'capability');
  const workers = gauge('workers', 'Enrolled build hosts', 'state');
  const slots = gauge('worker_slots', 'Jobs that a build host takes at once', 'worker');
  const free = gauge('worker_slots_free', 'Slots of an online build host that no job has', 'worker');
  const diskFree = gauge('disk_free_bytes', 'Free disk of build hosts, of the state and of the registry', 'where');
  const diskTotal = gauge('disk_total_bytes', 'Their size', 'where');
  const publisher = gauge('publisher_up', 'Whether the publisher was heard of');
  const redis = gauge('redis_up', 'Whether Redis answers');
  const keyrings = gauge('keyring_expiry_timestamp_seconds', 'When a signing key expires', 'instance');

  return (reading) => {
    for (const one of all) one.reset();
    for (const { capability, ...depth } of reading.queues) {
      queued.set({ capability }, depth.queued);
      oldest.set({ capability }, depth.oldestWait / 1000);
      running.set({ capability }, depth.running);
    }
    // Both are shown at 0 too: an alert on none online needs the number.
    for (const state of ['online', 'offline']) workers.set({ state }, 0);
    for (const one of reading.workers) {
      workers.inc({ state: one.state });
      slots.set({ worker: one.name }, one.slots);
      free.set({ worker: one.name }, one.state === 'online' ? Math.max(0, one.slots - one.busy) : 0);
    }
    for (const { where, free: bytes, total } of reading.disks) {
      diskFree.set({ where }, bytes);
      diskTotal.set({ where }, total);
    }
    publisher.set(Number(reading.publisherOnline));
    redis.set(Number(reading.redis));
    for (const { instance, expires } of reading.keyrings) keyrings.set({ instance }, expires / 1000);
  };
}
