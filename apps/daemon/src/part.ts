/** One process of the farm, as fatbuildrd starts it. */
export interface Part {
  name: string;
  command: string;
  args: string[];
  /** Sees to what it needs before it is started for the first time; what it throws ends the start. */
  prepare?: () => Promise<void>;
  /** Resolves when the process can be used; without it, the process says so itself on FATBUILDR_READY_FD. */
  probe?: (signal: AbortSignal) => Promise<void>;
  /** How long it may take to become ready, ms; then it is ended and started again. */
  startWithin: number;
  /** How long it may take to stop after SIGTERM, ms; then it is killed. */
  stopWithin: number;
}

/** How a process ended. */
export interface Exit {
  code: number | undefined;
  signal: string | undefined;
}

/** Receives what processes write, a line at a time. */
export type Output = (part: string, line: string) => void;
