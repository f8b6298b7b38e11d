import type { Config, HostMirrors } from '@fatbuildr/config';
import type { ContainerRunner } from '@fatbuildr/containers';
import type { Logger } from '@fatbuildr/service';
import type { ContentCache } from '../network/content-cache.ts';
import type { CompilerCaches } from '../trees/compiler-caches.ts';
import type { TreeStore } from '../trees/tree-store.ts';
import type { WarmLayers } from '../trees/warm-layers.ts';

/** What the jobs of this host work with. */
export interface Host {
  readonly runner: ContainerRunner;
  readonly trees: TreeStore;
  /** Packages and lists that came through the proxies. */
  readonly packages: ContentCache;
  readonly sources: ContentCache;
  /** Installed build dependencies; undefined where none are kept. */
  readonly warm: WarmLayers | undefined;
  /** What ccache keeps. */
  readonly ccache: CompilerCaches;
  mirrors(): Promise<HostMirrors>;
  /** Its own, in Debian's spelling: that of the tool images. */
  readonly architecture: string;
  /** Base URL of the api, as this host reaches it. */
  readonly apiUrl: string;
  /** What this host proves itself to the api with, as a header: for repositories that are not public. */
  readonly authorization: string;
  /** Programs that are called otherwise than by their names. */
  readonly commands: Config['commands'];
  /** The directory that holds `libs`, `images` and `node_modules`. */
  readonly code: string;
  /** A proxy that stands before everything outside. */
  readonly upstreamProxy: string | undefined;
  /** How long (ms) a shell is kept that everybody left, and a new one that nobody comes to. */
  readonly shellLeftMs: number;
  /** Tells the api that the trees changed. */
  changed(): Promise<void>;
  readonly log: Logger;
}
