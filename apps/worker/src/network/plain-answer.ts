import { STATUS_CODES } from 'node:http';
import { errorText } from '@fatbuildr/service';

/** What the proxy itself says to a job, instead of an upstream. */
export interface PlainAnswer {
  status: number;
  /** apt shows this and nothing of the body. */
  reason: string;
  body: string;
}

/** The 403 for what no rule allows: says why, what is allowed and which setting would change that. */
export function refusal(request: string, why: string, allowed: readonly string[]): PlainAnswer {
  const list = allowed.length === 0 ? '  nothing' : allowed.map((url) => `  ${url}`).join('\n');
  const body = `The build farm refused this request: ${request}
${why}

This job may reach:
${list}

If the build needs another repository, name it as \`mirror\` of the distribution in the instance's file (instances.d/*.yml).
`;
  return { status: 403, reason: "Refused by the build farm: not below the instance's mirror", body };
}

/** The 502, or the 504 when it took too long, for an upstream that failed before it answered. */
export function upstreamFailure(request: string, error: unknown): PlainAnswer {
  const status = (error as NodeJS.ErrnoException).code === 'ETIMEDOUT' ? 504 : 502;
  const reason = STATUS_CODES[status] ?? '';
  return { status, reason, body: `The build farm could not get this from upstream: ${request}\n${errorText(error)}\n` };
}

/** The answer as bytes of HTTP/1.1, for a socket that node no longer treats as HTTP. */
export function rawAnswer({ status, reason, body }: PlainAnswer): string {
  const head = [
    `HTTP/1.1 ${status} ${reason}`,
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}
