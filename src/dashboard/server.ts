import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import type { EnvironmentOptions } from '../config/load.ts';
import { encodeJson } from '../row/json.ts';
import { oneLine, UserError } from '../user-error.ts';
import { LEASH_VERSION } from '../version.ts';
import { Admission } from './admission.ts';
import { Events } from './events.ts';
import { FollowedFolder } from './follow.ts';
import { pageFiles } from './page-files.ts';
import { episodeOf, policyOf } from './inside.ts';
import { Ledgers } from './ledgers.ts';
import { NotThere, rowsOf, runsOf } from './queries.ts';
import { verdictOf } from './verdict.ts';
import { Watch } from './watch.ts';
import type { Everything, Refusal } from './wire.ts';

/** Where a dashboard listens, and to what. */
export interface DashboardOptions {
  /** Folder of runs. */
  readonly root: string;
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** Fill in the options of environments that came later than a run. */
  readonly environments: EnvironmentOptions;
}

/** A dashboard that listens. */
export interface Dashboard {
  /** What to open in a browser. */
  readonly address: string;
  close(): Promise<void>;
}

/**
 * What every answer says: nothing of it is for pages of elsewhere, and the page itself may load and run nothing but what
 * comes from here, no code in texts, no frames.
 */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; worker-src 'self'; img-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
} as const;

/** Serves the runs of a folder to pages. @throws UserError where that address cannot be listened at */
export async function startDashboard(options: DashboardOptions): Promise<Dashboard> {
  const { root, host, port, environments } = options;
  const boot = randomBytes(6).toString('hex');
  const folder = new FollowedFolder(resolve(root), environments);
  const events = new Events(boot);
  const watch = new Watch(folder, events, encodeJson);
  const admission = new Admission(host);
  const answers = answersOf(folder, events, watch, boot, environments);
  const server = createServer((request, response) => {
    void answer(request, response, admission, answers);
  });
  await listen(server, host, port);
  watch.wake();
  return {
    address: addressOf(server, host, admission.token),
    async close() {
      await watch.close();
      events.close();
      server.close();
      server.closeAllConnections();
    },
  };
}

type Answer = (
  query: URLSearchParams,
  request: IncomingMessage,
  response: ServerResponse,
) => Promise<void> | void;

function answersOf(
  folder: FollowedFolder,
  events: Events,
  watch: Watch,
  boot: string,
  environments: EnvironmentOptions,
): ReadonlyMap<string, Answer> {
  const everything = (): Everything => ({
    ...{ boot, sequence: events.sequence, root: folder.root, version: LEASH_VERSION },
    runs: folder.tell(),
    problems: folder.tellProblems(),
  });
  const json =
    (make: (query: URLSearchParams) => unknown, encode: (value: unknown) => string = encodeJson): Answer =>
    async (query, _, response) => {
      watch.wake();
      send(response, 200, 'application/json', encode(await make(query)));
    };
  const ledgers = new Ledgers();
  const files = [...pageFiles].map(([path, { type, text }]): [string, Answer] => [
    path,
    (_, __, response) => send(response, 200, type, text),
  ]);
  return new Map<string, Answer>([
    ...files,
    ['/everything', json(everything)],
    ['/rows', json((query) => rowsOf(folder, query), String)],
    ['/ledger', json((query) => ledgers.answer(folder, query))],
    ['/policy', json((query) => policyOf(folder, query))],
    ['/episode', json((query) => episodeOf(folder, query))],
    ['/verdict', json((query) => verdictOf(runsOf(folder, query), folder.root, environments))],
    [
      '/events',
      (_, request, response) => {
        // Only the names of the headers were asked for.
        if (request.method === 'HEAD') return send(response, 200, 'text/event-stream', '');
        const known = request.headers['last-event-id'];
        events.add(response, typeof known === 'string' ? known : undefined);
        watch.wake();
      },
    ],
  ]);
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  admission: Admission,
  answers: ReadonlyMap<string, Answer>,
): Promise<void> {
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
  // Only the path and the query count, whatever host the request line names.
  const [path = '', ...rest] = (request.url ?? '').split('?');
  const query = new URLSearchParams(rest.join('?'));
  const refusal = admission.refusal(request, query.get('token'));
  if (refusal !== undefined) return refuse(response, refusal.status, refusal.problem);
  if (query.has('token') && admission.token !== undefined) {
    const { localPort = 0 } = request.socket;
    // The token leaves the address: what is shown, copied or kept in a history has none.
    response.writeHead(303, { location: '/', 'set-cookie': admission.cookie(localPort) }).end();
    return;
  }
  const found = answers.get(path);
  if (found === undefined) return refuse(response, 404, 'there is nothing of that name');
  try {
    await found(query, request, response);
  } catch (error) {
    const status = error instanceof NotThere ? 404 : error instanceof UserError ? 400 : 500;
    // A bug has its stack where the server was started, not on the page.
    if (status === 500) process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    refuse(
      response,
      status,
      status === 500 ? 'the server failed: it printed why' : oneLine((error as Error).message),
    );
  }
}

function refuse(response: ServerResponse, status: number, problem: string): void {
  if (response.headersSent) return void response.destroy();
  const refusal: Refusal = { problem };
  send(response, status, 'application/json', encodeJson(refusal));
}

function send(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, {
    'content-type': `${type}; charset=utf-8`,
    'content-length': Buffer.byteLength(text),
  });
  response.end(response.req.method === 'HEAD' ? undefined : text);
}

/** @throws UserError */
function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((done, fail) => {
    // Node.js would listen at all addresses.
    if (host.trim() === '') return fail(new UserError('--host must be an address of this machine, got ""'));
    server.once('error', ({ code = '' }: NodeJS.ErrnoException) => {
      const reasons: Record<string, string> = {
        EADDRINUSE: `--port ${port} is taken on ${host}; --port 0 takes a free one`,
        EACCES: `--port ${port} may not be listened at by this user; take one from 1024 on`,
        EADDRNOTAVAIL: `--host must be an address of this machine, got ${host}`,
        ENOTFOUND: `--host must be an address of this machine, got ${host}`,
      };
      fail(new UserError(reasons[code] ?? `cannot listen at ${host}, port ${port} (${code})`));
    });
    server.listen(port, host, done);
  });
}

/** What to open: where it listens at all addresses, by the name that is this machine here. */
function addressOf(server: Server, host: string, token: string | undefined): string {
  const { port, family } = server.address() as AddressInfo;
  const name =
    host === '0.0.0.0' || host === '::'
      ? 'localhost'
      : family === 'IPv6' && host.includes(':')
        ? `[${host}]`
        : host;
  return `http://${name}:${port}/${token === undefined ? '' : `?token=${token}`}`;
}
