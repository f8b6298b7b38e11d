import { createJobNetwork } from '@fatbuildr/containers';
import { createJobProxy } from '../network/proxy.ts';
import type { Rule } from '../network/rules.ts';
import type { Host } from './host.ts';
import type { Job } from './job.ts';

/** The network of a job: a namespace whose only peer is a proxy of its own. */
export interface ProxiedNetwork {
  /** For the container. */
  readonly network: { kind: 'namespace'; name: string };
  /** Where the proxy is, as seen from the namespace. */
  readonly proxyUrl: string;
  /** A line that says what was fetched. */
  summary(): string;
}

/** Makes a network of a job, `name` where it has several; it goes when the job is over. Refused requests are told in the log as they happen. */
export async function openProxiedNetwork(
  host: Host,
  job: Job,
  allow: readonly Rule[],
  name = job.id,
): Promise<ProxiedNetwork> {
  let files = 0;
  let bytes = 0;
  let cached = 0;
  const proxy = createJobProxy({
    allow,
    cache: host.packages,
    log: host.log,
    ...(host.upstreamProxy === undefined ? {} : { upstreamProxy: host.upstreamProxy }),
    onFetch(record) {
      files += 1;
      bytes += record.bytes;
      if (record.fromCache) cached += 1;
      if (record.status === 403) job.log.line(`network: refused ${record.method} ${record.url}`);
      else if (record.error) job.log.line(`network: ${record.method} ${record.url} failed: ${record.error}`);
    },
  });
  job.defer(() => proxy.close());
  const network = await createJobNetwork({ name, onConnection: proxy.serve });
  job.defer(() => network.remove());
  return {
    network: { kind: 'namespace', name: network.namespace },
    proxyUrl: network.proxyUrl,
    summary: () => `network: ${files} requests, ${(bytes / 1e6).toFixed(1)} MB, ${cached} answered from the cache`,
  };
}
