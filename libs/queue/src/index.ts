export type { Queue } from 'bullmq';
export { passwordFile, type RedisRole, redisFor } from './own-redis.ts';
export { QUEUE_PREFIX } from './prefix.ts';
export { type DrawnTicket, openPuller, type Puller, type PullerOptions } from './puller.ts';
export type { RedisAddress } from './redis.ts';
export { openTickets, type Tickets, type TicketsOptions } from './tickets.ts';
export { openRedisUsers, type RedisUser, type RedisUsers, redisPassword, redisUsername, userRules } from './users.ts';
