import { GenericContainer, getContainerRuntimeClient, Wait } from 'testcontainers';

/** Made by `scripts/setup test` from the Redis this machine has installed. */
const image = 'localhost/fatbuildr-test-redis:7';
const host = '127.0.0.1';

/** testcontainers publishes ports on every address; a Redis without a password is published on the loopback alone. */
class LoopbackContainer extends GenericContainer {
  protected override async beforeContainerCreated(): Promise<void> {
    for (const bindings of Object.values<{ HostIp?: string }[]>(this.hostConfig.PortBindings ?? {})) {
      for (const binding of bindings) binding.HostIp = host;
    }
  }
}

/** A Redis of one's own, empty at start, on a free port of the loopback. */
export interface TestRedis {
  url: string;
  host: string;
  port: number;
  /** Freezes it: connections stay open, nothing answers until `resume`. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Kills it: connections break, everything it held is lost. `up` brings an empty one back on the same port. */
  down(): Promise<void>;
  up(): Promise<void>;
  /** Removes it for good; call this once, whatever state it is in. */
  stop(): Promise<void>;
}

/**
 * Starts a Redis container. Needs the podman service that the integration and e2e projects start by themselves.
 * @throws Error when no container service answers or the image was not made.
 */
export async function startRedis(): Promise<TestRedis> {
  const container = await new LoopbackContainer(image)
    .withExposedPorts(6379)
    .withWaitStrategy(Wait.forLogMessage('Ready to accept connections'))
    .start()
    .catch((cause: unknown) => {
      throw new Error(`cannot start ${image}. Set up podman and the image with: scripts/setup test`, { cause });
    });
  const runtime = await getContainerRuntimeClient();
  const handle = runtime.container.getById(container.getId());
  const port = container.getMappedPort(6379);
  let frozen = false;
  return {
    url: `redis://${host}:${port}`,
    host,
    port,
    async pause() {
      await handle.pause();
      frozen = true;
    },
    async resume() {
      await handle.unpause();
      frozen = false;
    },
    down: () => handle.kill(),
    up: () => handle.start(),
    async stop() {
      if (frozen) await handle.unpause();
      await container.stop({ timeout: 0 });
    },
  };
}
