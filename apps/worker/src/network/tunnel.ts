import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { errorText } from '@fatbuildr/service';
import type { FetchRecord } from './fetch-record.ts';
import { rawAnswer, refusal, upstreamFailure } from './plain-answer.ts';
import type { Rules } from './rules.ts';
import type { Upstream } from './upstream.ts';

/** Serves one CONNECT until either side ends it. Never throws for what a client or an upstream does. */
export async function tunnel(
  request: IncomingMessage,
  client: Duplex,
  head: Buffer,
  { rules, upstream, record }: { rules: Rules; upstream: Upstream; record: FetchRecord },
): Promise<void> {
  const gone = new AbortController();
  client.on('error', () => {});
  client.once('close', () => gone.abort());
  const [, host = '', port = ''] = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+):(\d{1,5})$/i.exec(request.url ?? '') ?? [];
  const rule = rules.ofTunnel(host, Number(port));
  if (rule === undefined) {
    const why = 'No rule of this job allows a tunnel to that host and port.';
    record.status = 403;
    record.error = why;
    client.end(rawAnswer(refusal(`CONNECT ${request.url}`, why, rules.urls)));
    return;
  }
  let remote: Duplex;
  try {
    remote = await upstream.tunnel(host, Number(port), rule, gone.signal);
  } catch (error) {
    const answer = upstreamFailure(`CONNECT ${request.url}`, error);
    record.status = answer.status;
    record.error = errorText(error);
    client.end(rawAnswer(answer));
    return;
  }
  record.status = 200;
  client.write('HTTP/1.1 200 Connection established\r\n\r\n');
  remote.write(head);
  remote.on('data', (chunk: Buffer) => {
    record.bytes += chunk.length;
  });
  // Either side may leave at any time, with or without a goodbye: that is how tunnels end.
  await Promise.allSettled([pipeline(client, remote), pipeline(remote, client)]);
}
