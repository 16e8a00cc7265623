import { hasCritic } from '../config/advantage.ts';
import type { Config } from '../config/schema.ts';
import { exp, log } from '../elementary/exponential.ts';
import { mean } from '../elementary/mean.ts';
import { knobOfObjective } from '../objective/objective.ts';
import type { SettingKnob } from '../objective/settings.ts';
import type { ExperimentDirectory } from './experiment-directory.ts';
import { type Contestant, type ExperimentOptions, runExperiment } from './experiment.ts';
import type { KlTarget } from './kl-target.ts';
import type { CalibrationReport, Calibrated } from './report-data.ts';
import type { ReportInput } from './report-data.ts';

/** How near the KL of a comparison has to be, relative to the target. */
export const TOLERANCE = 0.1;
/** How near a try has to be to be taken: the comparison's own seeds will differ from the calibration's. */
const NEAR_ENOUGH = 0.04;
const MOST_TRIES = 12;
/** Far from those that people compare on. */
const CALIBRATION_SEEDS = [0, 1, 2, 3, 4].map((i) => 1_000_000 + i);

/** The knob of a config, as it stands. */
export interface Knob extends SettingKnob {
  readonly value: number;
}

type Try = CalibrationReport['configs'][number]['tries'][number];

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
 * runs on five seeds of its own, is the target: on a logarithmic scale, expanding until the target is
 * between two tries, then by interpolation. Where no value of it is there, the learning rate of the policy is turned instead.
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
  for (;;) {
    const open = searches.flatMap((search) => {
      const value = nextOf(search);
      return value === undefined ? [] : [{ search, value, attempt: lastOf(search) }];
    });
    if (open.length === 0) break;
    const tried = open.map(({ search, value, attempt: { knob } }) => ({
      label: labelOfTry(search, value),
      config: withKnob(search.config, knob.path, value),
    }));
    const inputs = await runExperiment(directory, tried, own, { ...options, folder: 'calibration' });
    if (inputs === undefined) return undefined;
    open.forEach(({ attempt, value }, i) => {
      attempt.tries.push({ value, klMean: klOf(inputs[i]) });
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

/** The next value to try, of another knob where the one at hand doesn't bring the config to the target. */
export function nextOf(search: Search): number | undefined {
  const { knob, tries } = lastOf(search);
  const step = nextStep(knob, tries, search.target);
  if ('value' in step) return step.value;
  if (isReached(nearestTry(tries, search.target), search.target)) return undefined;
  const spare = search.spare.shift();
  if (spare === undefined) return undefined;
  // As it stands the config was tried already.
  search.attempts.push({ knob: spare, tries: [{ value: spare.value, klMean: tries[0].klMean }] });
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

function nearestTry(tries: readonly Try[], target: number): Try {
  const distance = ({ klMean }: Try): number =>
    klMean > 0 ? Math.abs(log(klMean / target)) : Number.POSITIVE_INFINITY;
  return tries.reduce((best, each) => (distance(each) < distance(best) ? each : best));
}

/** The next value to try, or why there is none. */
export function nextStep(
  knob: Knob,
  tries: readonly Try[],
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

function nearestTo(tries: readonly Try[], target: number): Try | undefined {
  return tries.length === 0 ? undefined : nearestTry(tries, target);
}

/** Where log KL, linear in the log of the value between two tries, meets the target; not too near to either. */
function between(a: Try, b: Try, target: number): number {
  const share = log(target / Math.max(a.klMean, 1e-12)) / log(b.klMean / Math.max(a.klMean, 1e-12));
  const inside = Math.min(0.9, Math.max(0.1, share));
  return exp(log(a.value) + inside * (log(b.value) - log(a.value)));
}

/** Four significant digits: what a person would write in the config. */
function readable(value: number): number {
  return Number(value.toPrecision(4));
}

/**
 * The knobs of a config, each for where those before don't do: ε of a clipped objective, β of a fixed penalty, the target of an
 * adaptive one or of a learning rate that follows the KL, τ of the soft clip, δ of TRPO and of a projection; then, and where the
 * objective has none of its own, the learning rate.
 */
export function knobsOf(config: Config): [Knob, ...Knob[]] {
  const at = (knob: SettingKnob): Knob => ({ ...knob, value: settingAt(config, knob.path) });
  if (config.algorithm !== 'ppo' || config.trustRegion.projection !== null) return [at(DELTA)];
  const { learningRate } = config.optimizer;
  if (followsKl(learningRate)) return [at(RATE_TARGET)];
  const own = knobOfObjective(config.objective);
  return own === undefined ? [at(RATE)] : [at(own), at(RATE)];
}

type Rate = Config['optimizer']['learningRate'];

function followsKl(rate: Rate): rate is Extract<Rate, { target: number }> {
  return typeof rate !== 'number' && 'target' in rate;
}

const DELTA: SettingKnob = { path: 'trustRegion.delta', direction: 1, least: 1e-7, most: 10 };
const RATE_TARGET: SettingKnob = {
  ...{ path: 'optimizer.learningRate.target', direction: 1, least: 1e-7, most: 10 },
};
const RATE: SettingKnob = { path: 'optimizer.learningRate', direction: 1, least: 1e-9, most: 1 };

/** A number, or where a schedule starts. */
function settingAt(config: Config, path: string): number {
  const value = path
    .split('.')
    .reduce<unknown>((here, key) => (here as Record<string, unknown>)[key], config);
  return typeof value === 'number' ? value : (value as { from: number }).from;
}

/**
 * The config with the knob at `value`; a schedule is scaled as a whole. Where it is the learning rate, the value network keeps its
 * own: how far the policy goes is what is turned.
 */
export function withKnob(config: Config, path: string, value: number): Config {
  const copy = structuredClone(config);
  const { learningRate } = config.optimizer;
  if (path === RATE.path && hasCritic(config) && !followsKl(learningRate))
    copy.optimizer.valueLearningRate ??= learningRate;
  const keys = path.split('.');
  const last = keys.pop() as string;
  const section = keys.reduce<Record<string, unknown>>(
    (here, key) => here[key] as Record<string, unknown>,
    copy,
  );
  const now = section[last];
  if (typeof now === 'number') section[last] = value;
  else {
    const schedule = now as { from: number; to: number };
    section[last] = { ...schedule, from: value, to: readable((schedule.to * value) / schedule.from) };
  }
  return copy;
}
