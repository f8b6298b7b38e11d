/** Roles of tokens; where audited requests came from and what became of them; whose instance a job is of. */
export const access = `
ALTER TABLE tokens ADD COLUMN role TEXT;

ALTER TABLE audit ADD COLUMN origin TEXT;
ALTER TABLE audit ADD COLUMN outcome TEXT NOT NULL DEFAULT 'done';
CREATE INDEX audit_by_who ON audit (who, id);
CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_is_final BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;

ALTER TABLE jobs ADD COLUMN instance TEXT NOT NULL DEFAULT '';
UPDATE jobs SET instance = (SELECT instance FROM tasks WHERE tasks.id = jobs.task);

CREATE INDEX attempts_by_end ON attempts (ended);
`;
