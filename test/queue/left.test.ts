import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Connection, connect } from '../../src/queue/connection.ts';
import { cancelStudy } from '../../src/queue/control.ts';
import { keysOf } from '../../src/queue/keys.ts';
import { openQueue } from '../../src/queue/open-queue.ts';
import { idOf, packTask, sendBlob } from '../../src/queue/task.ts';
import { LEASH_VERSION } from '../../src/version.ts';
import { configWith } from '../bench/training.ts';
import { built } from '../built.ts';
import { until } from './processes.ts';
import { hasRedis, type Server, startRedis } from './redis-server.ts';

/* How a worker learns that nobody waits for its run any more: by the message, and by its next look where there is none. */

const root = process.cwd();
const folder = mkdtempSync(join(tmpdir(), 'leash-left-'));
/** As it is built: its threads would otherwise compile leash first. */
let workAt: typeof import('../../src/queue/queue-worker.ts').workAt;
beforeAll(async () => {
  ({ workAt } = await import(pathToFileURL(join(built, '../../queue/queue-worker.js')).href));
  process.chdir(folder);
});
afterAll(() => {
  process.chdir(root);
  rmSync(folder, { recursive: true, force: true });
});

let server: Server | undefined;
const connections: Connection[] = [];
afterEach(async () => {
  for (const each of connections.splice(0)) each.close();
  await server?.stop();
});

async function at(address: string): Promise<Connection> {
  const connection = await connect(address, 'left');
  connections.push(connection);
  return connection;
}

/** A run of hours that one study waits for. @returns its id */
async function ask({ redis, prefix }: Connection): Promise<string> {
  const keys = keysOf(prefix);
  const config = configWith(join(root, 'configs/quickstart.json'), 'steps=50000000');
  const { sum, blobs } = await packTask({ root: 'runs', label: 'a', config });
  for (const [each, bytes] of blobs) await sendBlob(redis, keys, each, bytes);
  const id = idOf(sum, 0);
  await redis.sadd(keys.run(id).studies, 'token');
  await redis.sadd(keys.runsOf('token'), id);
  const study = { name: 'study', host: 'here', leash: LEASH_VERSION, startedAt: new Date(0).toISOString() };
  await redis.hset(keys.studies, 'token', JSON.stringify(study));
  const jobs = await openQueue({ ...(await at(server?.address as string)), prefix });
  await jobs.add('run', { task: sum, seed: 0 }, { jobId: id });
  return id;
}

const HOUR = 3_600_000;
/** A server that lets nobody publish or listen. */
const WITHOUT_CHANNELS = ['--user', ...'default on nopass ~* resetchannels +@all'.split(' ')];

describe.skipIf(!hasRedis)('a worker leaves a run whose study was cancelled', () => {
  test.each([
    ['at the message, its next look an hour away', [], HOUR, 1],
    ['at its next look, where no message comes', WITHOUT_CHANNELS, 50, 0],
  ] as const)('%s', async (_title, settings, lookEvery, listeners) => {
    server = await startRedis(...settings);
    const own = await at(server.address);
    const id = await ask(own);
    const said: string[] = [];
    const says = (words: string): Promise<void> =>
      until(() => said.some((line) => line.includes(words)), { said: () => said.join('\n') });
    const end = new AbortController();
    const working = workAt(await at(server.address), {
      ...{ concurrency: 1, modules: false, lookEvery, signal: end.signal },
      onNotice: (line) => said.push(line),
    });
    await says('begins');
    await until(async () => (await own.redis.pubsub('NUMSUB', keysOf('left').left))[1] === listeners);
    expect(await cancelStudy(own, 'study')).toBe('study: 1 run cancelled');
    await says('is left: nobody waits for it any more');
    end.abort();
    await working;
    expect(existsSync(join('runs', id))).toBe(false);
  });
});
