import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { encodeJson } from '../row/json.ts';
import { oneLine, UserError } from '../user-error.ts';
import { Admission } from './admission.ts';

/** What is asked for is not there. */
export class NotThere extends Error {}

/** Answers a request. @throws NotThere, UserError: what is wrong with the request */
export type Answer = (
  query: URLSearchParams,
  request: IncomingMessage,
  response: ServerResponse,
) => Promise<void> | void;

/** What is served, and where. */
export interface Offer {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** By path; what is not in it is not there. */
  readonly answers: ReadonlyMap<string, Answer>;
  /** Said with every answer, over and above those of every server. */
  readonly headers: Readonly<Record<string, string>>;
}

/** A server that listens. */
export interface LocalServer {
  /** What to open in a browser. */
  readonly address: string;
  close(): void;
}

/** What every answer says: nothing of it is for pages of elsewhere. */
const HEADERS = {
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
} as const;

/**
 * What a page of ours may load and run: nothing but what comes from where it did, no code in texts, no frames.
 * @param scripts what may run beside the files there
 */
export function pagePolicy(scripts = ''): string {
  return `default-src 'none'; script-src 'self'${scripts}; style-src 'self'; connect-src 'self'; worker-src 'self'; img-src 'self' blob:; base-uri 'none'; form-action 'none'`;
}

/** Serves pages to this machine, or to who has the token. @throws UserError where that address cannot be listened at */
export async function serveLocally({ host, port, answers, headers }: Offer): Promise<LocalServer> {
  const admission = new Admission(host);
  const always = Object.entries({ ...HEADERS, ...headers });
  const server = createServer((request, response) => {
    for (const [name, value] of always) response.setHeader(name, value);
    void answer(request, response, admission, answers);
  });
  await listen(server, host, port);
  return {
    address: addressOf(server, host, admission.token),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  admission: Admission,
  answers: ReadonlyMap<string, Answer>,
): Promise<void> {
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
  send(response, status, 'application/json', encodeJson({ problem }));
}

/** @param body a text as UTF-8, or bytes as they are */
export function send(
  response: ServerResponse,
  status: number,
  type: string,
  body: string | Uint8Array,
): void {
  response.writeHead(status, {
    'content-type': typeof body === 'string' ? `${type}; charset=utf-8` : type,
    'content-length': Buffer.byteLength(body),
  });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

/** Something that a browser may load as it is. */
export interface ServedFile {
  readonly type: string;
  readonly body: string | Uint8Array;
}

/** Answers with files. @param files by path */
export function fileAnswers(files: ReadonlyMap<string, ServedFile>): [string, Answer][] {
  return [...files].map(([path, { type, body }]) => [
    path,
    (_, __, response) => send(response, 200, type, body),
  ]);
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
