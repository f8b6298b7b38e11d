export { createMembership, type Membership, type MembershipOptions } from './membership.ts';
export { type PhaseReporter, phaseReporter } from './phase-reporter.ts';
export { createShipper, type LogSource, type Shipper } from './shipper.ts';
export { createTransport, isRevoked, isStaleFence, mayPass, type Transport } from './transport.ts';
export { type AttemptApi, createWorkerApi, type ReadOrigin, type WorkerApi } from './worker-api.ts';
