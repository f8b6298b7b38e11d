import type { Readable } from 'node:stream';
import type { HealthView, Instance, InstanceView } from '@fatbuildr/domain';
import type { Queue } from '@fatbuildr/queue';
import type { Control } from '../control/services.ts';
import type { Metrics } from '../metrics/metrics.ts';

/** What the HTTP side is built from. */
export interface AppParts {
  control: Control;
  config: {
    instances: Instance[];
    paths: { registry: string; state: string };
    api: {
      publicUrl: string;
      uploadLimit: number;
      trustedProxies: string[];
      rates: { requestsPerMinute: number | undefined; submissionsPerHour: number | undefined };
    };
    metrics: { open: boolean };
  };
  /** The bytes of a blob from `start` to `end`, both included. */
  openBlob(sha256: string, range: { start: number; end: number }): Readable;
  health(): Promise<HealthView>;
  metrics: Metrics;
  /** The queues of tickets that are in use. */
  queues(): Promise<Queue[]>;
  instanceView(instance: Instance): Promise<InstanceView>;
  version: string;
}
