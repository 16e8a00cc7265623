import type { Redis, RedisOptions } from 'ioredis';
import { isIP } from 'node:net';
import { UserError } from '../user-error.ts';
import { type Address, parseAddress, PASSWORD, requirePrefix } from './address.ts';
import { loadBullmq, loadIoredis } from './packages.ts';

/** A queue at a Redis server that was found fit for it. */
export interface Connection {
  readonly redis: Redis;
  /** What all keys begin with. */
  readonly prefix: string;
  /** Without anything secret. */
  readonly shown: string;
  /** Another connection, for commands that wait. */
  another(): Redis;
  /** Tells when the server cannot be reached any more, and when it can again, a line each. */
  onChange(told: (line: string) => void): void;
  close(): void;
}

/** Streams that keep their place, and what BullMQ asks for. */
const OLDEST = [6, 2] as const;

/** ms between two tries to reach a server that went away, at most. */
const LONGEST_WAIT = 2000;

/**
 * Connects, and looks whether runs are safe there.
 * @throws UserError in one line: nobody is there, the password is wrong, Redis is too old, forgets keys, takes no writes or is
 *   many servers
 */
export async function connect(address: string, prefix: string): Promise<Connection> {
  requirePrefix(prefix);
  const parsed = parseAddress(address);
  // Whoever connects will want it, too: what is missing is said before anything begins.
  await loadBullmq();
  const redis = await reach(parsed);
  try {
    await requireFit(redis, parsed.shown);
    // One that is not there ioredis passes over, and works in the first.
    if (parsed.db !== 0) await redis.select(parsed.db);
  } catch (cause) {
    redis.disconnect();
    throw cause instanceof UserError ? cause : unreachable(parsed, cause as Error);
  }
  const others: Redis[] = [];
  return {
    redis,
    prefix,
    shown: parsed.shown,
    another() {
      const other = redis.duplicate();
      other.on('error', () => {});
      others.push(other);
      return other;
    },
    onChange(told) {
      let isAway = false;
      redis.on('close', () => {
        if (!isAway)
          told(`${parsed.shown} cannot be reached any more; nothing is lost, and it is tried again`);
        isAway = true;
      });
      redis.on('ready', () => {
        if (isAway) told(`${parsed.shown} can be reached again`);
        isAway = false;
      });
    },
    close() {
      for (const each of [redis, ...others]) {
        each.removeAllListeners('close');
        each.disconnect();
      }
    },
  };
}

function optionsOf({ host, port, db, username, isEncrypted }: Address): Omit<RedisOptions, 'replyMapping'> {
  const password = process.env[PASSWORD];
  return {
    ...{ host, port, db, lazyConnect: true },
    ...(username !== undefined && { username }),
    ...(password && { password }),
    // The name of a certificate; an address is none.
    ...(isEncrypted && { tls: isIP(host) === 0 ? { servername: host } : {} }),
    // Commands wait until the server is back.
    maxRetriesPerRequest: null,
    keepAlive: 10_000,
    // The first try is the only one.
    retryStrategy: () => null,
  };
}

async function reach(address: Address): Promise<Redis> {
  const { Redis } = await loadIoredis();
  const redis = new Redis(optionsOf(address));
  let last: Error | undefined;
  redis.on('error', (error: Error) => {
    last = error;
  });
  try {
    await redis.connect();
    await redis.ping();
  } catch (cause) {
    redis.disconnect();
    throw unreachable(address, last ?? (cause as Error));
  }
  redis.options.retryStrategy = (times) => Math.min(LONGEST_WAIT, 100 * times);
  return redis;
}

/** Why no connection could be had, in one line. */
function unreachable({ shown, db }: Address, error: Error): UserError {
  const { message, code } = error as NodeJS.ErrnoException;
  if (/DB index/.test(message)) return new UserError(`--queue ${shown}: the server has no database ${db}`);
  if (/NOAUTH/.test(message)) return new UserError(`--queue ${shown} asks for a password: set ${PASSWORD}`);
  if (/WRONGPASS|invalid password|invalid username/i.test(message))
    return new UserError(`--queue ${shown} refuses the password that ${PASSWORD} has`);
  if (/NOPERM/.test(message))
    return new UserError(`--queue ${shown} lets this user do too little: ${message}`);
  if (/CERT|SELF_SIGNED|TLS|SSL|EPROTO/i.test(`${code} ${message}`))
    return new UserError(
      `--queue ${shown}: no encrypted connection (${code ?? message}); NODE_EXTRA_CA_CERTS names a file of certificates to trust beside the system's`,
      1,
    );
  const isNobody = code !== undefined && /^E[A-Z]+$/.test(code);
  return new UserError(
    isNobody
      ? `--queue ${shown}: no Redis server answers there (${code})`
      : `--queue ${shown}: what answers there is no Redis server that can be used (${message})`,
    1,
  );
}

/**
 * What a server says that is there and does not do what it is asked, whoever asks: its memory or its disk is full (`OOM`,
 * `MISCONF`), it takes no writes any more, its user may do too little, or a key is another program's (`WRONGTYPE`).
 * Undefined: `cause` is something else.
 */
export function refusalIn(cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return undefined;
  const [, kind] = /\b(OOM|MISCONF|READONLY|NOPERM|WRONGTYPE)\b/.exec(cause.message) ?? [];
  if (kind === undefined) return undefined;
  const words = cause.message.replace(/\.?( script: .*)?$/s, '');
  // Of a script's keys the server does not say which.
  const { command } = cause as {
    readonly command?: { readonly name: string; readonly args: readonly string[] };
  };
  const key = command === undefined || /^eval/i.test(command.name) ? '' : `, ${command.args[0]}`;
  return kind === 'WRONGTYPE'
    ? `${words}: a key that begins with this --queue-prefix is another program's${key}`
    : words;
}

/** A refusal of the server's as one line for the user; anything else as it is. */
export function explained(cause: unknown, shown: string): unknown {
  const refusal = refusalIn(cause);
  return refusal === undefined ? cause : new UserError(`--queue ${shown} refuses: ${refusal}`, 1);
}

/** @throws UserError */
async function requireFit(redis: Redis, shown: string): Promise<void> {
  const told = await redis.info();
  const field = (name: string): string | undefined => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(told)?.[1];
  const version = field('redis_version') ?? '0';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]))
    throw new UserError(`--queue ${shown} is Redis ${version}; ${OLDEST.join('.')} or newer is needed`, 1);
  const mode = field('redis_mode') ?? 'standalone';
  if (mode !== 'standalone')
    throw new UserError(
      `--queue ${shown} is a Redis ${mode}: all of a queue has to be at one server, which is none`,
      1,
    );
  if (field('role') === 'slave')
    throw new UserError(
      `--queue ${shown} is a replica, which takes no writes: name the server that it copies, ${field('master_host')}:${field('master_port')}`,
      1,
    );
  const policy = field('maxmemory_policy');
  if (policy !== undefined && policy !== 'noeviction')
    throw new UserError(
      `--queue ${shown} deletes keys when memory is short (maxmemory-policy ${policy}): runs would be lost; set it to noeviction`,
      1,
    );
}
