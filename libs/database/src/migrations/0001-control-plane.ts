/** Everything the control plane knows. Times are integer milliseconds UTC; `*_json` columns hold JSON. */
export const controlPlane = `
CREATE TABLE tasks (
  id TEXT PRIMARY KEY,
  instance TEXT NOT NULL,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  outcome TEXT,
  cause_json TEXT,
  artifact TEXT,
  version TEXT,
  format TEXT,
  distribution TEXT,
  derivative TEXT,
  architectures_json TEXT NOT NULL,
  submitter_json TEXT,
  requested_by TEXT NOT NULL,
  message TEXT,
  retry_of TEXT,
  priority INTEGER NOT NULL,
  request_json TEXT NOT NULL,
  created INTEGER NOT NULL,
  started INTEGER,
  ended INTEGER,
  committed INTEGER
);
CREATE INDEX tasks_by_age ON tasks (created, id);
CREATE INDEX tasks_active ON tasks (state) WHERE state <> 'done';

CREATE TABLE jobs (
  id TEXT PRIMARY KEY,
  task TEXT NOT NULL REFERENCES tasks (id),
  name TEXT NOT NULL,
  capability TEXT NOT NULL,
  state TEXT NOT NULL,
  outcome TEXT,
  cause_json TEXT,
  order_json TEXT NOT NULL,
  submitter TEXT NOT NULL,
  priority INTEGER NOT NULL,
  fence INTEGER NOT NULL,
  tries INTEGER NOT NULL,
  created INTEGER NOT NULL,
  not_before INTEGER NOT NULL,
  ticketed INTEGER,
  ended INTEGER
);
CREATE INDEX jobs_by_task ON jobs (task);
CREATE INDEX jobs_active ON jobs (state, capability) WHERE state <> 'done';

CREATE TABLE attempts (
  id TEXT PRIMARY KEY,
  job TEXT NOT NULL REFERENCES jobs (id),
  number INTEGER NOT NULL,
  fence INTEGER NOT NULL,
  worker TEXT NOT NULL,
  host TEXT NOT NULL,
  began INTEGER NOT NULL,
  ended INTEGER,
  outcome TEXT,
  cause_json TEXT,
  lease_expires INTEGER,
  heard INTEGER NOT NULL,
  handed_back INTEGER NOT NULL DEFAULT 0,
  log_length INTEGER NOT NULL DEFAULT 0,
  log_closed INTEGER NOT NULL DEFAULT 0,
  image TEXT,
  environment TEXT,
  UNIQUE (job, number)
);
CREATE INDEX attempts_live ON attempts (lease_expires) WHERE lease_expires IS NOT NULL;

CREATE TABLE phases (
  attempt TEXT NOT NULL REFERENCES attempts (id),
  name TEXT NOT NULL,
  began INTEGER NOT NULL,
  ended INTEGER,
  log_offset INTEGER NOT NULL,
  PRIMARY KEY (attempt, name)
);

CREATE TABLE attempt_files (
  attempt TEXT NOT NULL REFERENCES attempts (id),
  name TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  size INTEGER NOT NULL,
  PRIMARY KEY (attempt, name)
);

CREATE TABLE artifacts (
  task TEXT NOT NULL REFERENCES tasks (id),
  name TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  size INTEGER NOT NULL,
  PRIMARY KEY (task, name)
);

CREATE TABLE blobs (
  sha256 TEXT PRIMARY KEY,
  size INTEGER NOT NULL,
  created INTEGER NOT NULL
);
CREATE TABLE blob_refs (
  sha256 TEXT NOT NULL REFERENCES blobs (sha256),
  owner TEXT NOT NULL,
  PRIMARY KEY (sha256, owner)
);
CREATE TABLE uploads (
  id TEXT PRIMARY KEY,
  length INTEGER NOT NULL,
  name TEXT,
  sha256 TEXT,
  requested_by TEXT NOT NULL,
  created INTEGER NOT NULL
);

CREATE TABLE workers (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  pool TEXT NOT NULL,
  secret_hash TEXT UNIQUE,
  report_json TEXT,
  created INTEGER NOT NULL,
  seen INTEGER NOT NULL
);

CREATE TABLE tokens (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  secret_hash TEXT NOT NULL UNIQUE,
  instance TEXT NOT NULL,
  actions_json TEXT NOT NULL,
  created INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  last_used INTEGER
);

CREATE TABLE idempotency (
  requester TEXT NOT NULL,
  key TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  status INTEGER,
  body TEXT,
  created INTEGER NOT NULL,
  PRIMARY KEY (requester, key)
);

CREATE TABLE registry_packages (
  instance TEXT NOT NULL,
  format TEXT NOT NULL,
  distribution TEXT NOT NULL,
  derivative TEXT NOT NULL,
  name TEXT NOT NULL,
  version TEXT NOT NULL,
  architecture TEXT NOT NULL,
  source_name TEXT NOT NULL,
  source_version TEXT NOT NULL,
  package_json TEXT NOT NULL,
  PRIMARY KEY (instance, format, distribution, derivative, name, version, architecture)
);
CREATE INDEX registry_by_source ON registry_packages (instance, format, distribution, source_name);

CREATE TABLE publications (
  instance TEXT NOT NULL,
  format TEXT NOT NULL,
  distribution TEXT NOT NULL,
  revision INTEGER NOT NULL,
  published INTEGER NOT NULL,
  PRIMARY KEY (instance, format, distribution)
);

CREATE TABLE keyrings (
  instance TEXT PRIMARY KEY,
  info_json TEXT NOT NULL
);

CREATE TABLE changelog (
  task TEXT PRIMARY KEY,
  instance TEXT NOT NULL,
  format TEXT NOT NULL,
  distribution TEXT NOT NULL,
  derivative TEXT NOT NULL,
  artifact TEXT NOT NULL,
  entry_json TEXT NOT NULL,
  published INTEGER NOT NULL
);
CREATE INDEX changelog_by_artifact ON changelog (instance, format, distribution, derivative, artifact);

CREATE TABLE version_reservations (
  task TEXT PRIMARY KEY,
  instance TEXT NOT NULL,
  format TEXT NOT NULL,
  distribution TEXT NOT NULL,
  name TEXT NOT NULL,
  version TEXT NOT NULL
);
CREATE INDEX reservations_by_name ON version_reservations (instance, format, distribution, name);

CREATE TABLE audit (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  who TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail TEXT
);
`;
