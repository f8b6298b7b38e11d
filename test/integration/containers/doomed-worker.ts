/** Starts what an attempt has, a container, an overlay and a network, then says `ready` and waits to be killed. */
import { createJobNetwork, createNspawnRunner } from '@fatbuildr/containers';
import { containerOn } from './support.ts';

const [workspaces = '', name = '', seconds = ''] = process.argv.slice(2);
const { spec } = await containerOn(workspaces, name);
const { namespace } = await createJobNetwork({ name, onConnection: (socket) => socket.destroy() });
await createNspawnRunner({ warn: console.error }).start(
  spec(`trap "" TERM; (setsid sleep ${seconds} &); sleep ${seconds}; sleep ${seconds}`, {
    name: `${name}-build`,
    network: { kind: 'namespace', name: namespace },
    limits: { processes: 50 },
  }),
);
console.log('ready', process.pid);
setInterval(() => undefined, 60_000);
