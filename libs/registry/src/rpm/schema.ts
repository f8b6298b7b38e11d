/** As the tables of the APT repositories: membership is an interval of revisions. */
export const RPM_SCHEMA = `
CREATE TABLE IF NOT EXISTS rpm_repositories (
  id INTEGER PRIMARY KEY,
  instance TEXT NOT NULL,
  distribution TEXT NOT NULL,
  definition TEXT NOT NULL,
  revision INTEGER,
  fence INTEGER NOT NULL DEFAULT 0,
  UNIQUE (instance, distribution)
) STRICT;
CREATE TABLE IF NOT EXISTS rpm_publications (
  repository INTEGER NOT NULL REFERENCES rpm_repositories,
  revision INTEGER NOT NULL,
  previous INTEGER,
  created INTEGER NOT NULL,
  tasks TEXT NOT NULL,
  manifest TEXT NOT NULL,
  PRIMARY KEY (repository, revision)
) STRICT;
CREATE TABLE IF NOT EXISTS rpm_packages (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  digest TEXT NOT NULL UNIQUE,
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
  primary_xml BLOB NOT NULL,
  filelists_xml BLOB NOT NULL,
  other_xml BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS rpm_members (
  repository INTEGER NOT NULL REFERENCES rpm_repositories,
  derivative TEXT NOT NULL,
  package INTEGER NOT NULL REFERENCES rpm_packages,
  since INTEGER NOT NULL,
  until INTEGER,
  PRIMARY KEY (repository, derivative, package, since)
) STRICT;
CREATE INDEX IF NOT EXISTS rpm_members_now ON rpm_members (repository, derivative) WHERE until IS NULL;
CREATE INDEX IF NOT EXISTS rpm_packages_identity ON rpm_packages (name, version, architecture);
CREATE INDEX IF NOT EXISTS rpm_packages_source ON rpm_packages (source_name);
-- Pieces of lists as they were last written, so that a change renders and compresses what changed alone.
CREATE TABLE IF NOT EXISTS rpm_shards (
  target TEXT NOT NULL,
  list TEXT NOT NULL,
  shard TEXT NOT NULL,
  plain BLOB NOT NULL,
  packed BLOB NOT NULL,
  PRIMARY KEY (target, list, shard)
) STRICT;
`;
