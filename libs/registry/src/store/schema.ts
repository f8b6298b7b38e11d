/** Raised with every change of the tables: a file of another version is refused. */
export const SCHEMA_VERSION = 2;

/**
 * What the publisher knows of its repositories. Membership is an interval of revisions, so that each publication is an
 * immutable set and a change costs what changes.
 */
export const SCHEMA = `
CREATE TABLE about (lineage TEXT NOT NULL) STRICT;
CREATE TABLE repositories (
  id INTEGER PRIMARY KEY,
  instance TEXT NOT NULL,
  format TEXT NOT NULL,
  distribution TEXT NOT NULL,
  definition TEXT NOT NULL,
  -- The publication that clients see; null before the first.
  revision INTEGER,
  -- Raised by every writer that starts: an earlier one that wakes up late can move nothing.
  fence INTEGER NOT NULL DEFAULT 0,
  UNIQUE (instance, format, distribution)
) STRICT;
CREATE TABLE publications (
  repository INTEGER NOT NULL REFERENCES repositories,
  revision INTEGER NOT NULL,
  previous INTEGER,
  created INTEGER NOT NULL,
  packages INTEGER NOT NULL,
  added INTEGER NOT NULL,
  removed INTEGER NOT NULL,
  manifest TEXT NOT NULL,
  PRIMARY KEY (repository, revision)
) STRICT;
-- What a task came to: it is answered from here when it asks again.
CREATE TABLE publication_tasks (
  repository INTEGER NOT NULL REFERENCES repositories,
  task TEXT NOT NULL,
  revision INTEGER NOT NULL,
  PRIMARY KEY (repository, task)
) STRICT, WITHOUT ROWID;
CREATE INDEX publication_tasks_revision ON publication_tasks (repository, revision);
-- Packages, and the metadata of RPM repositories that is passed through (kind metadata: name is its type, architecture
-- its directory). A row may be there before any repository holds it.
CREATE TABLE packages (
  id INTEGER PRIMARY KEY,
  instance TEXT NOT NULL,
  format TEXT NOT NULL,
  kind TEXT NOT NULL,
  digest TEXT NOT NULL,
  content TEXT NOT NULL,
  name TEXT NOT NULL,
  version TEXT NOT NULL,
  architecture TEXT NOT NULL,
  source_name TEXT NOT NULL,
  source_version TEXT NOT NULL,
  section TEXT NOT NULL,
  summary TEXT NOT NULL,
  relations TEXT NOT NULL,
  files TEXT NOT NULL,
  UNIQUE (digest, kind, name, architecture, instance, format)
) STRICT;
CREATE INDEX packages_identity ON packages (name, version, architecture);
CREATE INDEX packages_source ON packages (source_name);
-- What a package puts into indexes, as it stands there.
CREATE TABLE parts (
  package INTEGER NOT NULL REFERENCES packages ON DELETE CASCADE,
  part TEXT NOT NULL,
  -- Whether zstd was worth it.
  compressed INTEGER NOT NULL,
  content BLOB NOT NULL,
  PRIMARY KEY (package, part)
) STRICT;
CREATE TABLE members (
  id INTEGER PRIMARY KEY,
  repository INTEGER NOT NULL REFERENCES repositories,
  derivative TEXT NOT NULL,
  package INTEGER NOT NULL REFERENCES packages,
  -- Of the package, for indexes in the order of names.
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  architecture TEXT NOT NULL,
  -- The first revision that holds it, and the first that does not any more, each with the task that asked.
  since INTEGER NOT NULL,
  -- When that was: its publication may be collected before it goes.
  published INTEGER NOT NULL,
  task TEXT,
  until INTEGER,
  until_task TEXT
) STRICT;
CREATE UNIQUE INDEX members_now ON members (repository, derivative, name, package, kind, architecture)
  WHERE until IS NULL;
CREATE INDEX members_metadata ON members (repository) WHERE kind = 'metadata' AND until IS NULL;
CREATE INDEX members_udeb ON members (repository, derivative) WHERE kind = 'udeb' AND until IS NULL;
CREATE INDEX members_package ON members (package, repository);
CREATE INDEX members_since ON members (repository, since);
CREATE INDEX members_until ON members (repository, until) WHERE until IS NOT NULL;
-- The revision that each list shows: the present one, unless it lags or nothing in it changed since.
CREATE TABLE lists (
  repository INTEGER NOT NULL REFERENCES repositories,
  list TEXT NOT NULL,
  revision INTEGER NOT NULL,
  PRIMARY KEY (repository, list)
) STRICT, WITHOUT ROWID;
-- The pieces of each list of the present publication: packages from (name, package) up to the next piece.
CREATE TABLE shards (
  repository INTEGER NOT NULL REFERENCES repositories,
  list TEXT NOT NULL,
  name TEXT NOT NULL,
  package INTEGER NOT NULL,
  -- Packages, and bytes that are not compressed.
  count INTEGER NOT NULL,
  size INTEGER NOT NULL,
  body INTEGER NOT NULL REFERENCES bodies,
  PRIMARY KEY (repository, list, name, package)
) STRICT, WITHOUT ROWID;
CREATE INDEX shards_body ON shards (body);
-- A piece as it is, where that is kept, and as it is written. Its row may be there before the shard's. No number is given
-- twice: it stands for the bytes.
CREATE TABLE bodies (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  -- Pairs of 32 bits: the row of each package in it, and how many bytes are its.
  entries BLOB,
  plain BLOB,
  packed BLOB NOT NULL
) STRICT;
`;
