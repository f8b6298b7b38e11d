/**
 * Which package was in which publications: from revision `since` on, until before `until`. The publisher tells it again
 * from the beginning, so nothing of the earlier view is kept.
 */
export const publications = `
DROP TABLE registry_packages;
DROP TABLE publications;

CREATE TABLE repositories (
  instance TEXT NOT NULL,
  format TEXT NOT NULL,
  distribution TEXT NOT NULL,
  lineage TEXT NOT NULL,
  oldest INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  PRIMARY KEY (instance, format, distribution)
);

CREATE TABLE publications (
  instance TEXT NOT NULL,
  format TEXT NOT NULL,
  distribution TEXT NOT NULL,
  revision INTEGER NOT NULL,
  previous INTEGER,
  created INTEGER NOT NULL,
  added INTEGER NOT NULL,
  removed INTEGER NOT NULL,
  tasks_json TEXT NOT NULL,
  files_json TEXT NOT NULL,
  PRIMARY KEY (instance, format, distribution, revision)
);

CREATE TABLE published_packages (
  instance TEXT NOT NULL,
  format TEXT NOT NULL,
  distribution TEXT NOT NULL,
  name TEXT NOT NULL,
  derivative TEXT NOT NULL,
  version TEXT NOT NULL,
  architecture TEXT NOT NULL,
  since INTEGER NOT NULL,
  until INTEGER,
  sha256 TEXT NOT NULL,
  source_name TEXT NOT NULL,
  source_version TEXT NOT NULL,
  package_json TEXT NOT NULL,
  PRIMARY KEY (instance, format, distribution, name, derivative, version, architecture, since)
);
CREATE INDEX published_by_source ON published_packages (instance, format, distribution, source_name);
CREATE INDEX published_since ON published_packages (instance, format, distribution, since);
CREATE INDEX published_until ON published_packages (instance, format, distribution, until) WHERE until IS NOT NULL;

ALTER TABLE tasks ADD COLUMN dry_run INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN preview_json TEXT;
`;
