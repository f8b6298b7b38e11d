import type { WebSocket } from '@fastify/websocket';
import {
  API_PREFIX,
  Id,
  ProblemError,
  readLogFrame,
  streams,
  type Task,
  TERMINAL_INPUT_LIMIT,
  TerminalQuery,
  TerminalReport,
  TerminalRequest,
  WORKER_PREFIX,
} from '@fatbuildr/domain';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { terminalEnd } from '../terminals/terminal-end.ts';
import { authorise, authoriseOwner, identify, identifyWorker, type Listener, type Principal } from './access.ts';
import type { AppParts } from './parts.ts';
import { onFrames, peerOf, watchOver } from './sockets.ts';
import { attemptCall } from './worker-routes.ts';

const attemptOf = (request: FastifyRequest) => (request.params as { attempt: string }).attempt;

/** The terminal of an attempt, for people. */
export function mountTerminals(app: FastifyInstance, { control }: AppParts, listener: Listener): void {
  async function allowed(request: FastifyRequest): Promise<Principal> {
    const principal = await identify(control, listener, request);
    authorise(principal, 'view');
    const { task, hasTerminal } = await control.tasks.attempt(attemptOf(request));
    authoriseShell(principal, task);
    if (hasTerminal) return principal;
    throw new ProblemError('conflict', `Attempt ${attemptOf(request)} has no terminal.`, {
      hint: 'Open a shell with: fatbuildrctl images shell; or submit the build with --interactive.',
    });
  }

  async function attach(socket: WebSocket, request: FastifyRequest): Promise<void> {
    const id = attemptOf(request);
    const { offset, pipe, ...terminal } = request.query as TerminalQuery;
    const { name, origin } = await allowed(request);
    const { task, attempt } = await control.tasks.attempt(id);
    if (attempt.outcome !== null) {
      const ended = terminalEnd(attempt.outcome, attempt.cause?.message, attempt.shell);
      socket.send(JSON.stringify({ ended }));
      return socket.close(1000);
    }
    await control.audit.record({
      who: name,
      origin,
      action: 'attach',
      subject: task.id,
      outcome: 'done',
      detail: null,
    });
    if (socket.readyState !== socket.OPEN) return;
    const end = control.terminals.attach(id, peerOf(socket), { terminal, offset, pipe });
    socket.on('close', end.leave);
    onFrames(socket, TerminalRequest.parse, {
      bytes(bytes) {
        if (bytes.length > TERMINAL_INPUT_LIMIT) throw new Error('more than one frame may hold');
        end.type(bytes);
      },
      text: (said) => ('eof' in said ? end.eof(said.eof) : end.resize(said.resize)),
    });
  }

  app.route({
    method: 'GET',
    url: API_PREFIX + streams.terminal,
    schema: {
      summary: 'Terminal of a shell, or of an interactive build: a WebSocket; takes the action that the task took, too',
      tags: ['attempts'],
      params: z.object({ attempt: Id }),
      querystring: TerminalQuery,
      security: [{ token: ['view'] }],
    },
    // checked before the upgrade, so that a refusal is a plain answer
    preHandler: async (request) => {
      await allowed(request);
    },
    handler: () => Promise.reject(onlyWebSocket()),
    wsHandler: (socket, request) => {
      watchOver(socket);
      // nothing is read before somebody takes it
      socket.pause();
      attach(socket, request)
        .catch((err: unknown) => {
          request.log.warn({ err }, 'a client could not be attached to a terminal');
          socket.close(1011);
        })
        .finally(() => socket.resume());
    },
  });
}

/** A shell is its submitter's and the administrators'; who may build in the instance may look at a build that failed. */
function authoriseShell(principal: Principal, task: Task): void {
  if (task.kind === 'build') return authorise(principal, 'build', task.instance);
  authorise(principal, 'images', task.instance);
  authoriseOwner(principal, task);
}

/** The same terminal, for the worker that holds the shell. */
export function mountWorkerTerminals(app: FastifyInstance, { control }: AppParts, listener: Listener): void {
  const allowed = async (request: FastifyRequest) => {
    const worker = await identifyWorker(control, listener, request);
    return control.attempts.terminal(attemptCall(worker, request));
  };
  app.route({
    method: 'GET',
    url: `${WORKER_PREFIX}/attempts/:attempt/terminal`,
    schema: { hide: true, params: z.object({ attempt: Id }) },
    preHandler: async (request) => {
      await allowed(request);
    },
    handler: () => Promise.reject(onlyWebSocket()),
    wsHandler: (socket, request) => {
      watchOver(socket);
      socket.pause();
      const join = async () => {
        const { task } = await allowed(request);
        const end = control.terminals.join({ id: attemptOf(request), task }, peerOf(socket));
        socket.on('close', (code) => end.leave(code === 1000));
        onFrames(socket, TerminalReport.parse, {
          bytes(bytes) {
            const frame = readLogFrame(bytes);
            if (frame) end.print(frame);
          },
          text: end.report,
        });
      };
      join()
        .catch((err: unknown) => {
          request.log.warn({ err }, 'a worker could not bring a shell');
          socket.close(1011);
        })
        .finally(() => socket.resume());
    },
  });
}

function onlyWebSocket(): ProblemError {
  return new ProblemError('bad-request', 'A terminal is a WebSocket: ask for an upgrade of the connection.');
}
