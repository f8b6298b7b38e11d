import type { ReadingSession } from '../reading/readers.ts';

/** Where the files of a repository come from that is taken over: a directory, or a web server. */
export interface OriginFiles {
  /** As people wrote it. */
  location: string;
  /** How many files may be asked for at once. */
  atOnce: number;
  /**
   * Copies a file, hashing what is copied; a file that is there is replaced.
   *
   * @param path below the location, as a list has it
   * @param most bytes
   * @returns undefined when there is no such file
   * @throws Failure when it cannot be had; ChangedOrigin when it has more bytes
   */
  copy(path: string, to: string, most: number): Promise<{ size: number; sha256: string } | undefined>;
  /**
   * Every package file below the location, as paths: where they can be found out, and there are no lists among them that
   * tell which belong together.
   */
  packageFiles(): Promise<string[]>;
}

/** Checks what a key signed. */
export interface OriginVerifier {
  /** The signed text. @throws unless the signature is good */
  cleartext(message: string): Promise<string>;
  detached(data: Uint8Array, signature: Uint8Array): Promise<void>;
}

/** A repository that is taken over, as what reads its lists sees it. */
export interface Origin {
  files: OriginFiles;
  /** Null: it is believed as it is. */
  verifier: OriginVerifier | null;
  reader: Omit<ReadingSession, typeof Symbol.asyncDispose>;
  /** Believe a signed Release that is out of date, or is yet to come. */
  expired: boolean;
  /** Milliseconds since the epoch. */
  clock(): number;
  /** A directory for files on their way, ours alone. */
  scratch: string;
  line(text: string): void;
}
