export { configFileArgument } from './arguments.ts';
export { type EveryOptions, every, pause } from './every.ts';
export { type Lock, startLocked, takeLock } from './lock.ts';
export { createLogger, type Logger, type LoggerOptions } from './logger.ts';
export { isSupervised, notifyReady, READY_FD } from './readiness.ts';
export { backoff, type RetryOptions, retry } from './retry.ts';
export { EXIT, type Running, refuseConfig, runService, type ServiceOptions } from './run-service.ts';
