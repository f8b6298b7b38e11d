import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Fact } from '../control/facts.ts';
import { farmGauges } from './farm-gauges.ts';
import type { FarmReading } from './read-farm.ts';

/** One HTTP request as it was answered. */
export interface AnsweredRequest {
  method: string;
  /** The pattern of the route; never the path, of which there are too many. */
  route: string;
  status: number;
  /** ms */
  took: number;
}

/** What `/metrics` shows. Counters begin at 0 with the process, as Prometheus expects. */
export interface Metrics {
  observe(fact: Fact): void;
  answered(request: AnsweredRequest): void;
  /** The exposition, with the farm read now. */
  render(): Promise<{ contentType: string; body: string }>;
}

const REQUEST_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const WORK_SECONDS = [0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21_600];
const PUBLISH_SECONDS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** Text format 0.0.4 of Prometheus; names follow its conventions (base units, `_total` for counters). */
export function createMetrics({ version, read }: { version: string; read: () => Promise<FarmReading> }): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  new Gauge({ name: 'fatbuildr_build_info', help: 'Version of the api', labelNames: ['version'], registers })
    .labels(version)
    .set(1);
  const gauges = farmGauges(registers);
  const tasks = new Counter({
    name: 'fatbuildr_tasks_total',
    help: 'Tasks that ended, by outcome',
    labelNames: ['kind', 'format', 'distribution', 'outcome'],
    registers,
  });
  const taskSeconds = new Histogram({
    name: 'fatbuildr_task_duration_seconds',
    help: 'From the submission of a task to its end',
    labelNames: ['kind'],
    buckets: WORK_SECONDS,
    registers,
  });
  const attempts = new Counter({
    name: 'fatbuildr_attempts_total',
    help: 'Attempts that ended, by host and outcome',
    labelNames: ['host', 'outcome'],
    registers,
  });
  const leasesLost = new Counter({
    name: 'fatbuildr_leases_lost_total',
    help: 'Attempts that were lost: the host was not heard of, or was started anew without them',
    labelNames: ['host'],
    registers,
  });
  const phaseSeconds = new Histogram({
    name: 'fatbuildr_phase_duration_seconds',
    help: 'How long phases of attempts took',
    labelNames: ['phase'],
    buckets: WORK_SECONDS,
    registers,
  });
  const publicationSeconds = new Histogram({
    name: 'fatbuildr_publication_duration_seconds',
    help: 'From the claim of a publication to its report; its count is the number of publications',
    labelNames: ['instance', 'format', 'distribution'],
    buckets: PUBLISH_SECONDS,
    registers,
  });
  const logBytes = new Counter({
    name: 'fatbuildr_log_bytes_total',
    help: 'Bytes of log that hosts sent',
    registers,
  });
  const requestSeconds = new Histogram({
    name: 'fatbuildr_http_request_duration_seconds',
    help: 'HTTP requests by route and status, from their arrival to the end of the answer',
    labelNames: ['method', 'route', 'status'],
    buckets: REQUEST_SECONDS,
    registers,
  });

  const observers: { [K in Fact['fact']]?: (fact: Extract<Fact, { fact: K }>) => void } = {
    'task-ended': ({ kind, format, distribution, outcome, took }) => {
      tasks.inc({ kind, format: format ?? '', distribution: distribution ?? '', outcome });
      taskSeconds.observe({ kind }, took / 1000);
    },
    'attempt-ended': ({ host, outcome }) => attempts.inc({ host, outcome }),
    'attempt-lost': ({ host }) => leasesLost.inc({ host }),
    'phase-ended': ({ phase, took }) => phaseSeconds.observe({ phase }, took / 1000),
    published: ({ instance, format, distribution, took }) =>
      publicationSeconds.observe({ instance, format, distribution }, took / 1000),
    logged: ({ bytes }) => logBytes.inc(bytes),
  };

  return {
    observe: (fact) => (observers[fact.fact] as ((fact: Fact) => void) | undefined)?.(fact),
    answered: ({ took, ...labels }) => requestSeconds.observe(labels, took / 1000),
    async render() {
      gauges(await read());
      return { contentType: registry.contentType, body: await registry.metrics() };
    },
  };
}
