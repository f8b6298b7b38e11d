/** What a token may be allowed to do. */
export const ACTIONS = ['view', 'build', 'cancel', 'registry-edit', 'keyring', 'images', 'admin'] as const;

/** How a task, job or attempt ended. */
export const OUTCOMES = [
  'success',
  'build-failure',
  'dependency-failure',
  'infrastructure-failure',
  'publish-failure',
  'timeout',
  'rejected',
  'cancelled',
] as const;
