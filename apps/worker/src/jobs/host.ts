import type { HostMirrors } from '@fatbuildr/config';
import type { ContainerRunner } from '@fatbuildr/containers';
import type { Logger } from '@fatbuildr/service';
import type { ContentCache } from '../network/content-cache.ts';
import type { TreeStore } from '../trees/tree-store.ts';

/** A tree that can be written to while the one below stays as it is. */
export interface Overlay {
  /** Where the merged tree is. */
  readonly root: string;
  remove(): Promise<void>;
}

/** A network namespace with one cable, to this host. */
export interface JobNetwork {
  /** Of the namespace. */
  readonly name: string;
  /** This host's address on the cable. */
  readonly hostAddress: string;
  remove(): Promise<void>;
}

/** What the jobs of this host work with. */
export interface Host {
  readonly runner: ContainerRunner;
  /** Mounts an overlay; `directory` is new and holds everything that belongs to it. */
  overlay(options: { lower: string; directory: string }): Promise<Overlay>;
  network(name: string): Promise<JobNetwork>;
  readonly trees: TreeStore;
  /** Packages and lists that came through the proxies. */
  readonly packages: ContentCache;
  readonly sources: ContentCache;
  mirrors(): Promise<HostMirrors>;
  /** Its own, in Debian's spelling: that of the tool images. */
  readonly architecture: string;
  /** Base URL of the api, as this host reaches it. */
  readonly apiUrl: string;
  /** The directory that holds `libs` and `node_modules`. */
  readonly code: string;
  /** A proxy that stands before everything outside. */
  readonly upstreamProxy: string | undefined;
  /** Tells the api that the trees changed. */
  changed(): Promise<void>;
  readonly log: Logger;
}
