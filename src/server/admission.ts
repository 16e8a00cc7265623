import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { hostname } from 'node:os';

/** Names that are this machine alone. */
const LOOPBACK = ['localhost', '127.0.0.1', '::1'];

/** Whether a server at that address is heard on this machine alone. */
function isLoopback(host: string): boolean {
  return LOOPBACK.includes(host) || /^127(\.\d{1,3}){3}$/.test(host);
}

/** Why a request is not answered; undefined: it is. */
export interface NotAdmitted {
  readonly status: 400 | 401 | 403 | 405;
  readonly problem: string;
}

/**
 * Who may ask. A page of somebody else that a browser shows can send requests here, too: its requests name the host that it
 * asks for (DNS rebinding makes that one of its own) and, in browsers of today, that they come from elsewhere.
 */
export class Admission {
  private readonly host: string;
  /** What a page must know where others than this machine can connect; undefined on loopback. */
  readonly token: string | undefined;

  constructor(host: string, token = randomBytes(18).toString('base64url')) {
    this.host = host;
    this.token = isLoopback(host) ? undefined : token;
  }

  refusal(request: IncomingMessage, given: string | null): NotAdmitted | undefined {
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return { status: 405, problem: 'what is served here is only looked at: GET or HEAD' };
    if (!this.isOwnName(request.headers.host))
      return { status: 403, problem: 'this is not the host of that name' };
    const { host, origin, 'sec-fetch-site': site, 'sec-fetch-mode': mode } = request.headers;
    const isForeign = site === 'cross-site' || site === 'same-site';
    // A browser that does not say the first says the second where a page of another origin wants to read the answer.
    const isOfAnother = origin !== undefined && origin !== `http://${host}`;
    if ((isForeign && mode !== 'navigate') || isOfAnother)
      return { status: 403, problem: 'the page of another site may not ask' };
    if (this.token === undefined || this.knows(given) || this.knows(this.cookieOf(request))) return undefined;
    return { status: 401, problem: 'the address that leash printed has a token: open that one' };
  }

  /** What makes a browser that knows the token remember it, for this server alone. */
  cookie(port: number): string {
    return `${cookieName(port)}=${this.token}; HttpOnly; SameSite=Strict; Path=/`;
  }

  /**
   * A name of loopback, what the server was asked to listen at; beyond loopback this machine's name, or an address, which no
   * name server can have given.
   */
  private isOwnName(header: string | undefined): boolean {
    const name = /^(\[[\da-f:.]+\]|[^:@/\s]+)(:\d+)?$/i
      .exec(header ?? '')?.[1]
      ?.replace(/^\[|\]$/g, '')
      .toLowerCase();
    if (name === undefined) return false;
    if (LOOPBACK.includes(name) || name === this.host.toLowerCase()) return true;
    return !isLoopback(this.host) && (isIP(name) !== 0 || name === hostname().toLowerCase());
  }

  private cookieOf(request: IncomingMessage): string | null {
    const wanted = cookieName(request.socket.localPort ?? 0);
    const cookies = (request.headers.cookie ?? '').split(';').map((each) => each.trim().split('='));
    return cookies.find(([name]) => name === wanted)?.[1] ?? null;
  }

  /** In the same time whatever is given. */
  private knows(given: string | null): boolean {
    const [a, b] = [given ?? '', this.token ?? ''].map((text) => createHash('sha256').update(text).digest());
    return given !== null && timingSafeEqual(a, b);
  }
}

/** Cookies are a host's, whatever the port: each server has its own. */
function cookieName(port: number): string {
  return `leash-${port}`;
}
