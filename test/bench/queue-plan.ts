/**
 * A million runs on a thousand workers, before anybody starts them: what a queue (docs/queue-plan.md) comes to.
 *   npm run bench:queue-plan                              tables of the page
 *   npm run bench:queue-plan -- --runs 10000 --workers 8  another size
 *
 * Times, and bytes, of the runs are recorded ones (run-times.json: the grand comparison in four worlds); what a job, a look and
 * a finished run cost Redis and the coordinator was measured (`costs`). Each worker makes one run at a time, and the next as
 * soon as it has it; every fourth run is of each world, in a seeded order.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { randomStream } from '../../src/random/random.ts';

interface Recorded {
  readonly updates: number;
  /** Bytes, medians: rows, the same compressed at once, a checkpoint, a policy. */
  readonly rows: number;
  readonly packed: number;
  readonly checkpoint: number;
  readonly policy: number;
  /** Of each run. */
  readonly seconds: readonly number[];
}

/**
 * As measured with Redis 7.0 and bullmq 6.7.0, processor time of a busy machine (AMD EPYC, two shared cores), bytes as Redis
 * counts its memory: 10,000 jobs that wait; 12 runs of CartPole (57 s each) and 200 of a bandit (under a second) that one
 * worker makes while nobody fetches them, and that are fetched then.
 */
export const costs = {
  /** Bytes of a job that waits, and of BullMQ's list of its last 10,000 events. */
  job: 1477,
  events: 811_460,
  /** Of a finished run that waits to be fetched, for each byte of its rows (packed), two checkpoints and policy. */
  keptPerByte: 1.29,
  /** Bytes that Redis is sent and sends for a run, likewise. */
  inPerByte: 2.3,
  outPerByte: 1.12,
  /** Processor seconds of Redis: a job that is put there, a second of a run that is made, a look at one that waits. */
  redisPerJob: 55e-6,
  redisPerSecond: 1.6e-3,
  redisPerLook: 6.1e-6,
  /** Processor seconds of the coordinator: a job, a finished run that is written down, a look at one that waits. */
  ownPerJob: 0.18e-3,
  ownPerRun: 10.4e-3,
  /** And a byte of its content. */
  ownPerByte: 1.16e-7,
  ownPerLook: 77e-6,
  /** Seconds between two looks: at each run that is made, and at each that is waited for. */
  workerLook: 1,
  coordinatorLook: 20,
  /** Seconds from a run's end to the next one's beginning. */
  between: 0.1,
  /** Seconds after which a worker without a sign of life loses its run. */
  lock: 15,
} as const;

/** The most runs of one experiment, each with a coordinator of its own. */
const MOST_RUNS = 100_000;

export interface Plan {
  readonly hours: number;
  /** Share of the time that workers make runs. */
  readonly busy: number;
  /** Runs that are made at once, in the mean. */
  readonly atOnce: number;
  readonly runsPerSecond: number;
  /** Cores: of Redis, which has one, and of all coordinators. */
  readonly redis: number;
  readonly coordinators: number;
  /** Seconds between two looks at a run when Redis has no more to give. */
  readonly look: number;
  /** Bytes in Redis at the beginning, and an hour's worth of finished runs where nobody fetches them. */
  readonly queued: number;
  readonly anHourAlone: number;
  /** Bytes a second, and on the coordinators' disks at the end. */
  readonly into: number;
  readonly outOf: number;
  readonly disk: number;
}

/** Plays it through. @param studies coordinators that share the runs */
export function planOf(
  worlds: readonly Recorded[],
  { runs, workers, studies }: { readonly runs: number; readonly workers: number; readonly studies: number },
): Plan {
  const random = randomStream(0, 'queue-plan');
  const free = new Ends(workers);
  let made = 0;
  let content = 0;
  let disk = 0;
  let end = 0;
  for (let i = 0; i < runs; i++) {
    const world = worlds[i % worlds.length];
    const seconds = world.seconds[Math.floor(random.uniform() * world.seconds.length)];
    end = Math.max(end, free.next(seconds + costs.between));
    made += seconds;
    content += contentOf(world);
    disk += world.rows + 2 * world.checkpoint + world.policy;
  }
  const atOnce = made / end;
  const runsPerSecond = runs / end;
  // Half of the runs wait, in the mean.
  const looked = runs / 2 / costs.coordinatorLook;
  const redis =
    (atOnce * costs.redisPerSecond) / costs.workerLook +
    looked * costs.redisPerLook +
    runsPerSecond * costs.redisPerJob;
  return {
    hours: end / 3600,
    busy: made / (end * workers),
    atOnce,
    runsPerSecond,
    redis,
    coordinators: runsPerSecond * ownOf(content / runs) + looked * costs.ownPerLook,
    look: Math.max(costs.workerLook, atOnce * costs.redisPerSecond),
    queued: runs * costs.job + costs.events,
    anHourAlone: (Math.min(runs, 3600 * runsPerSecond) * content * costs.keptPerByte) / runs,
    into: (runsPerSecond * content * costs.inPerByte) / runs,
    outOf: (runsPerSecond * content * costs.outPerByte) / runs,
    disk: disk / studies,
  };
}

/** Bytes that travel of a run, compressed. */
function contentOf({ packed, checkpoint, policy }: Recorded): number {
  return packed + 2 * checkpoint + policy;
}

/** Processor seconds of a coordinator for a run of that content. */
function ownOf(content: number): number {
  return costs.ownPerJob + costs.ownPerRun + content * costs.ownPerByte;
}

/** When each worker ends what it makes: a heap, the first at its head. */
class Ends {
  private readonly heap: Float64Array;

  constructor(workers: number) {
    this.heap = new Float64Array(workers);
  }

  /** The worker that is free first makes something. @returns when it will be free again */
  next(seconds: number): number {
    const { heap } = this;
    const until = heap[0] + seconds;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1] < heap[child]) child += 1;
      if (heap[child] >= until) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = until;
    return until;
  }
}

export function recordedRuns(): Recorded[] {
  const text = readFileSync(new URL('run-times.json', import.meta.url), 'utf8');
  return Object.values((JSON.parse(text) as { environments: Record<string, Recorded> }).environments);
}

/** Runs at once at which each part has no more to give, the first of them first. */
export function limitsOf(worlds: readonly Recorded[]): { readonly what: string; readonly atOnce: number }[] {
  const seconds = worlds.flatMap((world) => world.seconds);
  const mean = seconds.reduce((sum, each) => sum + each, 0) / seconds.length;
  const content = worlds.reduce((sum, world) => sum + contentOf(world), 0) / worlds.length;
  const looking = (MOST_RUNS / 2 / costs.coordinatorLook) * costs.ownPerLook;
  return [
    {
      what: 'one coordinator of 100,000 runs writes down less than is made',
      atOnce: ((1 - looking) / ownOf(content)) * mean,
    },
    {
      what: 'Redis’ one core: looks at a run come later than every second',
      atOnce: 1 / costs.redisPerSecond,
    },
    {
      what: 'a sign of life waits half as long as a lock holds: runs are lost to others',
      atOnce: costs.lock / 2 / costs.redisPerSecond,
    },
  ].sort((a, b) => a.atOnce - b.atOnce);
}

/** The tables of docs/queue-plan.md. */
export function planTables(): string {
  const worlds = recordedRuns();
  const million = [10, 100, 1000, 3000].map((workers) => ({
    workers,
    plan: planOf(worlds, { runs: 1_000_000, workers, studies: 10 }),
  }));
  const row = (name: string, of: (plan: Plan) => string): string =>
    `| ${name} | ${million.map(({ plan }) => of(plan)).join(' | ')} |`;
  return [
    `| a million runs, ten studies | ${million.map(({ workers }) => `${workers.toLocaleString('en')} workers`).join(' | ')} |`,
    `|---|${million.map(() => '---|').join('')}`,
    row('hours', ({ hours }) => figure(hours)),
    row('workers are busy', ({ busy }) => `${Math.round(100 * busy)}%`),
    row('runs a second', ({ runsPerSecond }) => figure(runsPerSecond)),
    row('cores that Redis would need', ({ redis }) => figure(redis)),
    row('a look at each run every', ({ look }) => `${figure(look)} s`),
    row('cores of the ten coordinators', ({ coordinators }) => figure(coordinators)),
    row('Redis at the beginning', ({ queued }) => bytes(queued)),
    row('Redis after an hour without coordinators', ({ queued, anHourAlone }) => bytes(queued + anHourAlone)),
    row('into Redis, out of it', ({ into, outOf }) => `${bytes(into)}/s, ${bytes(outOf)}/s`),
    row('disk of each coordinator', ({ disk }) => bytes(disk)),
    '',
    '| where it breaks | runs at once |',
    '|---|---|',
    ...limitsOf(worlds).map(({ what, atOnce }) => `| ${what} | ${figure(atOnce)} |`),
  ].join('\n');
}

/** Two digits that count. */
function figure(value: number): string {
  return Number(value.toPrecision(2)).toLocaleString('en');
}

function bytes(value: number): string {
  const [size, unit] =
    value >= 1e9 ? [value / 1e9, 'GB'] : value >= 1e6 ? [value / 1e6, 'MB'] : [value / 1e3, 'KB'];
  return `${figure(size)} ${unit}`;
}

if (process.argv[1]?.endsWith('queue-plan.ts')) {
  const { values } = parseArgs({ options: { runs: { type: 'string' }, workers: { type: 'string' } } });
  if (values.runs === undefined && values.workers === undefined) console.log(planTables());
  else {
    const [runs, workers] = [Number(values.runs ?? 1_000_000), Number(values.workers ?? 1000)];
    if (!(Number.isInteger(runs) && runs > 0 && Number.isInteger(workers) && workers > 0))
      throw new Error('--runs and --workers are whole numbers > 0');
    console.log(planOf(recordedRuns(), { runs, workers, studies: Math.ceil(runs / MOST_RUNS) }));
  }
}
