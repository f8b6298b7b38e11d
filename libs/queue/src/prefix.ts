/** Where the keys of all queues begin; part of the workers' ACL. */
export const QUEUE_PREFIX = 'fatbuildr';
