import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import type { EnvironmentOptions } from '../config/load.ts';
import { encodeJson } from '../row/json.ts';
import { type Answer, fileAnswers, pagePolicy, send, serveLocally } from '../server/local-server.ts';
import { LEASH_VERSION } from '../version.ts';
import { Events } from './events.ts';
import { FollowedFolder } from './follow.ts';
import { pageFiles } from './page-files.ts';
import { episodeOf, policyOf } from './inside.ts';
import { Ledgers } from './ledgers.ts';
import { rowsOf, runsOf } from './queries.ts';
import { Verdicts } from './verdicts.ts';
import { Watch } from './watch.ts';
import type { Everything } from './wire.ts';

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

const FULL = 'as many pages listen as can; one that is closed makes room';

/** Serves the runs of a folder to pages. @throws UserError where that address cannot be listened at */
export async function startDashboard(options: DashboardOptions): Promise<Dashboard> {
  const { root, host, port, environments } = options;
  const boot = randomBytes(6).toString('hex');
  const folder = new FollowedFolder(resolve(root), environments);
  const events = new Events(boot);
  const watch = new Watch(folder, events);
  const verdicts = new Verdicts(folder.root, new URL('verdict-worker.js', import.meta.url));
  const answers = answersOf(folder, events, watch, verdicts, boot);
  const headers = { 'content-security-policy': `${pagePolicy()}; frame-ancestors 'none'` };
  const server = await serveLocally({ host, port, answers, headers });
  watch.wake();
  return {
    address: server.address,
    async close() {
      await watch.close();
      events.close();
      server.close();
      await verdicts.close();
    },
  };
}

function answersOf(
  folder: FollowedFolder,
  events: Events,
  watch: Watch,
  verdicts: Verdicts,
  boot: string,
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
  return new Map<string, Answer>([
    ...fileAnswers(pageFiles),
    ['/everything', json(everything)],
    ['/rows', json((query) => rowsOf(folder, query), String)],
    ['/ledger', json((query) => ledgers.answer(folder, query))],
    ['/policy', json((query) => policyOf(folder, query))],
    ['/episode', json((query) => episodeOf(folder, query))],
    ['/verdict', json((query) => verdicts.answer(runsOf(folder, query)))],
    [
      '/events',
      (_, request, response) => {
        // Only the names of the headers were asked for.
        if (request.method === 'HEAD') return send(response, 200, 'text/event-stream', '');
        if (events.isFull) return send(response, 503, 'application/json', encodeJson({ problem: FULL }));
        const known = request.headers['last-event-id'];
        events.add(response, typeof known === 'string' ? known : undefined);
        watch.wake();
      },
    ],
  ]);
}
