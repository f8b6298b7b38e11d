import { startDaemon } from '@fatbuildr/daemon/src/daemon.ts';
import { redisPart } from '@fatbuildr/daemon/src/redis.ts';
import { createLogger, runService } from '@fatbuildr/service';
import { makeSite, standIn } from './helper.ts';

/** fatbuildrd with stand-ins for its services, as a process of its own; prints the pid of everything once it runs. */
const site = await makeSite();
const redis = redisPart({ socket: site.config.redis.socket, directory: `${site.config.paths.state}/redis` });

runService({
  log: createLogger({ name: 'fatbuildrd', destination: { write: (line) => process.stdout.write(line) } }),
  environment: {},
  start: async (signal) => {
    const running = await startDaemon({
      config: site.config,
      parts: [redis, standIn(site, 'a')],
      log: createLogger({ name: 'fatbuildrd' }),
      output: () => {},
      signal,
    });
    process.stdout.write(`${JSON.stringify({ msg: 'farm ready', directory: site.directory })}\n`);
    return running;
  },
});
