import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createMetrics } from './metrics.ts';
import { quietFarm } from './test-reading.ts';

const read = (path: string) => readFileSync(new URL(`../../../../deploy/${path}`, import.meta.url), 'utf8');
const alerts = [...read('prometheus/alerts.yml').matchAll(/^ +expr: (.+)$/gm)].map(([, expr = '']) => expr);
const dashboard = JSON.parse(read('grafana/fatbuildr.json')) as {
  panels: { title: string; targets: { expr: string }[] }[];
};
const panels = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));

/** Names of metrics in a PromQL expression, without those that Prometheus itself makes. */
function metricsIn(expression: string): string[] {
  return expression.match(/\b(fatbuildr|nodejs|process)_\w+/g) ?? [];
}

/** Every series name that the exposition promises, histograms with their three. */
async function exposed(): Promise<Map<string, string>> {
  const { body } = await createMetrics({ version: '3.0.0', read: async () => quietFarm() }).render();
  const types = [...body.matchAll(/^# TYPE (\w+) (\w+)$/gm)];
  return new Map(
    types.flatMap(([, name = '', type = '']) =>
      type === 'histogram'
        ? ['_bucket', '_sum', '_count'].map((end): [string, string] => [name + end, type])
        : [[name, type]],
    ),
  );
}

test('there is something to check', () => {
  expect(alerts.length).toBeGreaterThan(7);
  expect(panels.length).toBeGreaterThan(15);
});

test.each([...alerts, ...panels])('%s names metrics that exist, and rates of counters only', async (expression) => {
  const known = await exposed();
  for (const name of metricsIn(expression)) expect([...known.keys()]).toContain(name);
  for (const [, name = ''] of expression.matchAll(/(?:rate|increase)\((\w+)/g)) {
    expect(['counter', 'histogram']).toContain(known.get(name));
  }
});

test('what everybody should be told of has an alert', () => {
  const all = alerts.join('\n');
  for (const name of ['up', 'workers', 'jobs_oldest_wait_seconds', 'leases_lost_total', 'keyring_expiry']) {
    expect(all).toContain(name);
  }
  expect(all).toContain('outcome="publish-failure"');
  expect(all).toContain('fatbuildr_disk_free_bytes');
});
