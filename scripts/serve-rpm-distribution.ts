import { serveRpmDistribution } from '../test/e2e/rpm/distribution.ts';

const [cache, port] = process.argv.slice(2);
if (cache === undefined || port === undefined) throw new Error('usage: serve-rpm-distribution.ts CACHE PORT');

// It serves until it is ended.
await serveRpmDistribution(cache, Number(port));
