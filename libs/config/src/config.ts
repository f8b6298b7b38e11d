import type { Format, Instance, Policy } from '@fatbuildr/domain';
import type { ImageDistribution } from './image-schema.ts';

/** Programs whose call can be changed. */
export type ToolName = 'mmdebstrap' | 'mkosi' | 'pbuilder' | 'cowbuilder' | 'dnf' | 'mock' | 'rpmbuild';

/** What a tool image is made of. */
export interface ImageRecipe {
  distribution: ImageDistribution;
  release: string;
  /** Undefined: the build host's own for Debian, Fedora's for Fedora. */
  mirror: string | undefined;
  /** Installed beside the tools. */
  packages: string[];
}

/**
 * The whole configuration of an installation, checked, with every default filled in.
 * Plain data: paths are absolute, durations are milliseconds, sizes are bytes.
 */
export interface Config {
  /** The `fatbuildr.yml` it was read from. */
  file: string;
  paths: {
    /** Database, blobs, logs, keyrings, images, environments: what must not be lost. */
    state: string;
    /** What may be deleted at any time. */
    cache: string;
    /** Sockets and locks. */
    run: string;
    /** The published repositories. */
    registry: string;
  };
  api: {
    listen: { host: string; port: number };
    /** The administrator's Unix socket. */
    socket: string;
    /** The publisher's Unix socket. */
    internalSocket: string;
    /** How clients reach the api from outside, without a slash at the end. */
    publicUrl: string;
    /** The largest upload accepted. */
    uploadLimit: number;
    /** Addresses and networks of proxies whose `X-Forwarded-For` is believed. */
    trustedProxies: string[];
    /** What one token, or one address without a token, may ask for over TCP; undefined: as much as it likes. */
    rates: { requestsPerMinute: number | undefined; submissionsPerHour: number | undefined };
  };
  redis: {
    /** `redis://…`, `rediss://…` or `unix://…`; undefined: fatbuildrd starts a private one on `socket`. */
    url: string | undefined;
    /** Where the private Redis listens. */
    socket: string;
    /**
     * Where it listens for build hosts elsewhere as well, by TLS alone; absent: nowhere. Without files of one's own
     * fatbuildrd makes an authority and a certificate.
     */
    listen?:
      | { host: string; port: number; tls: { cert: string; key: string; ca: string | undefined } | undefined }
      | undefined;
  };
  worker: {
    name: string;
    /** Base URL of the api, without a slash at the end. */
    api: string;
    /** How many jobs at once. */
    slots: number;
    pool: string;
    /** What the worker proves itself with; mode 0600. */
    secretFile: string;
    /** The instances this host serves; undefined: all. */
    instances: string[] | undefined;
    /** With less free disk it takes no new job; undefined: 5 % of the disk, 2 GiB at most. */
    minFreeDisk?: number | undefined;
    /** Whether installed build dependencies are kept for the next build, and how many bytes of them. */
    warm: { enabled: boolean; maxBytes: number };
    /** How many bytes ccache may keep, of everything and of one artifact. */
    ccache: { maxBytes: number; artifactBytes: number };
  };
  containers: { driver: 'nspawn' | 'fake' };
  images: Record<Format, ImageRecipe> & {
    /** The Debian that mkosi runs in while it makes the others: its suite, and its archive; undefined: the build host's own. */
    bootstrap: { release: string; mirror: string | undefined };
  };
  environments: {
    /** Build environments that are older are brought up to date; undefined: only when somebody asks. */
    refreshAfter: number | undefined;
  };
  /** Programs that are called otherwise than by their names: each with the words that stand for it. */
  commands: { [program in ToolName]?: string[] | undefined };
  /** Ends of a job, enforced by the worker and by the api. */
  limits: {
    /** One attempt, from claim to result. */
    wall: number;
    /** An attempt that says nothing. */
    silence: number;
    /** A shell, from when somebody is there to its end. */
    shell: number;
    /** A shell without a byte either way. */
    shellSilence: number;
    /** A job over all its attempts, since it was queued. */
    total: number;
    /** One attempt's log. */
    logBytes: number;
    /** One source archive, as fetched. */
    sourceBytes: number;
    /** One file that a build hands in. */
    resultBytes: number;
    /** All processes of a container together, and what a job's workspace may hold; undefined: no limit. */
    memoryBytes: number | undefined;
    processes: number | undefined;
    diskBytes: number | undefined;
    /** How many jobs of one submitter run at once; undefined: any. */
    runningPerSubmitter: number | undefined;
  };
  retention: {
    /** Uploads no task names. */
    uploads: number;
    /** Packages, indexes and publications that are not current any more. */
    registry: number;
    /** So many of the newest publications of a repository are kept, however old. */
    publications: number;
  };
  imports: {
    /** Directories of the publisher's machine whose repositories may be taken over. */
    roots: string[];
  };
  metrics: {
    /** Whether `/metrics` is open to all who reach the TCP listener. */
    open: boolean;
  };
  log: {
    level: 'trace' | 'debug' | 'info' | 'warn' | 'error';
    /** `json` lines, or `text` for people. */
    format: 'json' | 'text';
  };
  /** Sorted by id. */
  instances: Instance[];
  /** Roles, and what anybody may do. */
  policy: Policy;
}
