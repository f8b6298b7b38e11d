/**
 * What the publisher knows of its repositories. Membership is an interval of revisions, so that each publication is an
 * immutable set and a change costs what changes.
 */
export const SCHEMA = `
CREATE TABLE IF NOT EXISTS repositories (
  id INTEGER PRIMARY KEY,
  instance TEXT NOT NULL,
  distribution TEXT NOT NULL,
  definition TEXT NOT NULL,
  -- The publication that clients see; null before the first.
  revision INTEGER,
  -- Raised by every writer that starts: an earlier one that wakes up late can move nothing.
  fence INTEGER NOT NULL DEFAULT 0,
  UNIQUE (instance, distribution)
) STRICT;
CREATE TABLE IF NOT EXISTS publications (
  repository INTEGER NOT NULL REFERENCES repositories,
  revision INTEGER NOT NULL,
  previous INTEGER,
  created INTEGER NOT NULL,
  tasks TEXT NOT NULL,
  manifest TEXT NOT NULL,
  PRIMARY KEY (repository, revision)
) STRICT;
CREATE TABLE IF NOT EXISTS packages (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  digest TEXT NOT NULL,
  name TEXT NOT NULL,
  version TEXT NOT NULL,
  architecture TEXT NOT NULL,
  source_name TEXT NOT NULL,
  source_version TEXT NOT NULL,
  section TEXT NOT NULL,
  summary TEXT NOT NULL,
  relations TEXT NOT NULL,
  stanza TEXT NOT NULL,
  contents BLOB NOT NULL,
  files TEXT NOT NULL,
  UNIQUE (digest, kind)
) STRICT;
CREATE TABLE IF NOT EXISTS members (
  repository INTEGER NOT NULL REFERENCES repositories,
  derivative TEXT NOT NULL,
  package INTEGER NOT NULL REFERENCES packages,
  -- The first revision that holds it, and the first that does not any more.
  since INTEGER NOT NULL,
  until INTEGER,
  PRIMARY KEY (repository, derivative, package, since)
) STRICT;
CREATE INDEX IF NOT EXISTS members_now ON members (repository, derivative) WHERE until IS NULL;
CREATE INDEX IF NOT EXISTS packages_identity ON packages (name, version, architecture);
CREATE INDEX IF NOT EXISTS packages_source ON packages (source_name);
`;
