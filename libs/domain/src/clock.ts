/** The time as integer milliseconds since the epoch, UTC. Passed in, so that tests own it. */
export type Clock = () => number;

export const systemClock: Clock = () => Date.now();
