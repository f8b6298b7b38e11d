import type { FailureOutcome } from '@fatbuildr/domain';
import { errorText } from './error-text.ts';

/**
 * Why one attempt to download a source failed.
 *
 * Whose fault is it when a source that a definition names cannot be had? What a second look at the definition can mend is the
 * user's (`rejected`): a name that does not exist, nothing that listens there, a certificate that is not the host's, an answer
 * 4xx. What passes by itself is not (`infrastructure-failure`, so another host tries too): a resolver or network that is down,
 * silence, a connection that breaks, an answer 5xx. What may pass within seconds is tried again before either is said.
 */
export interface Trouble {
  outcome: Extract<FailureOutcome, 'rejected' | 'infrastructure-failure'>;
  mayPass: boolean;
  text: string;
}

/** An answer that is not the file. */
export class StatusError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(`the server answered ${status} ${message}`);
    this.status = status;
  }
}

const PASSING = new Set([
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'EPIPE',
  'EPROTO',
  'ETIMEDOUT',
]);

export function troubleOf(error: unknown): Trouble {
  const text = errorText(error);
  if (error instanceof StatusError) return statusTrouble(error.status, text);
  const { code = '' } = error as NodeJS.ErrnoException;
  if (code === 'ENOTFOUND') return { outcome: 'rejected', mayPass: false, text: `the host does not exist (${text})` };
  if (code === 'ECONNREFUSED') return { outcome: 'rejected', mayPass: true, text: `nothing listens there (${text})` };
  if (/CERT|SIGNATURE|ISSUER/.test(code)) {
    return { outcome: 'rejected', mayPass: false, text: `the certificate of the server is not trusted (${text})` };
  }
  return { outcome: 'infrastructure-failure', mayPass: PASSING.has(code) || code.startsWith('HPE_'), text };
}

/** 408, 425 and 429 ask to come back later (RFC 9110, 15.5.9; RFC 8470; RFC 6585). */
function statusTrouble(status: number, text: string): Trouble {
  const later = status >= 500 || [408, 425, 429].includes(status);
  return { outcome: later ? 'infrastructure-failure' : 'rejected', mayPass: later, text };
}
