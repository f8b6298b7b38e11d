/** One end of a terminal: a socket of a client or of the worker. */
export interface Peer {
  send(data: Uint8Array | string): void;
  /** Bytes that were sent and have not left yet. */
  readonly buffered: number;
  /** Reads nothing more until `resume`. */
  pause(): void;
  resume(): void;
  /** `reason`: for people, at most 123 bytes. */
  close(code: number, reason: string): void;
}
