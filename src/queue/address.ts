import { UserError } from '../user-error.ts';

/** The variable that holds the password: what is on a command line every user of the machine can read. */
export const PASSWORD = 'LEASH_QUEUE_PASSWORD';

/** Where a Redis server is. */
export interface Address {
  readonly host: string;
  readonly port: number;
  readonly db: number;
  readonly isEncrypted: boolean;
  readonly username: string | undefined;
  /** The address without anything secret. */
  readonly shown: string;
}

/** Of a database server that was not told otherwise. */
const PORT = 6379;

/** @throws UserError for what is no address, and for one with a password in it, which is not repeated */
export function parseAddress(text: string): Address {
  const isUrl = URL.canParse(text);
  const url = isUrl ? new URL(text) : undefined;
  if (url?.password)
    throw new UserError(
      `--queue has a password in it, which others see in the list of processes: leave it out and set ${PASSWORD}`,
    );
  const db = /^\/?(\d{0,5})$/.exec(url?.pathname ?? '');
  const isRedis = url !== undefined && (url.protocol === 'redis:' || url.protocol === 'rediss:');
  if (!isRedis || url.hostname === '' || db === null || url.search !== '' || url.hash !== '')
    throw new UserError(
      `--queue must be redis://HOST:PORT/DB, or rediss:// where it is encrypted (port and database may be left out), got ${JSON.stringify(text)}`,
    );
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = url.port === '' ? PORT : Number(url.port);
  const user = url.username === '' ? '' : `${url.username}@`;
  return {
    host,
    port,
    db: Number(db[1]),
    isEncrypted: url.protocol === 'rediss:',
    username: url.username === '' ? undefined : userIn(url.username),
    shown: `${url.protocol}//${user}${url.hostname}:${port}${db[1] === '' ? '' : `/${db[1]}`}`,
  };
}

/** @throws UserError */
function userIn(written: string): string {
  try {
    return decodeURIComponent(written);
  } catch {
    throw new UserError(
      `--queue: the user must be a text whose % are written %25, got ${JSON.stringify(written)}`,
    );
  }
}

/** What keys may begin with: words that no pattern of Redis reads as more. */
const PREFIX = /^[A-Za-z0-9._:-]{1,64}$/;

/** @throws UserError */
export function requirePrefix(prefix: string): void {
  if (PREFIX.test(prefix)) return;
  throw new UserError(
    `--queue-prefix must be 1 to 64 letters, digits, dots, dashes, underscores or colons, got ${JSON.stringify(prefix)}`,
  );
}
