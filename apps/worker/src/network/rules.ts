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
  /** Sent along as `authorization`, by plain http and directly only: the job itself never sees it. */
  authorization?: string;
}

export interface Rules {
  readonly urls: readonly string[];
  /** The rule that allows this plain http URL, as {@link normalisedUrl} returns it. */
  ofUrl(url: URL): Rule | undefined;
  /** The rule that allows a tunnel to this host and port. */
  ofTunnel(host: string, port: number): Rule | undefined;
}

/** Throws a TypeError that names a rule which is not an http(s) URL. */
export function createRules(rules: readonly Rule[]): Rules {
  const parsed = rules.map((rule) => {
    const url = URL.parse(rule.url);
    if (url === null || !/^https?:$/.test(url.protocol)) throw new TypeError(`not an http or https URL: ${rule.url}`);
    const prefix = url.pathname.endsWith('/') ? url.pathname : `${url.pathname}/`;
    return { rule, origin: url.origin, prefix };
  });
  return {
    urls: rules.map((rule) => rule.url),
    // The slash at the end keeps `/debian` from allowing `/debian-private`.
    ofUrl: (url) =>
      parsed.find(({ origin, prefix }) => url.origin === origin && `${url.pathname}/`.startsWith(prefix))?.rule,
    ofTunnel: (host, port) => {
      const origin = URL.parse(`https://${host}:${port}`)?.origin;
      return parsed.find((candidate) => candidate.origin === origin)?.rule;
    },
  };
}

/**
 * The absolute http URL that a request asks for, or undefined when it is none.
 *
 * `.` and `..` are resolved here (RFC 3986, 5.2.4). What would only turn into a separator or a dot segment once the
 * upstream decodes it, however often, is refused: the upstream must see the path that the rules were asked about.
 */
export function normalisedUrl(target: string): URL | undefined {
  const url = URL.parse(target);
  if (url === null || url.protocol !== 'http:' || target.includes('\\')) return undefined;
  return hidesSeparator(url.pathname) ? undefined : url;
}

function hidesSeparator(path: string): boolean {
  const slashes = path.split('/').length;
  let decoded = path;
  try {
    while (decodeURIComponent(decoded) !== decoded) {
      decoded = decodeURIComponent(decoded);
      const segments = decoded.split('/');
      if (segments.length !== slashes || segments.includes('..') || /[\\\0]/.test(decoded)) return true;
    }
  } catch {
    // Not percent-encoded UTF-8: a name that no repository uses.
    return true;
  }
  return false;
}
