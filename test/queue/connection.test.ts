import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { parseAddress } from '../../src/queue/address.ts';
import { connect } from '../../src/queue/connection.ts';
import { freePort, hasRedis, type Server, startRedis } from './redis-server.ts';

let server: Server | undefined;
afterEach(async () => {
  delete process.env.LEASH_QUEUE_PASSWORD;
  await server?.stop();
  server = undefined;
});

/** Why no connection is had, and with what exit code. */
async function refusal(address: string): Promise<string> {
  const cause = await connect(address, 'leash').then(
    (connection) => {
      connection.close();
      throw new Error('it was had');
    },
    (error: Error & { exitCode?: number }) => error,
  );
  return `${cause.exitCode} ${cause.message}`;
}

/** What answers as a Redis server of another version would. */
async function pretender(answer: (command: string) => string): Promise<{ port: number; close(): void }> {
  const listening = createServer((socket) => {
    socket.on('data', (bytes) => {
      for (const [, command] of String(bytes).matchAll(/\$\d+\r\n(\w+)\r\n/g))
        if (/^[a-z]+$/i.test(command as string)) socket.write(answer((command as string).toLowerCase()));
    });
    socket.on('error', () => {});
  }).listen(0, '127.0.0.1');
  await once(listening, 'listening');
  return { port: (listening.address() as { port: number }).port, close: () => void listening.close() };
}

describe('an address', () => {
  test.each([
    ['redis://h', 'redis://h:6379', 'h', 6379, 0],
    ['rediss://me@h.example:7000/3', 'rediss://me@h.example:7000/3', 'h.example', 7000, 3],
    ['redis://[::1]:6380', 'redis://[::1]:6380', '::1', 6380, 0],
  ])('%s', (text, shown, host, port, db) => {
    expect(parseAddress(text)).toMatchObject({
      shown,
      host,
      port,
      db,
      isEncrypted: text.startsWith('rediss'),
    });
  });

  test.each(['localhost', 'localhost:6379', 'http://h', 'redis://', 'redis://h/one', 'redis://h?x=1', ''])(
    '%s is none',
    (text) => expect(() => parseAddress(text)).toThrow(/^--queue must be redis:\/\/HOST:PORT\/DB/),
  );

  test('a password in it is refused, and not repeated', () => {
    expect(() => parseAddress('redis://%zz@h')).toThrow(
      '--queue: the user must be a text whose % are written %25, got "%zz"',
    );
    expect(() => parseAddress('redis://me:secret@h')).toThrow(/set LEASH_QUEUE_PASSWORD$/);
    expect(() => parseAddress('redis://me:secret@h')).not.toThrow(/secret/);
  });

  test('a prefix is a word', async () => {
    await expect(connect('redis://h', 'a b*')).rejects.toThrow(/^--queue-prefix must be 1 to 64 letters/);
  });
});

test('nobody there', async () => {
  const port = await freePort();
  expect(await refusal(`redis://127.0.0.1:${port}`)).toBe(
    `1 --queue redis://127.0.0.1:${port}: no Redis server answers there (ECONNREFUSED)`,
  );
});

test('a Redis that is too old', async () => {
  const info = 'redis_version:6.0.16\r\nloading:0\r\nmaxmemory_policy:noeviction\r\n';
  const old = await pretender((command) =>
    command === 'info' ? `$${info.length}\r\n${info}\r\n` : command === 'ping' ? '+PONG\r\n' : '+OK\r\n',
  );
  expect(await refusal(`redis://127.0.0.1:${old.port}`)).toBe(
    `1 --queue redis://127.0.0.1:${old.port} is Redis 6.0.16; 6.2 or newer is needed`,
  );
  old.close();
});

test('something that is no Redis', async () => {
  const other = await pretender(() => 'HTTP/1.1 400 Bad Request\r\n\r\n');
  expect(await refusal(`redis://127.0.0.1:${other.port}`)).toMatch(
    /^1 --queue .*: what answers there is no Redis server/,
  );
  other.close();
});

describe.skipIf(!hasRedis)('a Redis server', () => {
  test('that asks for a password', async () => {
    server = await startRedis('--requirepass', 'right');
    expect(await refusal(server.address)).toBe(
      `2 --queue ${server.address} asks for a password: set LEASH_QUEUE_PASSWORD`,
    );
    process.env.LEASH_QUEUE_PASSWORD = 'wrong';
    const wrong = await refusal(server.address);
    expect(wrong).toBe(`2 --queue ${server.address} refuses the password that LEASH_QUEUE_PASSWORD has`);
    process.env.LEASH_QUEUE_PASSWORD = 'right';
    const connection = await connect(server.address, 'leash');
    expect(await connection.redis.ping()).toBe('PONG');
    connection.close();
  });

  test('that has no such database', async () => {
    server = await startRedis('--databases', '4');
    expect(await refusal(`${server.address}/4`)).toBe(
      `2 --queue ${server.address}/4: the server has no database 4`,
    );
    const connection = await connect(`${server.address}/3`, 'leash');
    await connection.redis.set('here', '');
    expect(await connection.redis.info('keyspace')).toMatch(/^db3:keys=1/m);
    connection.close();
  });

  test('that is one of many, or takes no writes', async () => {
    server = await startRedis('--cluster-enabled', 'yes');
    expect(await refusal(server.address)).toBe(
      `1 --queue ${server.address} is a Redis cluster: all of a queue has to be at one server, which is none`,
    );
    const replica = await startRedis('--replicaof', '127.0.0.1', String(server.port));
    expect(await refusal(replica.address)).toBe(
      `1 --queue ${replica.address} is a replica, which takes no writes: name the server that it copies, 127.0.0.1:${server.port}`,
    );
    await replica.stop();
  });

  test('that deletes keys', async () => {
    server = await startRedis('--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru');
    expect(await refusal(server.address)).toBe(
      `1 --queue ${server.address} deletes keys when memory is short (maxmemory-policy allkeys-lru): runs would be lost; set it to noeviction`,
    );
  });
});
