import { type EnrolResponse, newId, newSecret, ProblemError } from '@fatbuildr/domain';
import { redisPassword, redisUsername } from '@fatbuildr/queue';
import { audit } from './audit.ts';
import { type Context, change } from './context.ts';
import { redisForHosts } from './redis-for-hosts.ts';
import { grantRedis } from './redis-users.ts';
import { requireInstance } from './requirements.ts';
import { hashSecret } from './secrets.ts';
import type { Enrolments } from './services.ts';
import { newWorkerRow, refuseReservedPool } from './worker-rows.ts';

/** How long the token of an invitation is good, ms. */
const TOKEN_MS = 3_600_000;

/** How a build host becomes known: an administrator invites it by name, and it comes once with the token. */
export function createEnrolments(context: Context): Enrolments {
  const { config } = context;
  return {
    async invite({ name, pool, instances }, by) {
      refuseReservedPool(pool);
      for (const instance of instances ?? []) requireInstance(config, instance);
      await redisForHosts(config);
      const token = newSecret();
      const expires = await change(context, async (tx) => {
        if (await tx.workers.named(name)) throw nameTaken(name);
        const instancesJson = instances ? JSON.stringify(instances) : null;
        const times = { created: tx.now, expires: tx.now + TOKEN_MS };
        await tx.workers.removeInvitation(name);
        await tx.workers.invite({ tokenHash: hashSecret(token), name, pool, instancesJson, ...times });
        await audit(tx, by, 'worker-add', name, `pool ${pool}, instances ${instances?.join(', ') ?? 'all'}`);
        return times.expires;
      });
      return { name, pool, instances: instances ?? null, token, expires, api: config.api.publicUrl };
    },

    async enrol(token, origin): Promise<EnrolResponse> {
      const redis = await redisForHosts(config);
      const secret = newSecret();
      const row = await change(context, async (tx) => {
        const invitation = await tx.workers.invitation(hashSecret(token));
        if (!invitation || invitation.expires <= tx.now) throw badToken();
        if (await tx.workers.named(invitation.name)) throw nameTaken(invitation.name);
        const { name, pool, instancesJson } = invitation;
        const row = newWorkerRow({ id: newId(), name, pool, secret, instancesJson }, tx.now);
        await tx.workers.removeInvitation(name);
        await tx.workers.insert(row);
        await audit(tx, { name: `worker ${name}`, origin }, 'worker-enrol', row.id, name);
        return row;
      });
      await grantRedis(context, row.id);
      context.log.info({ worker: row.id, name: row.name, pool: row.pool }, 'worker enrolled');
      const credentials = { username: redisUsername(row.name), password: redisPassword(secret) };
      return { worker: row.id, name: row.name, pool: row.pool, secret, redis: { ...redis, ...credentials } };
    },
  };
}

function nameTaken(name: string): ProblemError {
  return new ProblemError('conflict', `There is a worker called ${name} already.`, {
    hint: `Choose another name, or remove that one first: fatbuildrctl workers remove ${name}`,
  });
}

function badToken(): ProblemError {
  return new ProblemError('not-authenticated', 'This enrolment token is not known: it was used, or it has expired.', {
    hint: 'An administrator makes a new one: fatbuildrctl workers add NAME',
  });
}
