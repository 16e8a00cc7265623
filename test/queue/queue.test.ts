import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../../src/queue/connection.ts';
import { openQueue } from '../../src/queue/open-queue.ts';
import { endAll, ended, hasCheckpoint, type Leash, leash, until } from './processes.ts';
import { hasRedis, type Server, startRedis } from './redis-server.ts';

/*
 * compare and sweep over a queue, against a Redis server of this test's own, with workers that are processes of their own.
 * Where there is no redis-server they are skipped.
 */

const folder = mkdtempSync(join(tmpdir(), 'leash-queue-'));
let server: Server;

beforeAll(async () => {
  if (hasRedis) server = await startRedis();
});
afterEach(endAll);
afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const queue = (prefix: string): string[] => ['--queue', server.address, '--queue-prefix', prefix];
const worker = (prefix: string, ...more: readonly string[]): Leash =>
  leash(['worker', ...queue(prefix), '--concurrency', '1', ...more]);

/** Until so many runs are in the queue: they are put there after the coordinator has said how many there are to make. */
async function waiting(prefix: string, runs: number, ...saying: readonly Leash[]): Promise<void> {
  let said = '';
  for (const start = performance.now(); !said.includes(`${runs} runs waiting`); await setTimeout(50)) {
    if (performance.now() - start > 240_000)
      throw new Error([...saying.map((each) => each.said()), said].join('\n---\n'));
    const status = leash(['queue', 'status', ...queue(prefix)]);
    expect(await status.code, status.said()).toBe(0);
    said = status.said();
  }
}

/** A config of short updates, with every file that a run may have. */
const config = {
  steps: 64 * 12,
  environment: { id: 'CartPole-v1', copies: 2 },
  rollout: { steps: 32 },
  ppo: { minibatchSize: 32, epochs: 2 },
  network: { policy: { hidden: [8] }, value: { hidden: [8] } },
  trustRegion: { ledger: true },
  evaluation: { every: 4, episodes: 2 },
  snapshots: { everyUpdates: 5 },
  reference: { policy: 'initial', beta: 0.01 },
  checkpoint: { everyUpdates: 5, keep: 'all' },
};

function configFile(name: string, changes: object = {}): string {
  const file = join(folder, name);
  writeFileSync(file, JSON.stringify({ ...config, ...changes }));
  return file;
}

/** Some seconds of training, with checkpoints. */
const long = {
  ...{ steps: 512 * 600, rollout: { steps: 256 }, ppo: { minibatchSize: 64, epochs: 8 } },
  ...{ network: { policy: { hidden: [64, 64] }, value: { hidden: [64, 64] } }, trustRegion: {} },
  ...{ checkpoint: { everyUpdates: 10, keep: 2 }, evaluation: null, snapshots: null },
};

/** What may differ between two runs of the same bytes: times, owners, what carries them. */
const OF_THE_MOMENT =
  /(owner\.json|log\.jsonl|timing\.jsonl|run\.json|report\.html|experiment\.json|\.lock\..*|checkpoints\/.*)$/;

/** Every file below a folder with its bytes; of those of the moment the names alone. */
function contents(path: string): Record<string, string> {
  const files = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files
      .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))
      .filter((name) => !name.includes('.lock.'))
      .sort()
      .map((name) => [name, OF_THE_MOMENT.test(name) ? '' : readFileSync(join(path, name), 'base64')]),
  );
}

/** A record without times. */
function recordOf(run: string): object {
  const {
    startedAt: _s,
    finishedAt: _f,
    seconds: _d,
    ...rest
  } = JSON.parse(readFileSync(join(run, 'run.json'), 'utf8')) as Record<string, unknown>;
  return rest;
}

const told = ['--tag', 'mine', '--note', 'of the queue'];

describe.skipIf(!hasRedis)('over a queue', () => {
  test('two workers make the runs and the report that threads of one process make', async () => {
    const files = [
      configFile('a.json'),
      configFile('b.json', { objective: { kind: 'clip', clipRange: 0.1 } }),
    ];
    const compare = ['compare', ...files, '--seeds', '2', '--name', 'study', ...told];
    const workers = [worker('same'), worker('same')];
    const over = leash([...compare, '--runs', join(folder, 'q'), ...queue('same')]);
    const local = leash([...compare, '--runs', join(folder, 'l')]);
    expect(await over.code, over.said()).toBe(0);
    expect(await local.code, local.said()).toBe(0);
    expect(contents(join(folder, 'q', 'study'))).toEqual(contents(join(folder, 'l', 'study')));
    for (const run of ['a/seed-0', 'a/seed-1', 'b/seed-0', 'b/seed-1'])
      expect(recordOf(join(folder, 'q', 'study', run))).toEqual(recordOf(join(folder, 'l', 'study', run)));
    expect(existsSync(join(folder, 'q', 'study', 'a', 'seed-0', 'reference.safetensors'))).toBe(true);
    for (const { child } of workers) await ended(child, 'SIGTERM');
    expect(workers.map(({ said }) => said()).join('')).toContain('completed');
  });

  test('another goes on where a killed worker was, and where one was that gave its run back', async () => {
    const file = configFile('long.json', long);
    const compare = ['compare', file, '--seeds', '1', '--name', 'long'];
    const rows = join(folder, 'k', 'long', 'long', 'seed-0', 'metrics.jsonl');
    const updates = (): number => (existsSync(rows) ? readFileSync(rows, 'utf8').split('\n').length - 1 : 0);
    const local = leash([...compare, '--runs', join(folder, 'kl')]);
    expect(await local.code).toBe(0);
    const over = leash([...compare, '--runs', join(folder, 'k'), ...queue('kill')]);
    const first = worker('kill');
    // Rows come before the checkpoint that they can be gone on with, and the next rows after all that came with it.
    await until(() => hasCheckpoint(dirname(rows)), first, over);
    const there = updates();
    await until(() => updates() > there, first, over);
    await ended(first.child, 'SIGKILL');
    const second = worker('kill');
    await until(() => /goes on from update \d+/.test(second.said()), second, over);
    const before = updates();
    await until(() => updates() > before, second, over);
    second.child.kill('SIGTERM');
    expect(await second.code).toBe(143);
    const third = worker('kill');
    expect(await over.code, over.said()).toBe(0);
    expect(third.said()).toMatch(/goes on from update \d+/);
    for (const name of ['metrics.jsonl', 'policy.safetensors'])
      expect(
        readFileSync(join(folder, 'k', 'long', 'long', 'seed-0', name)).equals(
          readFileSync(join(folder, 'kl', 'long', 'long', 'seed-0', name)),
        ),
      ).toBe(true);
  });

  test('a worker that is given its own run again, since it was silent, makes it once', async () => {
    const file = configFile('silent.json', long);
    const compare = ['compare', file, '--seeds', '1', '--name', 'silent'];
    const over = leash([...compare, '--runs', join(folder, 'w'), ...queue('silent')]);
    const both = leash(['worker', ...queue('silent'), '--concurrency', '2']);
    const connection = await connect(server.address, 'silent');
    try {
      const jobs = await openQueue(connection);
      await until(() => both.said().includes('begins'), both, over);
      const [job] = await jobs.getActive();
      const id = job?.id as string;
      // What BullMQ does to the job of a worker without a sign of life.
      await connection.redis
        .multi()
        .del(`${jobs.toKey(id)}:lock`)
        .lrem(jobs.toKey('active'), 0, id)
        .rpush(jobs.toKey('wait'), id)
        .zadd(jobs.toKey('marker'), 0, '0')
        .exec();
      await until(async () => (await jobs.getWaitingCount()) === 0, both, over);
    } finally {
      connection.close();
    }
    expect(await over.code, over.said() + both.said()).toBe(0);
    expect(both.said()).toMatch(/begins/);
    expect(both.said()).not.toMatch(/goes on from|is left/);
  });

  test('a coordinator that was killed, or stopped by a signal, fetches what was made meanwhile', async () => {
    const file = configFile('absent.json');
    const compare = [
      'compare',
      file,
      '--seeds',
      '3',
      '--name',
      'absent',
      '--runs',
      join(folder, 'c'),
      ...queue('absent'),
    ];
    const first = leash(compare);
    await waiting('absent', 3, first);
    await ended(first.child, 'SIGKILL');
    const second = leash(compare);
    await until(() => second.said().includes('3 runs to make'), second);
    second.child.kill('SIGINT');
    expect(await second.code, second.said()).toBe(130);
    // No update of its own has to end first.
    expect(second.said()).not.toContain('finishing');
    expect(second.said()).toMatch(/stopped; the same command goes on from here, and workers make the runs/);
    const alone = worker('absent');
    await until(() => alone.said().split('completed').length - 1 === 3);
    const third = leash(compare);
    expect(await third.code, third.said()).toBe(0);
    expect(alone.said().split('begins').length - 1).toBe(3);
  });

  test('a run that two studies wait for is made once', async () => {
    const file = configFile('shared.json');
    const compare = (name: string): Leash =>
      leash([
        'compare',
        file,
        '--seeds',
        '2',
        '--name',
        name,
        '--runs',
        join(folder, 's'),
        ...queue('shared'),
      ]);
    const studies = [compare('one'), compare('two')];
    await until(() => studies.every(({ said }) => said().includes('2 runs to make')));
    const alone = worker('shared');
    for (const { code, said } of studies) expect(await code, said()).toBe(0);
    expect(alone.said().split('begins').length - 1).toBe(2);
    const [one, two] = ['one', 'two'].map((name) => contents(join(folder, 's', name, 'shared')));
    expect(one).toEqual(two);
  });

  test('a config that fails does so at once, under the path that its run has here', async () => {
    writeFileSync(
      join(folder, 'failing.mjs'),
      `import { defineEnvironment } from 'leash-rl';
       export default defineEnvironment({
         id: 'Failing',
         create() {
           let steps = 0;
           return {
             observationSpace: { kind: 'box', low: [0], high: [1] }, actionSpace: { kind: 'discrete', n: 2 },
             reset(_random, observation) { observation[0] = 0; },
             step(_action, _random, observation, transition) {
               if (++steps > 100) throw new Error('worn out');
               observation[0] = 0;
               transition.reward = 1;
               transition.terminated = steps % 10 === 0;
             },
           };
         },
       });`,
    );
    const changes = {
      environment: { module: './failing.mjs', copies: 2 },
      reference: null,
      evaluation: null,
    };
    const file = configFile('failing.json', changes);
    const run = leash([
      'compare',
      file,
      '--seeds',
      '1',
      '--name',
      'failing',
      '--runs',
      join(folder, 'f'),
      ...queue('fail'),
    ]);
    const closed = worker('fail');
    await until(() => /only runs it with --allow-modules/.test(run.said()), run, closed);
    expect(run.said()).toMatch(/process \d+ on .* does not make run/);
    closed.child.kill('SIGTERM');
    await closed.code;
    const open = worker('fail', '--allow-modules');
    expect(await run.code, run.said()).toBe(1);
    const record = recordOf(join(folder, 'f', 'failing', 'failing', 'seed-0')) as {
      status: string;
      failure: string;
    };
    expect(record.status).toBe('failed');
    expect(record.failure).toContain(join(folder, 'f', 'failing', 'failing', 'seed-0'));
    expect(record.failure).toContain('worn out');
    expect(open.said().split('begins').length - 1).toBe(1);
  });

  test('paused, cancelled and drained: what another study waits for is made all the same', async () => {
    const manage = async (...words: readonly string[]): Promise<string> => {
      const command = leash(['queue', ...words, ...queue('manage')]);
      expect(await command.code, command.said()).toBe(0);
      return command.said();
    };
    const runs = join(folder, 'm');
    const file = configFile('managed.json', long);
    const study = (name: string, seeds: string): Leash =>
      leash(['compare', file, '--seeds', seeds, '--name', name, '--runs', runs, ...queue('manage')]);
    expect(await manage('pause')).toMatch(/^paused/);
    const both = study('both', '0-1');
    const one = study('one', '0-0');
    await until(() => [both, one].every(({ said }) => /to make/.test(said())), both, one);
    await waiting('manage', 2, both, one);
    const made = worker('manage');
    await until(() => made.said().includes('works at'), made);
    const status = await manage('status');
    expect(status).toMatch(/, paused: 2 runs waiting, 0 being made/);
    const called = [...status.matchAll(/^study .* called on \S+ at (\S+) /gm)].map(([, at]) => at as string);
    expect(called).toHaveLength(2);
    expect(called).toEqual(called.toSorted());
    expect(status).toMatch(/study both .* waits for 2 runs/);
    expect(status).toMatch(/study one .* waits for 1 run$/m);
    expect(status).toMatch(/worker process \d+ on .*, 1 run at once/);
    await manage('pause', '--off');
    await until(() => made.said().includes('begins'), made);
    expect(await manage('cancel', 'both')).toBe(
      'both: 2 runs cancelled; another study waits for 1 of them: made all the same\n',
    );
    expect(await both.code).toBe(1);
    expect(both.said()).toMatch(/both was cancelled \(leash queue cancel\)/);
    expect(await one.code, one.said()).toBe(0);
    expect(made.said()).not.toContain('seed 1');
    // What is being made when it is cancelled is left.
    const again = study('both', '2-4');
    await until(() => made.said().includes('seed 2 (CartPole-v1) begins'), made, again);
    const drained = await manage('drain');
    expect(drained).toMatch(/^2 runs taken out of the queue; 1 run being made/);
    await manage('cancel', 'both');
    await until(() => made.said().includes('seed 2 is left: nobody waits for it any more'), made, again);
    expect(await again.code).toBe(1);
    expect(await manage('status')).toMatch(/: 0 runs waiting, 0 being made/);
    const unknown = leash(['queue', 'cancel', 'none', ...queue('manage')]);
    expect(await unknown.code).toBe(2);
    expect(unknown.said()).toBe('leash: there is no study none at the queue; there is none\n');
  });

  test('seeds are added until the pairs are decided', async () => {
    const files = [
      configFile('u.json'),
      configFile('v.json', { objective: { kind: 'clip', clipRange: 0.1 } }),
    ];
    const compare = [
      'compare',
      ...files,
      '--until-decided',
      '--seeds',
      '2',
      '--max-seeds',
      '4',
      '--name',
      'looks',
    ];
    const maker = worker('looks');
    const over = leash([...compare, '--runs', join(folder, 'ud'), ...queue('looks')]);
    const local = leash([...compare, '--runs', join(folder, 'ul')]);
    expect([await over.code, await local.code], over.said() + maker.said()).toEqual([0, 0]);
    expect(contents(join(folder, 'ud', 'looks'))).toEqual(contents(join(folder, 'ul', 'looks')));
  });
});
