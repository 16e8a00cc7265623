import { join } from 'node:path';
import { exp, log } from '../elementary/exponential.ts';
import { mean } from '../elementary/mean.ts';
import type { ExperimentDirectory } from './experiment-directory.ts';
import { type Contestant, type ExperimentOptions, runExperiment } from './experiment.ts';
import type { KlTarget } from './kl-target.ts';
import { type Knob, knobsOf, readable, withKnob } from './knob.ts';
import type { PlannedRun } from './pool.ts';
import type { CalibrationReport, Calibrated, ReportInput } from './report-data.ts';

/** How near the KL of a comparison has to be, relative to the target. */
export const TOLERANCE = 0.1;
/** How near a try has to be to be taken: the comparison's own seeds will differ from the calibration's. */
const NEAR_ENOUGH = 0.04;
const MOST_TRIES = 12;
/** Factors: a try that its first seeds show as near as this to the target is made on all of them, … */
const NEAR = 1.15;
/** … and one as near as this where no value is nearer. */
const NOT_FAR = 1.25;
const FIRST_SEEDS = 2;
/** Of the experiment's. */
const FOLDER = 'calibration';
/** Far from those that people compare on. */
const CALIBRATION_SEEDS = [0, 1, 2, 3, 4].map((i) => 1_000_000 + i);

type Try = CalibrationReport['configs'][number]['tries'][number];
type Tried = Pick<Try, 'value' | 'klMean'>;

/** One knob of a config, turned. */
interface Attempt {
  readonly knob: Knob;
  readonly tries: Try[];
}

/** A config on its way to a target. */
export interface Search extends Contestant {
  readonly target: number;
  /** Knobs turned so far, the one at hand last. */
  readonly attempts: Attempt[];
  /** To be turned where those before don't bring it there. */
  readonly spare: Knob[];
}

/**
 * Turns one knob of every config (ε, β, target or δ) until its mean KL(π_old‖π_new) per update, over whole
 * runs on five seeds of its own (two, where these are far from it), is the target: on a logarithmic scale, expanding until the
 * target is between two tries, then by interpolation. Where no value of it is there, the learning rate of the policy is turned instead.
 * @returns the contestants as calibrated and what was tried; undefined when not all runs of a try were made
 */
export async function calibrate(
  directory: ExperimentDirectory,
  contestants: readonly Contestant[],
  seeds: readonly number[],
  asked: KlTarget,
  options: ExperimentOptions,
): Promise<
  | { contestants: Contestant[]; report: Omit<CalibrationReport, 'configs'> & { configs: Calibrated[] } }
  | undefined
> {
  const own = CALIBRATION_SEEDS.map((seed) => (seeds.includes(seed) ? seed + 2 ** 20 : seed));
  const searches = contestants.map((contestant) => searchFor(contestant, targetOf(asked, contestant)));
  const make = (asks: readonly Ask[], on: readonly number[]): Promise<readonly ReportInput[] | undefined> =>
    asks.length === 0
      ? Promise.resolve([])
      : runExperiment(directory, asks, on, { ...options, folder: FOLDER });
  for (;;) {
    const asks = searches.flatMap((search) => nextAsk(search) ?? []);
    if (asks.length === 0) break;
    // A try that is there on all seeds was made so by a leash that made each so: none of its runs is left out.
    const isWhole = (ask: Ask): boolean =>
      ask.first !== undefined || own.every((seed) => directory.isThere(plannedRun(directory, ask, seed)));
    const [near, fresh]: [Ask[], Ask[]] = [[], []];
    for (const ask of asks) (isWhole(ask) ? near : fresh).push(ask);
    const whole = await make(near, own);
    if (options.signal.aborted) return undefined;
    // Shards make of both what is theirs before either is there.
    const first = await make(fresh, own.slice(0, FIRST_SEEDS));
    if (whole === undefined || first === undefined) return undefined;
    [...near, ...fresh].forEach((ask, i) => {
      keepTry(ask, [...whole, ...first][i]);
    });
  }
  const configs = searches.map(calibratedOf);
  return {
    contestants: contestants.map((contestant, i) => ({
      ...contestant,
      config: withKnob(contestant.config, configs[i].path, configs[i].value),
    })),
    report: { target: asked, tolerance: TOLERANCE, seeds: own, configs },
  };
}

/** Before the first try. */
export function searchFor(contestant: Contestant, target: number): Search {
  const [knob, ...spare] = knobsOf(contestant.config);
  return { ...contestant, target, attempts: [{ knob, tries: [] }], spare };
}

export function lastOf({ attempts }: Search): Attempt {
  return attempts[attempts.length - 1];
}

/** A value of the knob at hand whose runs are wanted next. */
interface Ask extends Contestant {
  readonly value: number;
  readonly tries: Try[];
  /** What its first seeds came to: those on all of them are wanted. */
  readonly first: Try | undefined;
}

/** What a search asks for next; undefined: it is over. */
function nextAsk(search: Search): Ask | undefined {
  const value = nextOf(search);
  if (value === undefined) return undefined;
  const { knob, tries } = lastOf(search);
  const config = withKnob(search.config, knob.path, value);
  const first = tries.find((each) => each.value === value);
  return { label: labelOfTry(search, value), config, value, tries, first };
}

/** Keeps what a try came to, in the place of what its first seeds said. */
function keepTry({ value, tries, first }: Ask, input: ReportInput): void {
  const at = first === undefined ? tries.length : tries.indexOf(first);
  tries[at] = { value, klMean: klOf(input), seeds: input.runs.length };
}

function plannedRun({ path }: ExperimentDirectory, { label, config }: Ask, seed: number): PlannedRun {
  return { root: join(path, FOLDER), label, config: { ...config, seed } };
}

/** Whether a try stands on its first seeds alone and is within a factor of the target. */
function isOpen({ klMean, seeds }: Try, target: number, factor: number): boolean {
  return seeds < CALIBRATION_SEEDS.length && klMean > 0 && Math.abs(log(klMean / target)) <= log(factor);
}

/**
 * The next value to try, one that was tried on the first seeds alone where it is wanted on all; of another knob where the one at hand
 * doesn't bring the config to the target.
 */
export function nextOf(search: Search): number | undefined {
  const { target } = search;
  const { knob, tries } = lastOf(search);
  const last = tries.at(-1);
  if (last !== undefined && isOpen(last, target, NEAR)) return last.value;
  const step = nextStep(knob, tries, target);
  if ('value' in step) return step.value;
  const nearest = nearestTry(tries, target);
  if (isReached(nearest, target)) return undefined;
  // Before it is given up.
  if (isOpen(nearest, target, NOT_FAR)) return nearest.value;
  const spare = search.spare.shift();
  if (spare === undefined) return undefined;
  // As it stands the config was tried already.
  search.attempts.push({ knob: spare, tries: [{ ...tries[0], value: spare.value }] });
  return nextOf(search);
}

/** `clip.cart-pole@0.1`, and of another knob than the first `clip.cart-pole@learningRate-0.1`. */
function labelOfTry(search: Search, value: number): string {
  const { knob } = lastOf(search);
  const name = search.attempts.length === 1 ? '' : `${knob.path.split('.').at(-1)}-`;
  return `${search.label}@${name}${value}`;
}

/** What came of a search: of several knobs that which came nearest, the first of those as near. */
export function calibratedOf({ label, target, attempts }: Search): Calibrated {
  const best = nearestTry(
    attempts.flatMap(({ tries }) => tries),
    target,
  );
  const attempt = attempts.find(({ tries }) => tries.includes(best)) as Attempt;
  const reached = isReached(best, target);
  const reasonOf = ({ knob, tries }: Attempt): string | null => {
    const step = nextStep(knob, tries, target);
    return 'value' in step ? null : step.reason;
  };
  const [first] = attempts;
  return {
    ...{ label, path: attempt.knob.path, target, tries: attempt.tries },
    ...{ value: best.value, klMean: best.klMean, reached },
    reason: reached ? null : reasonOf(attempt),
    instead: attempt === first ? null : { path: first.knob.path, reason: reasonOf(first) ?? '' },
  };
}

function isReached({ klMean }: Try, target: number): boolean {
  return Math.abs(klMean - target) <= TOLERANCE * target;
}

/** What is asked of a contestant; of a study with worlds, its world's. */
function targetOf(asked: KlTarget, { world = '' }: Contestant): number {
  return typeof asked === 'number' ? asked : asked[world];
}

/** Mean over the updates of all runs; NaN where one of them failed. */
function klOf({ runs }: ReportInput): number {
  if (runs.some(({ status }) => status !== 'completed')) return Number.NaN;
  return mean(runs.flatMap(({ rows }) => rows.map((row) => row.klOldNewMean)));
}

function nearestTry<T extends Tried>(tries: readonly T[], target: number): T {
  const distance = ({ klMean }: Tried): number =>
    klMean > 0 ? Math.abs(log(klMean / target)) : Number.POSITIVE_INFINITY;
  return tries.reduce((best, each) => (distance(each) < distance(best) ? each : best));
}

/** The next value to try, or why there is none. */
export function nextStep(
  knob: Knob,
  tries: readonly Tried[],
  target: number,
): { value: number } | { reason: string } {
  const { path, direction, least, most } = knob;
  const last = tries[tries.length - 1];
  if (last === undefined) return { value: readable(knob.value) };
  if (Number.isNaN(last.klMean)) return { reason: `its run with ${path} ${last.value} failed` };
  const best = nearestTry(tries, target);
  if (Math.abs(best.klMean - target) <= NEAR_ENOUGH * target) return { reason: 'near enough' };
  const got = `the nearest of ${tries.length} tries is KL ${best.klMean.toPrecision(3)} at ${path} ${best.value}`;
  if (tries.length >= MOST_TRIES) return { reason: got };
  const below = nearestTo(
    tries.filter(({ klMean }) => klMean < target),
    target,
  );
  const above = nearestTo(
    tries.filter(({ klMean }) => klMean >= target),
    target,
  );
  let next: number;
  if (below !== undefined && above !== undefined) {
    next = between(below, above, target);
  } else {
    const factor = Math.min(8, Math.max(1 / 8, target / Math.max(best.klMean, 1e-12)));
    // At least by a half again, or a saturated KL would be crept up to.
    const bold = factor > 1 ? Math.max(1.5, factor) : Math.min(1 / 1.5, factor);
    // On from the value farthest out: where the KL saturates, that one is no nearer to the target.
    const values = tries.map((each) => each.value);
    const isUp = factor > 1 === (direction === 1);
    const farthest = isUp ? Math.max(...values) : Math.min(...values);
    next = Math.min(most, Math.max(least, farthest * bold ** direction));
  }
  const value = readable(next);
  if (below === undefined || above === undefined) {
    const [previous, latest] = tries.slice(-2);
    const isStuck = latest !== undefined && Math.abs(latest.klMean / previous.klMean - 1) < 0.02;
    if (isStuck && tries.length > 2) return { reason: `${got}, and it no longer answers to ${path}` };
  }
  return tries.some((each) => each.value === value) ? { reason: got } : { value };
}

function nearestTo(tries: readonly Tried[], target: number): Tried | undefined {
  return tries.length === 0 ? undefined : nearestTry(tries, target);
}

/** Where log KL, linear in the log of the value between two tries, meets the target; not too near to either. */
function between(a: Tried, b: Tried, target: number): number {
  const share = log(target / Math.max(a.klMean, 1e-12)) / log(b.klMean / Math.max(a.klMean, 1e-12));
  const inside = Math.min(0.9, Math.max(0.1, share));
  return exp(log(a.value) + inside * (log(b.value) - log(a.value)));
}
