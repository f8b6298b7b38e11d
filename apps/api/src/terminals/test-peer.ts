import { readLogFrame, type TerminalAudience, type TerminalNotice } from '@fatbuildr/domain';
import type { Peer } from './peer.ts';

/** A socket that remembers. */
export function fakePeer() {
  const text: unknown[] = [];
  const frames: { offset: number; text: string }[] = [];
  const typed: string[] = [];
  const peer = {
    buffered: 0,
    paused: false,
    closed: undefined as number | undefined,
    send(data: Uint8Array | string) {
      if (typeof data === 'string') text.push(JSON.parse(data));
      else {
        typed.push(Buffer.from(data).toString());
        const frame = readLogFrame(data);
        if (frame) frames.push({ offset: frame.offset, text: Buffer.from(frame.bytes).toString() });
      }
    },
    pause() {
      peer.paused = true;
    },
    resume() {
      peer.paused = false;
    },
    close(code: number) {
      peer.closed = code;
    },
  } satisfies Peer & Record<string, unknown>;
  return {
    peer,
    typed,
    frames,
    notices: text as TerminalNotice[],
    audiences: text as TerminalAudience[],
    seen: () => frames.map((frame) => frame.text).join(''),
  };
}
