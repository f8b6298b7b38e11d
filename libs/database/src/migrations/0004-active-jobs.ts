/** What is looked at for every dispatch stands in the index alone: the rows hold whole orders. */
export const activeJobs = `
DROP INDEX jobs_active;
CREATE INDEX jobs_active ON jobs (
  created, id, task, instance, name, capability, state, outcome, submitter, priority, fence, tries, not_before,
  ticketed, ended
) WHERE state <> 'done';
`;
