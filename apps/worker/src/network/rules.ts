/** One address that a job may reach. Whatever no rule names is refused. */
export interface Rule {
  /**
   * Scheme, host, port and path prefix: `http://mirror.example/debian/` allows what lies below `/debian/`.
   * With `https` the path cannot be seen: the whole host is allowed, by CONNECT.
   */
  url: string;
  /** A `.deb` below it may come back with other bytes (the farm's own repositories after a delete): only `/by-hash/` is cached. */
  mutable?: boolean;
  /** Reached without the upstream proxy. */
  direct?: boolean;
}
