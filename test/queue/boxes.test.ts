import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Connection, connect } from '../../src/queue/connection.ts';
import { Inbox } from '../../src/queue/inbox.ts';
import { type Keys, keysOf, type RunKeys } from '../../src/queue/keys.ts';
import { LeftRuns } from '../../src/queue/left-runs.ts';
import { Outbox } from '../../src/queue/outbox.ts';
import { type Claim, type Scripts, scriptsOf } from '../../src/queue/scripts.ts';
import { until } from './processes.ts';
import { hasRedis, type Server, startRedis } from './redis-server.ts';

/* A folder goes through Redis into another, whatever is lost on the way. */

const folder = mkdtempSync(join(tmpdir(), 'leash-boxes-'));
let server: Server;
let connection: Connection;
let keys: Keys;
let scripts: Scripts;
let count = 0;

beforeAll(async () => {
  if (!hasRedis) return;
  server = await startRedis();
  connection = await connect(server.address, 'boxes');
  keys = keysOf('boxes');
  scripts = scriptsOf(connection.redis, keys);
});
afterAll(async () => {
  connection?.close();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A run that one study waits for, and the folders at both ends. */
interface Ends {
  readonly run: RunKeys;
  readonly from: string;
  readonly to: string;
  readonly inbox: Inbox;
}

let ends: Ends;
beforeEach(async () => {
  if (!hasRedis) return;
  const run = keys.run(`run${++count}`);
  await connection.redis.sadd(run.studies, 'study');
  const [from, to] = ['from', 'to'].map((name) => join(folder, `${name}${count}`));
  mkdirSync(join(from, 'checkpoints'), { recursive: true });
  ends = { run, from, to, inbox: inboxTo(run, to) };
});

function inboxTo(run: RunKeys, path: string): Inbox {
  return new Inbox(connection.redis, run, {
    path,
    open: () => void mkdirSync(path, { recursive: true }),
    rewrite: (_name, bytes) => bytes,
  });
}

const claimed = (claim: Claim): { epoch: number; seq: number } => {
  if (claim.refused !== undefined) throw new Error(claim.refused);
  return claim;
};

async function outbox(): Promise<Outbox> {
  const box = new Outbox(
    connection.redis,
    scripts,
    ends.run,
    ends.from,
    claimed(await scripts.claim(ends.run)),
  );
  await box.begin();
  return box;
}

const write = (name: string, content: string | Uint8Array): void =>
  writeFileSync(join(ends.from, name), content);
const add = (name: string, content: string): void => appendFileSync(join(ends.from, name), content);
const read = (name: string): string => readFileSync(join(ends.to, name), 'utf8');
const completed = { status: 'completed', failure: null } as const;

describe.skipIf(!hasRedis)('a run’s folder', () => {
  test('comes whole: rows as they grow, files as they are replaced, of any size', async () => {
    const box = await outbox();
    const large = randomBytes(700_000);
    write('metrics.jsonl', '1\n');
    write('run.json', '{"status":"running"}');
    write('checkpoints/update-1.safetensors', large);
    await box.send(1);
    await ends.inbox.receive();
    expect(read('metrics.jsonl')).toBe('1\n');
    expect(read('run.json')).toBe('{"status":"running"}');
    expect(readFileSync(join(ends.to, 'checkpoints/update-1.safetensors')).equals(large)).toBe(true);
    add('metrics.jsonl', `${'x'.repeat(600_000)}\n`);
    rmSync(join(ends.from, 'checkpoints/update-1.safetensors'));
    write('checkpoints/update-2.safetensors', 'two');
    write('run.json', '{"status":"completed"}');
    await box.end(2, completed);
    const { end, updates } = await ends.inbox.receive();
    expect([updates, end?.status]).toEqual([2, 'completed']);
    // How it ended is written when all else is found whole.
    expect(read('run.json')).toBe('{"status":"running"}');
    expect(end && ends.inbox.finish(end)).toBeUndefined();
    expect(read('run.json')).toBe('{"status":"completed"}');
    expect(read('metrics.jsonl')).toBe(`1\n${'x'.repeat(600_000)}\n`);
    expect(existsSync(join(ends.to, 'checkpoints/update-1.safetensors'))).toBe(false);
  });

  test('read again from its start it stays what it is', async () => {
    const box = await outbox();
    write('timing.jsonl', 'a\nb\nc\n');
    await box.send(3);
    // Gone on with by another from the first row.
    truncateSync(join(ends.from, 'timing.jsonl'), 2);
    const other = await outbox();
    add('timing.jsonl', 'B\nC\nD\n');
    await other.end(4, completed);
    for (const inbox of [ends.inbox, ends.inbox, inboxTo(ends.run, ends.to)]) {
      const { end } = await inbox.receive();
      expect(read('timing.jsonl')).toBe('a\nB\nC\nD\n');
      expect(end && inbox.finish(end)).toBeUndefined();
    }
  });

  test('one writer at a time: what an earlier one still sends is not taken', async () => {
    const first = await outbox();
    write('metrics.jsonl', 'one\n');
    await first.send(1);
    const second = await outbox();
    add('metrics.jsonl', 'two\n');
    await expect(first.send(2)).rejects.toThrow('taken over');
    await second.end(2, completed);
    await ends.inbox.receive();
    expect(read('metrics.jsonl')).toBe('one\ntwo\n');
    expect(await scripts.claim(ends.run)).toEqual({ refused: 'over' });
  });

  test('what Redis lost of its last second is sent again', async () => {
    const box = await outbox();
    write('metrics.jsonl', 'one\n');
    write('policy.safetensors', 'first');
    await box.send(1);
    const before = await connection.redis.hgetall(ends.run.state);
    const length = await connection.redis.xlen(ends.run.journal);
    add('metrics.jsonl', 'two\n');
    write('policy.safetensors', 'second');
    await box.end(2, completed);
    await ends.inbox.receive();
    // As after a restart from a file of a second ago.
    await connection.redis.del(ends.run.state);
    await connection.redis.hset(ends.run.state, before);
    const late = await connection.redis.xrange(ends.run.journal, '-', '+');
    for (const [id] of late.slice(length)) await connection.redis.xdel(ends.run.journal, id);
    await connection.redis.del(`${ends.run.file}policy.safetensors`);
    await box.keep(2, completed);
    const again = inboxTo(ends.run, join(folder, `again${count}`));
    for (const inbox of [ends.inbox, again]) {
      const { end } = await inbox.receive();
      expect(end && inbox.finish(end)).toBeUndefined();
    }
    expect(read('metrics.jsonl')).toBe('one\ntwo\n');
    expect(read('policy.safetensors')).toBe('second');
  });

  test('when nobody waits for it any more its writer is told, and nothing stays', async () => {
    const box = await outbox();
    write('metrics.jsonl', 'one\n');
    write('policy.safetensors', 'p');
    await box.send(1);
    expect(await scripts.leave(ends.run, 'study')).toBe(0);
    await expect(box.send(1)).rejects.toThrow('unwanted');
    expect(await scripts.claim(ends.run)).toEqual({ refused: 'unwanted' });
    expect(await connection.redis.keys(`${ends.run.state}*`)).toEqual([]);
  });

  test('who makes it hears of that at once, and of no run that nobody makes', async () => {
    const left = new LeftRuns(connection.another(), keys);
    const others = ['over', 'waits'].map((name) => keys.run(`${name}${count}`));
    for (const { studies } of others) await connection.redis.sadd(studies, 'study');
    const box = new Outbox(
      ...([connection.redis, scripts, others[0] as RunKeys, ends.from] as const),
      claimed(await scripts.claim(others[0] as RunKeys)),
    );
    await box.end(1, completed);
    await outbox();
    const heard: string[] = [];
    for (const { id } of others) void left.next(id).then(() => heard.push(id));
    const own = left.next(ends.run.id);
    await until(async () => (await connection.redis.pubsub('NUMSUB', keys.left))[1] === 1);
    for (const run of [...others, ends.run]) expect(await scripts.leave(run, 'study')).toBe(0);
    // Messages come in the order in which they were sent.
    await own;
    expect(heard).toEqual([]);
  });

  test('what Redis has no room for waits until there is some', async () => {
    const { redis } = connection;
    const told: string[] = [];
    const patient = scriptsOf(redis, keys, (words) => told.push(words));
    const claim = claimed(await patient.claim(ends.run));
    const box = new Outbox(redis, patient, ends.run, ends.from, claim);
    write('metrics.jsonl', 'one\n');
    await redis.config('SET', 'maxmemory', '1');
    try {
      const sending = box.send(1);
      await until(() => told.length > 0);
      expect(told[0]).toBe("OOM command not allowed when used memory > 'maxmemory'");
      expect(await redis.xlen(ends.run.journal)).toBe(0);
      await redis.config('SET', 'maxmemory', '0');
      await sending;
    } finally {
      await redis.config('SET', 'maxmemory', '0');
    }
    await ends.inbox.receive();
    expect(read('metrics.jsonl')).toBe('one\n');
  });

  test('a name that is none of a run’s files is not written', async () => {
    await connection.redis.xadd(ends.run.journal, '*', 'g', '../../etc/passwd');
    await expect(ends.inbox.receive()).rejects.toThrow('is no file of a run');
    const other = inboxTo(keys.run('other'), ends.to);
    await connection.redis.xadd(keys.run('other').journal, '*', 'w', 'owner.json', 's', '0');
    await expect(other.receive()).rejects.toThrow('"owner.json" is no file of a run');
  });

  test('a file that is not what was sent is named, and comes anew', async () => {
    const box = await outbox();
    write('metrics.jsonl', 'one\n');
    await box.end(1, completed);
    const { end } = await ends.inbox.receive();
    appendFileSync(join(ends.to, 'metrics.jsonl'), 'of somebody else\n');
    expect(end && ends.inbox.finish(end)).toBe('metrics.jsonl');
    ends.inbox.rewind();
    const again = await ends.inbox.receive();
    expect(again.end && ends.inbox.finish(again.end)).toBeUndefined();
    expect(read('metrics.jsonl')).toBe('one\n');
  });

  test('a beginning that its maker did not go on with stays until all else is there', async () => {
    const box = await outbox();
    mkdirSync(join(ends.to, 'checkpoints'), { recursive: true });
    writeFileSync(join(ends.to, 'checkpoints/update-5.safetensors'), 'five');
    writeFileSync(join(ends.to, 'metrics.jsonl'), '1\n2\n3\n4\n5\n');
    write('metrics.jsonl', '1\n2\n3\n');
    write('checkpoints/update-3.safetensors', 'three');
    await box.end(3, { status: 'failed', failure: 'worn out' });
    const { end } = await ends.inbox.receive();
    expect(read('checkpoints/update-5.safetensors')).toBe('five');
    expect(end && ends.inbox.finish(end)).toBe('metrics.jsonl');
    ends.inbox.rewind();
    const again = await ends.inbox.receive();
    expect(again.end && ends.inbox.finish(again.end)).toBeUndefined();
    expect(read('metrics.jsonl')).toBe('1\n2\n3\n');
    expect(readdirSync(join(ends.to, 'checkpoints'))).toEqual(['update-3.safetensors']);
  });
});
