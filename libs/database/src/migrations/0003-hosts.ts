/** Hosts that enrol: their invitations, what they may serve, and why one is given no jobs. */
export const hosts = `
ALTER TABLE workers ADD COLUMN redis_hash TEXT;
ALTER TABLE workers ADD COLUMN instances_json TEXT;
ALTER TABLE workers ADD COLUMN draining INTEGER NOT NULL DEFAULT 0;
ALTER TABLE workers ADD COLUMN quarantine TEXT;
ALTER TABLE workers ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;

CREATE TABLE enrolments (
  token_hash TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  pool TEXT NOT NULL,
  instances_json TEXT,
  created INTEGER NOT NULL,
  expires INTEGER NOT NULL
);
`;
