import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Connection, connect } from '../../src/queue/connection.ts';
import { sumOf } from '../../src/queue/chunk.ts';
import { keysOf } from '../../src/queue/keys.ts';
import { openQueue } from '../../src/queue/open-queue.ts';
import { idOf, packTask, sendBlob, type Task } from '../../src/queue/task.ts';
import { LEASH_VERSION } from '../../src/version.ts';
import { describeWorkers, signOn } from '../../src/queue/workers.ts';
import { configWith } from '../bench/training.ts';
import { endAll, ended, hasCheckpoint, type Leash, leash, until } from './processes.ts';
import { freePort, hasRedis, type Server, startRedis } from './redis-server.ts';

/* Who is refused, and what a disk or a dead machine does to a study: one line, and nothing already done is lost. */

const folder = mkdtempSync(join(tmpdir(), 'leash-refusals-'));
const PASSWORD = 'a password that nobody reads';
/** Encrypted, with a password, and open on another port. */
let server: Server;
let tlsPort: number;
const certificate = join(folder, 'certificate.pem');
const key = join(folder, 'key.pem');

beforeAll(async () => {
  if (!hasRedis) return;
  execFileSync(
    'openssl',
    [
      ...[
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2',
      ],
      ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
      ...['-keyout', key, '-out', certificate],
    ],
    { stdio: 'ignore' },
  );
  tlsPort = await freePort();
  server = await startRedis(
    ...['--requirepass', PASSWORD, '--tls-port', String(tlsPort), '--tls-auth-clients', 'no'],
    ...['--tls-cert-file', certificate, '--tls-key-file', key],
  );
  process.env.LEASH_QUEUE_PASSWORD = PASSWORD;
});
afterEach(endAll);
afterAll(async () => {
  delete process.env.LEASH_QUEUE_PASSWORD;
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const queue = (prefix: string): string[] => ['--queue', server.address, '--queue-prefix', prefix];
const worker = (prefix: string, ...more: readonly string[]): Leash =>
  leash(['worker', ...queue(prefix), '--concurrency', '1', ...more]);

async function at<T>(prefix: string, use: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await connect(server.address, prefix);
  try {
    return await use(connection);
  } finally {
    connection.close();
  }
}

const config = {
  steps: 64 * 12,
  environment: { id: 'CartPole-v1', copies: 2 },
  rollout: { steps: 32 },
  ppo: { minibatchSize: 32, epochs: 2 },
  network: { policy: { hidden: [8] }, value: { hidden: [8] } },
};

/** Some seconds of training, with checkpoints. */
const long = {
  ...{ steps: 512 * 60, rollout: { steps: 256 }, ppo: { minibatchSize: 64, epochs: 8 } },
  ...{ network: { policy: { hidden: [64, 64] }, value: { hidden: [64, 64] } } },
  checkpoint: { everyUpdates: 5, keep: 2 },
};

/** So many that a process which is to be killed in its midst has not ended before, whatever a busy machine does meanwhile. */
const longer = { ...long, steps: 512 * 400, checkpoint: { everyUpdates: 20, keep: 2 } };

function configFile(name: string, changes: object = {}): string {
  const file = join(folder, name);
  writeFileSync(file, JSON.stringify({ ...config, ...changes }));
  return file;
}

const compare = (file: string, runs: string, name: string, ...more: readonly string[]): Leash =>
  leash(['compare', file, '--seeds', '1', '--name', name, '--runs', runs, ...more]);

/** Bytes of a run that say whether it is the same. */
const bytesOf = (run: string): string[] =>
  ['metrics.jsonl', 'policy.safetensors'].map((name) => readFileSync(join(run, name), 'base64'));

/** A disk of a megabyte; undefined where none can be mounted: it takes root. */
const disk: string | undefined = (() => {
  const path = join(folder, 'disk');
  mkdirSync(path);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', path], { stdio: 'ignore' });
    return path;
  } catch {
    return undefined;
  }
})();
afterAll(() => {
  if (disk !== undefined) execFileSync('umount', ['--lazy', disk]);
});

/** Empties the disk, then leaves so many bytes of it. @returns what gives the others free */
function fill(path: string, left: number): () => void {
  for (const name of readdirSync(path)) rmSync(join(path, name), { recursive: true });
  const filler = join(path, 'filler');
  writeFileSync(filler, Buffer.alloc(1024 * 1024 - left));
  return () => rmSync(filler);
}

describe.skipIf(!hasRedis)('a worker', () => {
  test('of another leash is named to the coordinator', async () => {
    await at('versions', async ({ redis }) => {
      const keys = keysOf('versions');
      await signOn(redis, keys, { name: 'process 1 on elsewhere', leash: '0.0.1', concurrency: 4 });
      expect(await describeWorkers(redis, keys)).toMatch(
        /^no worker of leash \d+\.\d+\.\d+ is at the queue yet: .*; those of leash 0\.0\.1 make no runs of \d+\.\d+\.\d+$/,
      );
    });
  });

  test('does not make a run of another leash, or that an engine with other bytes began', async () => {
    await at('other', async (connection) => {
      const keys = keysOf('other');
      const planned = { root: 'runs', label: 'a', config: configWith('configs/quickstart.json') };
      const { sum, blobs } = await packTask(planned);
      const task = JSON.parse(String(blobs.get(sum))) as Task;
      const jobs = await openQueue(connection);
      for (const changes of [{ leash: '0.0.1' }, { fingerprint: 'another' }]) {
        const bytes = Buffer.from(JSON.stringify({ ...task, ...changes }));
        const id = idOf(sumOf(bytes), 0);
        await sendBlob(connection.redis, keys, sumOf(bytes), bytes);
        await connection.redis.sadd(keys.run(id).studies, 'study');
        await jobs.add('run', { task: sumOf(bytes), seed: 0 }, { jobId: id });
      }
      const refusing = worker('other');
      // Others may take them, and whoever waits for them is told.
      await until(async () => (await jobs.getDelayedCount()) === 2, refusing);
      const told = (await connection.redis.zrange(keys.newsOf('study'), 0, '-1')).join('\n');
      expect(told).toMatch(/^!process \d+ on .* does not make run/);
      for (const text of [told, refusing.said()]) {
        expect(text).toMatch(/: it is of leash 0\.0\.1, this is \d/);
        expect(text).toMatch(/: engine auto computes other bytes here than where its study was begun/);
      }
      expect(refusing.said()).not.toContain('begins');
    });
  });

  test('whose folder cannot be made says so at once', async () => {
    const nowhere = worker('nowhere', '--dir', '/proc/leash');
    expect(await nowhere.code).toBe(2);
    expect(nowhere.said()).toContain('leash: --dir /proc/leash: ENOENT');
  });

  test.skipIf(disk === undefined)('whose disk is full tries again after longer and longer', async () => {
    const makeRoom = fill(disk as string, 40_000);
    const full = worker('full', '--dir', disk as string);
    const over = compare(configFile('full.json', long), join(folder, 'full'), 'full', ...queue('full'));
    const tries = (): string[] => full.said().match(/no space left on the device.*tried again/g) ?? [];
    await until(() => tries().length > 0, full, over);
    await at('full', async (connection) => {
      const jobs = await openQueue(connection);
      // A second after the first fault, two after the second.
      await until(async () => (await jobs.getDelayed())[0]?.attemptsMade === 2, full, over);
      const [job] = await jobs.getDelayed();
      expect(job?.delay).toBe(2000);
    });
    makeRoom();
    expect(await over.code, over.said() + full.said()).toBe(0);
  });
});

describe.skipIf(!hasRedis)('a coordinator', () => {
  test.each([['bullmq', 'ioredis'], ['bullmq']])(
    'without the packages says which: %s %s',
    async (...absent) => {
      const root = fileURLToPath(new URL('../..', import.meta.url));
      const installed = join(folder, `installed-${absent.length}`);
      mkdirSync(join(installed, 'node_modules'), { recursive: true });
      for (const each of readdirSync(join(root, 'node_modules')))
        if (!absent.includes(each))
          symlinkSync(join(root, 'node_modules', each), join(installed, 'node_modules', each));
      cpSync(join(root, 'dist'), join(installed, 'dist'), { recursive: true });
      cpSync(join(root, 'package.json'), join(installed, 'package.json'));
      const without = leash(['worker', ...queue('none')], {}, join(installed, 'dist/src/cli/main.js'));
      expect(await without.code).toBe(2);
      expect(without.said()).toBe(
        'leash: --queue needs two packages beside leash: npm install bullmq@6.7.0 ioredis@6.0.0 (with -g where leash was installed so)\n',
      );
    },
  );

  test('whose user may too little says so, and ends', async () => {
    await at('weak', ({ redis }) =>
      redis.call('ACL', 'SETUSER', 'weak', 'on', '>weak', '~other:*', '&*', '+@all'),
    );
    const address = server.address.replace('//', '//weak@');
    const flags = ['--queue', address, '--queue-prefix', 'weak'];
    const study = ['compare', configFile('weak.json'), '--runs', join(folder, 'weak'), ...flags];
    for (const args of [['queue', 'status', ...flags], study]) {
      const refused = leash(args, { LEASH_QUEUE_PASSWORD: 'weak' });
      expect(await refused.code, refused.said()).toBe(1);
      expect(refused.said().trimEnd()).toMatch(
        /^leash: --queue redis:\/\/weak@127\.0\.0\.1:\d+ refuses: NOPERM [^\n]*$/,
      );
    }
    expect(existsSync(join(folder, 'weak'))).toBe(false);
  });

  test.each(['studies', 'workers', `leash-${LEASH_VERSION}:meta`, 'run'])(
    'at a prefix that another program has keys of says so: %s',
    async (key) => {
      const prefix = `taken.${key}`;
      const runs = join(folder, prefix);
      const study = ['compare', configFile('taken.json'), '--seeds', '1', '--runs', runs, ...queue(prefix)];
      await at(prefix, async ({ redis }) => {
        if (key !== 'run') await redis.set(`${prefix}:${key}`, 'theirs');
        else {
          const { sum } = await packTask({
            ...{ root: runs, label: 'taken', config: { ...configWith(study[1] as string), seed: 0 } },
          });
          await redis.set(keysOf(prefix).run(idOf(sum, 0)).state, 'theirs');
        }
      });
      const line = new RegExp(
        `leash: --queue ${server.address} refuses: [^\\n]*WRONGTYPE [^\\n]*: a key that begins with this --queue-prefix is another program's[^\\n]*\n$`,
      );
      const asked = key === 'run' ? [study] : [['queue', 'status', ...queue(prefix)], study];
      for (const args of asked) {
        const refused = leash(args);
        expect(await refused.code, refused.said()).toBe(1);
        expect(refused.said()).toMatch(line);
        expect(refused.said()).not.toMatch(/^ {4}at /m);
      }
    },
  );

  test('and a look at the queue leave out entries that leash did not write', async () => {
    const keys = keysOf('odd');
    await at('odd', async ({ redis }) => {
      const entries = ['no JSON', '[]', '{"name": 1}', 'null'];
      for (const [i, entry] of entries.entries()) {
        await redis.zadd(keys.workers, Number.MAX_SAFE_INTEGER, entry);
        await redis.hset(keys.studies, `token-${i}`, entry);
      }
    });
    const status = leash(['queue', 'status', ...queue('odd')]);
    expect(await status.code, status.said()).toBe(0);
    expect(status.said()).toContain(
      'study token-0: what is said of it at the queue is damaged, waits for 0 runs',
    );
    expect(status.said()).toContain('no worker\n');
    const cancelled = leash(['queue', 'cancel', 'token-3', ...queue('odd')]);
    expect(await cancelled.code, cancelled.said()).toBe(0);
    const made = worker('odd');
    const over = compare(configFile('odd.json'), join(folder, 'odd'), 'odd', ...queue('odd'));
    expect(await over.code, over.said() + made.said()).toBe(0);
    await at('odd', async ({ redis }) =>
      expect((await redis.hkeys(keys.studies)).sort()).toEqual(['token-0', 'token-1', 'token-2']),
    );
  });

  test('speaks TLS to whom it may trust, and the password is in no log and no run', async () => {
    const address = `rediss://localhost:${tlsPort}`;
    const flags = ['--queue', address, '--queue-prefix', 'tls'];
    const distrusted = leash(['queue', 'status', ...flags]);
    expect(await distrusted.code).toBe(1);
    expect(distrusted.said()).toBe(
      `leash: --queue ${address}: no encrypted connection (DEPTH_ZERO_SELF_SIGNED_CERT); NODE_EXTRA_CA_CERTS names a file of certificates to trust beside the system's\n`,
    );
    const trust = { NODE_EXTRA_CA_CERTS: certificate };
    const runs = join(folder, 'tls');
    const dir = join(folder, 'worker');
    const made = leash(['worker', ...flags, '--concurrency', '1', '--dir', dir], trust);
    const file = configFile('tls.json');
    const study = ['compare', file, '--seeds', '1', '--name', 'tls', '--runs', runs, ...flags];
    const over = leash(study, trust);
    expect(await over.code, over.said()).toBe(0);
    // Killed, it leaves what it has; alive it removes the run while this reads.
    await ended(made.child, 'SIGKILL');
    const files = [runs, dir].flatMap((each) =>
      readdirSync(each, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()),
    );
    expect(files.map(({ name }) => name)).toContain('log.jsonl');
    const texts = files.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'));
    for (const text of [...texts, made.said(), over.said()]) expect(text.includes(PASSWORD)).toBe(false);
  });

  test.skipIf(disk === undefined)(
    'whose disk is full ends in one line; called again, it goes on',
    async () => {
      const runs = join(disk as string, 'runs');
      const makeRoom = fill(disk as string, 60_000);
      const file = configFile('disk.json', long);
      const made = worker('disk');
      const over = compare(file, runs, 'disk', ...queue('disk'));
      expect(await over.code, over.said()).toBe(1);
      const lines = over.said().trimEnd().split('\n');
      expect(lines.filter((line) => line.startsWith('leash: ')).length, over.said()).toBe(1);
      expect(lines.at(-1)).toMatch(/no space left on the device/);
      await until(() => made.said().includes('completed'), made);
      makeRoom();
      const again = compare(file, runs, 'disk', ...queue('disk'));
      const local = compare(file, join(folder, 'local'), 'disk');
      expect([await again.code, await local.code], again.said()).toEqual([0, 0]);
      expect(made.said().match(/begins|goes on/g)?.length).toBe(1);
      expect(bytesOf(join(runs, 'disk', 'disk', 'seed-0'))).toEqual(
        bytesOf(join(folder, 'local', 'disk', 'disk', 'seed-0')),
      );
    },
  );
});

describe.skipIf(!hasRedis)('what a run begins with', () => {
  test('does not travel where it is a LayersModel: one line, and no run', async () => {
    const file = fileURLToPath(new URL('../../configs/frozen-lake-4x4-conv.json', import.meta.url));
    const runs = join(folder, 'layers');
    const over = compare(file, runs, 'layers', ...queue('layers'));
    expect(await over.code, over.said()).toBe(2);
    const lines = over.said().trimEnd().split('\n');
    expect(lines.filter((line) => line.startsWith('leash: '))).toEqual([
      'leash: network.tfjs.policy names a LayersModel, which does not travel over --queue: leave out --queue',
    ]);
    expect(existsSync(join(runs, 'layers'))).toBe(false);
  });

  test('travels where it is a policy', async () => {
    const first = leash(['train', configFile('first.json'), '--quiet', '--runs', join(folder, 'policies')]);
    expect(await first.code, first.said()).toBe(0);
    const policy = join(folder, 'policies', 'first', 'seed-0');
    const file = configFile('from.json', {
      network: { ...config.network, initialWeights: policy },
      reference: { policy: join(policy, 'policy.safetensors'), beta: 0.01 },
    });
    const made = worker('from');
    const over = compare(file, join(folder, 'q'), 'from', ...queue('from'));
    const local = compare(file, join(folder, 'l'), 'from');
    expect([await over.code, await local.code], over.said() + made.said()).toEqual([0, 0]);
    const [there, here] = ['q', 'l'].map((each) => join(folder, each, 'from', 'from', 'seed-0'));
    expect(bytesOf(there as string)).toEqual(bytesOf(here as string));
    expect(existsSync(join(there as string, 'reference.safetensors'))).toBe(true);
    expect(made.said()).toContain('completed');
  });

  test('is the run that a killed process had begun here: a worker goes on with it', async () => {
    const file = configFile('half.json', longer);
    const runs = join(folder, 'half');
    const run = join(runs, 'half', 'half', 'seed-0');
    const local = compare(file, runs, 'half');
    await until(() => hasCheckpoint(run), local);
    await endAll();
    const made = worker('half');
    const over = compare(file, runs, 'half', ...queue('half'));
    const whole = compare(file, join(folder, 'whole'), 'half');
    expect([await over.code, await whole.code], over.said() + made.said()).toEqual([0, 0]);
    expect(made.said()).toMatch(/goes on from update [1-9]/);
    expect(bytesOf(run)).toEqual(bytesOf(join(folder, 'whole', 'half', 'half', 'seed-0')));
  });

  test('is a policy, of a run that was begun here: a worker makes it from its start', async () => {
    const first = leash(['train', configFile('given.json'), '--quiet', '--runs', join(folder, 'given')]);
    expect(await first.code, first.said()).toBe(0);
    const network = { ...config.network, initialWeights: join(folder, 'given', 'given', 'seed-0') };
    const file = configFile('begun.json', { ...longer, steps: 4 * longer.steps, network });
    const runs = join(folder, 'begun');
    const run = join(runs, 'begun', 'begun', 'seed-0');
    const local = compare(file, runs, 'begun');
    await until(() => hasCheckpoint(run), local);
    await endAll();
    // The checkpoints of the worker may be those of other updates.
    mkdirSync(join(run, 'snapshots'));
    const stray = join(run, 'snapshots', 'update-3.safetensors');
    writeFileSync(stray, '');
    const made = worker('begun');
    const over = compare(file, runs, 'begun', ...queue('begun'));
    expect(await over.code, over.said() + made.said()).toBe(0);
    expect(over.said()).toContain(
      `${run}: no worker goes on with what is here, since its config names files`,
    );
    expect(made.said()).toContain('begins');
    expect(existsSync(stray)).toBe(false);
  });
});
