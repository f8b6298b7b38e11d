import type { z } from 'zod';
import type { Action } from './api.ts';
import type { Endpoint } from './endpoints.ts';

/**
 * One operation of the REST interface: the api mounts it, checks access by it and documents it, the client is typed
 * after it.
 */
export interface Route extends Endpoint {
  summary: string;
  /** The action that a token must allow; null for what anybody may see. */
  action: Action | null;
  /** Where the instance that the token must cover comes from: the path, the task named by it, or no one instance. */
  scope: 'instance' | 'task' | 'farm';
  params?: z.ZodType;
  query?: z.ZodType;
  body?: z.ZodType;
  /** Status of success; 202 for what is queued and answers with its task. */
  status: 200 | 201 | 202 | 204;
  response: z.ZodType;
}
