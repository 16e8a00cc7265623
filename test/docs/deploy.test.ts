import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { keysOf } from '../../src/queue/keys.ts';
import { LEASH_VERSION } from '../../src/version.ts';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const compose = read('docs/deploy/compose.yaml');
const kubernetes = read('docs/deploy/kubernetes.yaml');
const { devDependencies } = JSON.parse(read('package.json')) as { devDependencies: Record<string, string> };

/** What is installed where a worker runs. */
const INSTALLED = [
  `leash-rl@${LEASH_VERSION}`,
  ...['bullmq', 'ioredis'].map((name) => `${name}@${devDependencies[name]}`),
];

interface Service {
  readonly command: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly depends_on?: object;
}

test('compose.yaml has Redis that loses nothing, workers that install this leash, and a study', () => {
  const { services, volumes } = parse(compose, { merge: true }) as {
    services: Record<'redis' | 'worker' | 'study', Service>;
    volumes: object;
  };
  expect(Object.keys(volumes)).toEqual(['redis']);
  const redis = services.redis.command.join(' ');
  expect(redis).toContain('--appendonly yes');
  expect(redis).toContain('--maxmemory-policy noeviction');
  for (const each of [services.worker, services.study]) {
    for (const name of INSTALLED) expect(each.entrypoint?.join(' ')).toContain(name);
    expect(each.environment.LEASH_QUEUE_PASSWORD).toMatch(/^\$\{LEASH_QUEUE_PASSWORD:\?/);
    expect(each.depends_on).toEqual({ redis: { condition: 'service_healthy' } });
  }
  expect(services.worker.command).toEqual(['worker', '--queue', 'redis://redis']);
  expect(services.study.command.slice(0, 1)).toEqual(['compare']);
});

test('kubernetes.yaml has what it names, and scales by the keys in which runs wait and are made', () => {
  const documents = parseAllDocuments(kubernetes);
  expect(documents.flatMap(({ errors }) => errors)).toEqual([]);
  const all = documents.map((each) => each.toJS() as { kind: string; metadata: { name: string } });
  expect(all.map(({ kind, metadata: { name } }) => `${kind} ${name}`)).toEqual([
    'Service leash-redis',
    'StatefulSet leash-redis',
    'Deployment leash-worker',
    'TriggerAuthentication leash-queue',
    'ScaledObject leash-worker',
  ]);
  for (const name of INSTALLED) expect(kubernetes).toContain(name);
  expect(kubernetes).toContain('--appendonly yes --maxmemory-policy noeviction');
  const { spec } = all[4] as unknown as {
    spec: { scaleTargetRef: { name: string }; triggers: { metadata: Record<string, string> }[] };
  };
  expect(spec.scaleTargetRef.name).toBe('leash-worker');
  // BullMQ: PREFIX:QUEUE:STATE; jobs with priorities wait in `prioritized`.
  const queue = `leash:${keysOf('leash').queue(LEASH_VERSION)}`;
  expect(spec.triggers.map(({ metadata }) => metadata.listName)).toEqual([
    `${queue}:prioritized`,
    `${queue}:active`,
  ]);
  // The runs of one worker.
  for (const { metadata } of spec.triggers)
    expect(kubernetes).toContain(`worker --queue redis://leash-redis --concurrency ${metadata.listLength}`);
});
