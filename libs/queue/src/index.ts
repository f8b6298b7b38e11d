export type { Queue } from 'bullmq';
export { type DrawnTicket, openPuller, type Puller, type PullerOptions } from './puller.ts';
export { openTickets, QUEUE_PREFIX, type Tickets, type TicketsOptions } from './tickets.ts';
